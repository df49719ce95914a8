// A model's Markdown as nodes that are safe to show. Nothing that a model wrote reaches the page by another way.
//
// markdown-it (raw HTML off) → our rules for citations, links, images, maths and code → DOMPurify with a list of what
// may pass → nodes. The page's Content-Security-Policy stands behind it.

import createDOMPurify from "./vendor/dompurify-3.4.18/purify.es.mjs";
import hljs from "./vendor/highlightjs-11.12.0/highlight.min.js";
import MarkdownIt from "./vendor/markdown-it-15.0.3/markdown-it.esm.min.mjs";
import { mathml, mathsPlugin } from "./maths.js";

const MAX_HIGHLIGHTED = 20_000;

const TEXT_TAGS = "p br hr h3 h4 h5 h6 a em strong s code pre blockquote ul ol li table thead tbody tr th td span div sub sup kbd";
const MATH_TAGS =
  "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts " +
  "mprescripts mtable mtr mtd mpadded mphantom menclose mstyle";
const ATTRIBUTES =
  "href class start dir target rel aria-label data-lang display mathvariant displaystyle scriptlevel stretchy " +
  "symmetric fence separator minsize maxsize lspace rspace linethickness accent accentunder movablelimits largeop " +
  "columnalign notation width height depth voffset";
const PURIFY = {
  ALLOWED_TAGS: `${TEXT_TAGS} ${MATH_TAGS} #text`.split(" "),
  ALLOWED_ATTR: ATTRIBUTES.split(" "),
  ADD_FORBID_CONTENTS: ["annotation"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const md = new MarkdownIt({ html: false, linkify: false, typographer: false });
const { escapeHtml } = md.utils;

// Scripts that write no space between a word in bold and the next one, with their punctuation.
const SPACELESS =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Arab}\p{scx=Deva}\p{scx=Beng}\p{scx=Thai}\u3000-\u303f\uff01-\uff65]/u;

// CommonMark takes the asterisks of `**結論。**したがって` for text: between punctuation and a letter they neither open nor
// close. Beside these scripts they do both.
md.inline.State = class extends md.inline.State {
  scanDelims(start, canSplitWord) {
    const run = super.scanDelims(start, canSplitWord);
    const before = /.$/u.exec(this.src.slice(Math.max(0, start - 2), start))?.[0] ?? " ";
    const after = start + run.length < this.posMax ? String.fromCodePoint(this.src.codePointAt(start + run.length)) : " ";
    const beside = canSplitWord && (SPACELESS.test(before) || SPACELESS.test(after));
    return beside && !/\s/.test(before + after) ? { ...run, can_open: true, can_close: true } : run;
  }
};

md.use(mathsPlugin);
md.inline.ruler.before("link", "citation", citationRule);
md.inline.ruler.before("html_inline", "safe_tag", safeTagRule);
md.core.ruler.push("page_blocks", shapeBlocks);
md.core.ruler.push("task_items", markTasks);

/**
 * Nodes for a piece of Markdown. `env` carries `sources` (a Map from number to {url, title}), `origins` (a Set of the
 * origins that links may lead to), `writing` (more is to come), and what is remembered between pieces: `references` and
 * `headings`.
 */
export function renderMarkdown(text, env) {
  return safe(md.render(text, env), env);
}

/** The same for a piece of a paragraph. */
export function renderInline(text, env) {
  return safe(md.renderInline(text, env), env);
}

function safe(html, env) {
  const fragment = createDOMPurify.sanitize(html, PURIFY);
  for (const link of fragment.querySelectorAll("a")) {
    if (!allowedAddress(link.getAttribute("href"), env)) link.replaceWith(...link.childNodes);
  }
  alignColumns(fragment);
  return fragment;
}

/** The lines at which the blocks of `text` begin. */
export function blockStarts(text, env) {
  return md
    .parse(text, env)
    .filter((token) => token.level === 0 && token.nesting >= 0 && token.map)
    .map((token) => token.map[0]);
}

/**
 * The origin of an address that may be opened, an absolute http(s) one; null for any other. A path is none: it is one of
 * the book's site, whose address the index does not know, and not of this server.
 */
export function originOf(url) {
  try {
    const { protocol, origin } = new URL(url);
    return /^https?:$/.test(protocol) ? origin : null;
  } catch {
    return null;
  }
}

/** The address in full where it leads to the book, else null. */
export function allowedAddress(href, { origins, sources }) {
  if (!href || !/^(?:https?:\/\/|\/(?!\/))/i.test(href)) return null; // a relative address is relative to a page we do not know
  for (const source of sources.values()) if (source.url === href && originOf(href)) return href;
  const origin = href.startsWith("/") ? [...origins][0] : undefined;
  try {
    const url = new URL(href, origin);
    return origins.has(url.origin) && /^https?:$/.test(url.protocol) && !url.username ? url.href : null;
  } catch {
    return null;
  }
}

const MARKER = /\[\s*([0-9٠-٩۰-۹]{1,3}(?:\s*[,،;]\s*[0-9٠-٩۰-۹]{1,3})*)\s*\]/y;

// Where the server says which brackets are marks, their closing one is PLACED; all others are the answer's own.
const PLACED_MARKER = /\[(\d{1,3})\uE001/y;

/** The text with the marks at `places` told apart from other brackets; as long as before. */
export function withMarks(text, places) {
  let shown = text;
  for (const { at, number } of places) {
    const end = at + String(number).length + 1;
    if (shown.slice(at, end + 1) === `[${number}]`) shown = `${shown.slice(0, end)}\uE001${shown.slice(end + 1)}`;
  }
  return shown;
}

/** The text as the answer has it. */
export function withoutMarks(text) {
  return text.replaceAll("\uE001", "]");
}

const SAFE_TAG = /<(?:br\s*\/?|\/?(?:sub|sup|kbd))>/iy;

function safeTagRule(state, silent) {
  SAFE_TAG.lastIndex = state.pos;
  const match = SAFE_TAG.exec(state.src);
  if (!match || match.index + match[0].length > state.posMax) return false;
  if (!silent) state.push("html_inline", "", 0).content = match[0].toLowerCase();
  state.pos += match[0].length;
  return true;
}

function citationRule(state, silent) {
  if (state.env.placed) return placedRule(state, silent);
  MARKER.lastIndex = state.pos;
  const match = MARKER.exec(state.src);
  if (!match || match.index + match[0].length > state.posMax) return false;
  const numbers = match[1].split(/[,،;]/).map((digits) => Number(western(digits.trim())));
  if (!numbers.every((number) => state.env.sources.has(number))) return false;
  if (!silent) {
    for (const number of numbers) state.push("citation", "a", 0).meta = { number };
  }
  state.pos += match[0].length;
  return true;
}

function placedRule(state, silent) {
  PLACED_MARKER.lastIndex = state.pos;
  const match = PLACED_MARKER.exec(state.src);
  if (!match || match.index + match[0].length > state.posMax || !state.env.sources.has(Number(match[1]))) return false;
  if (!silent) state.push("citation", "a", 0).meta = { number: Number(match[1]) };
  state.pos += match[0].length;
  return true;
}

function western(digits) {
  return digits.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.codePointAt(0) & 15));
}

// Headings go below the page's own, each block finds its direction (what carries `dir` is passed over in finding that of
// what is around it, so only the outermost does), and columns keep their side.
function shapeBlocks({ tokens, env }) {
  const headings = env.headings ?? {};
  for (const token of tokens) {
    if (token.type === "heading_open") shapeHeading(token, headings);
    if (token.type === "heading_close") token.tag = `h${headings.last}`;
    if (token.nesting === 1 && token.level === 0) token.attrSet("dir", "auto");
    const side = /^text-align:(\w+)$/.exec(token.attrGet("style") ?? "");
    if (side) token.attrs = [["class", `side-${side[1]}`]]; // the page's policy allows no inline style
  }
}

const TASK = /^\[([ xX])\](?=\s)/;

// `- [x] done` is a task, as GFM has it; its box is a sign, which a screen reader names.
function markTasks({ tokens }) {
  tokens.forEach((token, index) => {
    const first = token.type === "inline" && tokens[index - 2]?.type === "list_item_open" ? token.children[0] : null;
    const task = first?.type === "text" ? TASK.exec(first.content) : null;
    if (!task) return;
    first.content = first.content.replace(TASK, task[1] === " " ? "☐" : "☑");
    tokens[index - 2].attrJoin("class", "task");
  });
}

// An answer's first heading is one below its question, and none is more than one below that before it.
function shapeHeading(token, headings) {
  const level = Number(token.tag[1]);
  headings.base ??= level;
  headings.last = Math.min(6, 3 + Math.max(0, level - headings.base), (headings.last ?? 2) + 1);
  token.tag = `h${headings.last}`;
}

const { rules } = md.renderer;

rules.citation = (tokens, index, _options, env) => {
  const { number } = tokens[index].meta;
  const { url, title } = env.sources.get(number);
  const text = `<span class="cite" dir="ltr">[${number}]</span>`;
  if (!originOf(url)) return text;
  const label = escapeHtml(`Source ${number}: ${title} (opens in a new tab)`);
  return `<a class="cite" dir="ltr" href="${escapeHtml(url)}" aria-label="${label}" target="_blank" rel="noopener">[${number}]</a>`;
};

// A link that leads elsewhere is text: what it says, and where it would have led.
rules.link_open = (tokens, index, _options, env) => {
  const href = allowedAddress(tokens[index].attrGet("href"), env);
  tokens[index].meta = { href };
  return href ? `<a href="${escapeHtml(href)}" target="_blank" rel="noopener">` : "<span>";
};
rules.link_close = (tokens, index) => {
  let open = index - 1;
  for (let nested = 0; open > 0 && !(tokens[open].type === "link_open" && nested === 0); open -= 1) {
    if (tokens[open].type === "link_close") nested += 1;
    if (tokens[open].type === "link_open") nested -= 1;
  }
  if (tokens[open].meta?.href) return "</a>";
  const href = tokens[open].attrGet("href");
  const said = tokens[open + 1]?.content;
  return `</span>${said === href || !/^https?:/i.test(href) ? "" : ` <span class="address" dir="ltr">(${escapeHtml(href)})</span>`}`;
};
rules.image = (tokens, index, _options, env) => {
  const alt = escapeHtml(tokens[index].content || "no description");
  const href = allowedAddress(tokens[index].attrGet("src"), env);
  const text = `<span class="picture">Picture: ${alt}</span>`;
  return href ? `<a href="${escapeHtml(href)}" target="_blank" rel="noopener">${text}</a>` : text;
};

rules.math_inline = (tokens, index) => formula(withoutMarks(tokens[index].content), tokens[index].meta.display, "span");
rules.math_block = (tokens, index) => formula(withoutMarks(tokens[index].content), true, "div");

function formula(tex, display, tag) {
  const markup = mathml(tex, display) ?? `<code class="tex">${escapeHtml(tex)}</code>`;
  return `<${tag} class="${display ? "formula" : "maths"}" dir="ltr">${markup}</${tag}>`;
}

rules.code_inline = (tokens, index) => `<code dir="ltr">${escapeHtml(withoutMarks(tokens[index].content))}</code>`;
rules.code_block = (tokens, index) => code(withoutMarks(tokens[index].content), "");
rules.fence = (tokens, index) => code(withoutMarks(tokens[index].content), tokens[index].info.trim().split(/\s+/)[0].toLowerCase());

function code(content, language) {
  const known = content.length <= MAX_HIGHLIGHTED && hljs.getLanguage(language);
  const markup = known ? hljs.highlight(content, { language, ignoreIllegals: true }).value : escapeHtml(content);
  const label = /^[a-z0-9+#.-]{1,20}$/.test(language) ? language : "";
  return `<pre dir="ltr" class="code"><code data-lang="${label}">${markup}</code></pre>`;
}

rules.table_open = (tokens, index) => `<div class="table"><table${tokens[index].level === 0 ? ' dir="auto"' : ""}>`;
rules.table_close = () => "</table></div>";

// MathML Core knows no `columnalign`, so the columns of an aligned formula are told their side one by one.
function alignColumns(fragment) {
  for (const table of fragment.querySelectorAll("mtable[columnalign]")) {
    const sides = table.getAttribute("columnalign").split(/\s+/);
    for (const row of table.children) {
      [...row.children].forEach((cell, at) => cell.classList.add(`side-${sides[Math.min(at, sides.length - 1)]}`));
    }
  }
}
