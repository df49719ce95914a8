// A model's Markdown as nodes that are safe to show. Nothing that a model wrote reaches the page by another way.
//
// markdown-it parses it (raw HTML off) with our rules for citations and formulas; each token then becomes a node made
// with DOM methods, of a list of elements that may pass. No markup is ever parsed, so no Trusted Types policy is needed.

import MarkdownIt, { type Env, type StateBlock, type StateCore, type StateInline, type Token } from "markdown-it";
import { highlight, loadHighlighter } from "./code.js";
import { element, safeUrl } from "../dom.js";
import { formulaRules, loadFormulas, mathml } from "./formulas.js";
import type { Mark, Source } from "../chat/answer-record.js";
import { filled, type Strings } from "../strings.js";

/** What a piece of Markdown is rendered with. */
export interface Environment extends Env {
  /** By the number in the text. */
  sources: Map<number, Source>;
  /** The origins that links may lead to. */
  origins: Set<string>;
  strings: Strings;
  /** Where a source's link leads; null where it may not be opened. */
  hrefOf: (source: Source) => { href: string; outside: boolean } | null;
  /** Whether the marks are those that `withMarks` told apart, and any other bracket is the text's own. */
  placed?: boolean;
  /** Whether more is to come. */
  writing?: boolean;
  headings?: { base?: number; last?: number };
}

const md = new MarkdownIt({ html: false, linkify: false, typographer: false });
const MAX_OPEN = 60; // elements within elements; what is deeper stands in the last of them
const TAGS = new Set("p br hr h3 h4 h5 h6 em strong s blockquote ul ol li table thead tbody tr th td sub sup kbd".split(" "));

// Scripts that write no space between a word in bold and the next one, with their punctuation.
const SPACELESS =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Arab}\p{scx=Deva}\p{scx=Beng}\p{scx=Thai}\u3000-\u303f\uff01-\uff65]/u;

// CommonMark takes the asterisks of `**結論。**したがって` for text: between punctuation and a letter they neither open nor
// close. Beside these scripts they do both.
md.inline.State = class extends md.inline.State {
  override scanDelims(start: number, canSplitWord: boolean) {
    const run = super.scanDelims(start, canSplitWord);
    const before = /.$/u.exec(this.src.slice(Math.max(0, start - 2), start))?.[0] ?? " ";
    const code = start + run.length < this.posMax ? this.src.codePointAt(start + run.length) : undefined;
    const after = code === undefined ? " " : String.fromCodePoint(code);
    const beside = canSplitWord && (SPACELESS.test(before) || SPACELESS.test(after));
    return beside && !/\s/.test(before + after) ? { ...run, can_open: true, can_close: true } : run;
  }
};

md.use(formulaRules);
md.block.ruler.before("table", "deep_line", deepLineRule);
md.inline.ruler.before("link", "citation", citationRule);
md.inline.ruler.before("html_inline", "safe_tag", safeTagRule);
md.core.ruler.push("panel_headings", shapeHeadings);
md.core.ruler.push("task_items", markTasks);

/** Nodes for a piece of Markdown. */
export function renderMarkdown(text: string, env: Environment): DocumentFragment {
  return nodesOf(md.parse(text, env), env, true);
}

/** The same for a piece of a paragraph. */
export function renderInline(text: string, env: Environment): DocumentFragment {
  return nodesOf(md.parseInline(text, env), env, false);
}

/** The lines at which the blocks of `text` begin. */
export function blockStarts(text: string, env: Environment): number[] {
  return md
    .parse(text, env)
    .filter((token) => token.level === 0 && token.nesting >= 0 && token.map)
    .map((token) => token.map?.[0] ?? 0);
}

/** The address in full where it leads to the book, else null. */
export function allowedAddress(href: string | null, { origins, sources }: Environment): string | null {
  // A relative address is relative to a page that we do not know.
  if (!href || !/^(?:https?:\/\/|\/(?![/\\]))/i.test(href)) return null;
  const url = safeUrl(href, [...origins][0] ?? "about:blank");
  if (!url) return null;
  for (const source of sources.values()) if (source.url === href) return url.href;
  return origins.has(url.origin) ? url.href : null;
}

/** The text with the marks at `places` told apart from other brackets; as long as before. */
export function withMarks(text: string, places: Mark[]): string {
  let shown = text;
  for (const { at, number } of places) {
    const end = at + String(number).length + 1;
    if (shown.slice(at, end + 1) === `[${number}]`) shown = `${shown.slice(0, end)}\uE001${shown.slice(end + 1)}`;
  }
  return shown;
}

/** The text as the answer has it. */
export function withoutMarks(text: string): string {
  return text.replaceAll("\uE001", "]");
}

// What lies deeper is shown line by line. markdown-it leaves it out, with all that follows.
function deepLineRule(state: StateBlock, line: number): boolean {
  if (state.level < MAX_OPEN) return false;
  state.push("paragraph_open", "p", 1);
  const text = state.push("inline", "", 0);
  text.content = state.getLines(line, line + 1, state.blkIndent, false).trim();
  text.children = [];
  state.push("paragraph_close", "p", -1);
  state.line = line + 1;
  return true;
}

const MARKER = /\[\s*([0-9٠-٩۰-۹]{1,3}(?:\s*[,،;]\s*[0-9٠-٩۰-۹]{1,3})*)\s*\]/y;
const PLACED_MARKER = /\[(\d{1,3})\uE001/y;
const SAFE_TAG = /<(?:br\s*\/?|\/?(?:sub|sup|kbd))>/iy;

function match(pattern: RegExp, state: StateInline): RegExpExecArray | null {
  pattern.lastIndex = state.pos;
  const found = pattern.exec(state.src);
  return found && found.index + found[0].length <= state.posMax ? found : null;
}

function citationRule(state: StateInline, silent: boolean): boolean {
  const env = state.env as unknown as Environment;
  const found = match(env.placed ? PLACED_MARKER : MARKER, state);
  if (!found) return false;
  const numbers = (found[1] ?? "").split(/[,،;]/).map((digits) => Number(western(digits.trim())));
  if (!numbers.every((number) => env.sources.has(number))) return false;
  if (!silent) for (const number of numbers) state.push("citation", "a", 0).meta = { number };
  state.pos += found[0].length;
  return true;
}

function western(digits: string): string {
  return digits.replace(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 15));
}

function safeTagRule(state: StateInline, silent: boolean): boolean {
  const found = match(SAFE_TAG, state);
  if (!found) return false;
  if (!silent) {
    const name = found[0].replace(/[^a-z]/gi, "").toLowerCase();
    const nesting = name === "br" ? 0 : found[0].startsWith("</") ? -1 : 1;
    state.push(nesting === 0 ? "safe" : nesting > 0 ? "safe_open" : "safe_close", name, nesting);
  }
  state.pos += found[0].length;
  return true;
}

// An answer's first heading is one below its question, and none is more than one below that before it.
function shapeHeadings({ tokens, env }: StateCore): void {
  const headings = (env as unknown as Environment).headings ?? {};
  for (const token of tokens) {
    if (token.type === "heading_open") {
      const level = Number(token.tag[1]);
      headings.base ??= level;
      headings.last = Math.min(6, 3 + Math.max(0, level - headings.base), (headings.last ?? 2) + 1);
    }
    if (token.type.startsWith("heading_")) token.tag = `h${headings.last ?? 3}`;
  }
}

const TASK = /^\[([ xX])\](?=\s)/;

// `- [x] done` is a task, as GFM has it; its box is a sign, which a screen reader names.
function markTasks({ tokens }: StateCore): void {
  tokens.forEach((token, at) => {
    const item = tokens[at - 2];
    const first = token.type === "inline" && item?.type === "list_item_open" ? token.children?.[0] : null;
    const task = first?.type === "text" ? TASK.exec(first.content) : null;
    if (!first || !task) return;
    first.content = first.content.replace(TASK, task[1] === " " ? "☐" : "☑");
    item?.attrJoin("class", "task");
  });
}

interface Open {
  key: string;
  node: DocumentFragment | HTMLElement;
}

function nodesOf(tokens: Token[], env: Environment, blocks: boolean): DocumentFragment {
  const root = document.createDocumentFragment();
  const open: Open[] = [{ key: "", node: root }];
  for (const token of tokens) {
    const parent = open.at(-1)?.node ?? root;
    const key = token.type.replace(/_(?:open|close)$/, token.tag);
    if (token.nesting === -1) close(open, key);
    // The paragraph of a tight list has no element.
    else if (token.hidden || (token.nesting === 1 && open.length > MAX_OPEN)) open.push({ key, node: parent });
    else {
      const made = nodeOf(token, env);
      if (!made) continue;
      parent.append(made);
      if (token.nesting === 1 && made instanceof HTMLElement) open.push({ key, node: made.querySelector("table") ?? made });
    }
  }
  if (blocks) followTheirText(root);
  return root;
}

// Set when all is in: with `dir="auto"` each appended child costs as much as all before it.
function followTheirText(root: DocumentFragment): void {
  for (const made of [...root.children, ...root.querySelectorAll("table")]) {
    if (made instanceof HTMLElement) made.dir ||= "auto";
  }
}

// A tag that the text never opened closes nothing, and one that it never closed is closed with its block.
function close(open: Open[], key: string): void {
  const at = open.findLastIndex((opened) => opened.key === key);
  if (at <= 0) return;
  const closed = open[at]?.node;
  open.length = at;
  if (closed instanceof HTMLElement && closed.matches(".elsewhere")) nameAddress(closed);
}

function nodeOf(token: Token, env: Environment): Node | null {
  switch (token.type) {
    case "inline":
      return nodesOf(token.children ?? [], env, false);
    case "text":
    case "text_special":
      return document.createTextNode(withoutMarks(token.content));
    case "softbreak":
      return document.createTextNode("\n");
    case "hardbreak":
      return element("br");
    case "citation":
      return citation((token.meta as { number: number }).number, env);
    case "link_open":
      return link(attribute(token, "href"), env);
    case "image":
      return picture(token, env);
    case "math_inline":
      return formula(withoutMarks(token.content), (token.meta as { display: boolean }).display, "span");
    case "math_block":
      return formula(withoutMarks(token.content), true, "div");
    case "code_inline":
      return element("code", { dir: "ltr" }, withoutMarks(token.content));
    case "code_block":
      return listing(withoutMarks(token.content), "", env);
    case "fence":
      return listing(withoutMarks(token.content), token.info.trim().split(/\s+/)[0]?.toLowerCase() ?? "", env);
    case "table_open":
      return element("div", { className: "table" }, element("table"));
    default:
      return plain(token);
  }
}

function attribute(token: Token, name: string): string | null {
  const value = token.attrGet(name);
  return value === null ? null : String(value);
}

function plain(token: Token): Node | null {
  if (!TAGS.has(token.tag)) return token.content ? document.createTextNode(withoutMarks(token.content)) : null;
  const made = document.createElement(token.tag);
  const start = Number(attribute(token, "start") ?? NaN);
  if (made instanceof HTMLOListElement && Number.isInteger(start)) made.start = start;
  const side = /^text-align:(left|right|center)$/.exec(attribute(token, "style") ?? "")?.[1];
  if (attribute(token, "class") === "task") made.className = "task";
  if (side) made.className = `side-${side}`; // a site's policy allows no inline style
  return made;
}

function citation(number: number, env: Environment): HTMLElement {
  const source = env.sources.get(number);
  const to = source && env.hrefOf(source);
  if (!source || !to) return element("span", { className: "cite", dir: "ltr" }, `[${number}]`);
  const place = source.heading_path?.at(-1) ?? source.title;
  const says = filled(env.strings.source, { number, title: place });
  const ariaLabel = to.outside ? `${says} (${env.strings.newTab})` : says;
  const made = anchor(to.href, to.outside, `[${number}]`);
  Object.assign(made, { className: "cite", dir: "ltr", ariaLabel });
  made.dataset.source = String(source.number);
  return made;
}

/** A link; one that leads out of the site opens in a tab of its own. */
function anchor(href: string, outside: boolean, ...children: string[]): HTMLAnchorElement {
  const made = element("a", { href }, ...children);
  if (outside) Object.assign(made, { target: "_blank", rel: "noopener" });
  return made;
}

// A link that leads elsewhere is text: what it says, and where it would have led.
function link(href: string | null, env: Environment): HTMLElement {
  const allowed = allowedAddress(href, env);
  if (allowed) {
    return anchor(allowed, true);
  }
  const made = element("span", { className: "elsewhere" });
  made.dataset.address = href ?? "";
  return made;
}

function nameAddress(span: HTMLElement): void {
  const address = span.dataset.address ?? "";
  delete span.dataset.address;
  if (!/^https?:/i.test(address) || span.textContent === address) return;
  span.append(" ", element("span", { className: "address", dir: "ltr" }, `(${address})`));
}

function picture(token: Token, env: Environment): HTMLElement {
  const text = filled(env.strings.picture, { text: token.content || "–" });
  const href = allowedAddress(attribute(token, "src"), env);
  return href ? Object.assign(anchor(href, true, text), { className: "picture" }) : element("span", { className: "picture" }, text);
}

function formula(tex: string, display: boolean, tag: "div" | "span"): HTMLElement {
  const box = element(tag, { className: display ? "formula" : "maths", dir: "ltr" });
  box.dataset.tex = tex;
  const made = mathml(tex, display);
  box.append(made ?? element("code", { className: "tex" }, tex));
  if (!made) void loadFormulas().then(() => replaceFormula(box, tex, display));
  return box;
}

function replaceFormula(box: HTMLElement, tex: string, display: boolean): void {
  const made = mathml(tex, display);
  if (made) box.replaceChildren(made);
}

function listing(content: string, language: string, env: Environment): HTMLElement {
  const code = element("code", {}, content);
  const pre = element("pre", { dir: "ltr", className: "code" }, code);
  if (/^[a-z0-9+#.-]{1,20}$/.test(language)) {
    code.dataset.lang = language;
    highlight(code, language);
    if (!env.writing && !code.firstElementChild) void loadHighlighter().then(() => highlight(code, language));
  }
  return pre;
}
