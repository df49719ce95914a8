// Formulas: finds $…$, $$…$$, \(…\) and \[…\] for markdown-it, and turns TeX into MathML within limits.

import "./vendor/katex-0.19.1/katex.min.js"; // a classic script: it leaves `katex` on the global object

const MAX_TEX = 3_000;
const MAX_DEPTH = 120; // elements within elements; a deeper formula is shown as its source
const MAX_BLOCK_LINES = 80;
const DEFINES = /\\(?:[gex]?def|let|futurelet|global|long|(?:re|provide)?newcommand|providecommand)(?![A-Za-z@])/;

const rendered = new Map();

/** MathML for a formula, or null where it is wrong, too large, or defines macros (which can grow without end). */
export function mathml(tex, display) {
  const key = (display ? "D" : "I") + tex;
  if (!rendered.has(key)) {
    if (rendered.size > 500) rendered.clear();
    rendered.set(key, convert(tex, display));
  }
  return rendered.get(key);
}

function convert(tex, display) {
  if (tex.length > MAX_TEX || DEFINES.test(tex)) return null;
  try {
    const markup = globalThis.katex.renderToString(tex, {
      displayMode: display,
      output: "mathml",
      trust: false,
      strict: "ignore",
      maxExpand: 300,
      maxSize: 20,
    });
    // The page's policy allows no inline style; a formula's own quotation marks are escaped.
    return depth(markup) > MAX_DEPTH ? null : markup.replace(/ style="[^"]*"/g, "");
  } catch {
    return null; // KaTeX's ParseError, or the stack's end
  }
}

function depth(markup) {
  let deepest = 0;
  let now = 0;
  for (const [tag] of markup.matchAll(/<\/?[a-z][^>]*>/g)) {
    if (tag[1] === "/") now -= 1;
    else if (!tag.endsWith("/>")) deepest = Math.max(deepest, (now += 1));
  }
  return deepest;
}

/** Teaches a markdown-it parser formulas; `math_inline` and `math_block` tokens carry the TeX. */
export function mathsPlugin(md) {
  md.inline.ruler.before("escape", "math_inline", inlineRule);
  md.block.ruler.before("fence", "math_block", blockRule, { alt: ["paragraph", "blockquote", "list"] });
}

const INLINE = [
  { open: "$$", close: "$$", display: true },
  { open: "$", close: "$", display: false },
  { open: "\\[", close: "\\]", display: true },
  { open: "\\(", close: "\\)", display: false },
];

function inlineRule(state, silent) {
  const kind = INLINE.find(({ open }) => state.src.startsWith(open, state.pos));
  if (!kind) return false;
  if (/^\\\[[\d\s,;–-]+\\\]/.test(state.src.slice(state.pos, state.pos + 24))) return false; // a number in brackets
  const start = state.pos + kind.open.length;
  const end = closing(state.src, start, kind);
  const tex = end < 0 ? "" : state.src.slice(start, end);
  if (!tex.trim() || tex.length > MAX_TEX || (kind.open === "$" && !isFormula(tex, state.src[end + 1]))) {
    return false;
  }
  if (!silent) {
    const token = state.push("math_inline", "math", 0);
    token.content = tex.trim();
    token.meta = { display: kind.display };
  }
  state.pos = end + kind.close.length;
  return true;
}

function closing(source, start, { close }) {
  for (let at = source.indexOf(close, start); at >= 0; at = source.indexOf(close, at + 1)) {
    if (at - start > MAX_TEX) return -1;
    let slashes = 0;
    while (source[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

// "between $5 and $10", "$HOME/$USER", "${HOME}/${USER}" and "$(pwd)/$(id)" are no formulas: none begins or ends with a
// space, no digit or letter follows, nor the bracket that it begins with.
function isFormula(tex, next) {
  return !/^\s|\s$/.test(tex) && !/[A-Za-z\d]/.test(next ?? "") && !(/^[({]/.test(tex) && next === tex[0]);
}

function blockRule(state, startLine, endLine, silent) {
  const first = lineOf(state, startLine);
  const kind = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : null;
  if (!kind || state.sCount[startLine] - state.blkIndent >= 4) return false;
  const indent = Math.min(state.blkIndent, state.sCount[startLine]); // less where it ends a list item's lazy paragraph
  const lines = [];
  let text = first.slice(2);
  for (let line = startLine; ; text = lineOf(state, line)) {
    const end = closing(text, 0, { close: kind });
    if (end >= 0) {
      if (text.slice(end + 2).trim()) return false; // text follows: the inline rule takes it
      lines.push(text.slice(0, end));
      if (!lines.join("").trim()) return false;
      return accept(state, startLine, line + 1, lines, silent);
    }
    if (lines.length && !text.trim()) return false; // an empty line ends every formula, as it does on the server
    lines.push(text);
    line += 1;
    if (line >= endLine || lines.length > MAX_BLOCK_LINES || state.sCount[line] < indent) {
      // Still being written: shown as source until it is closed.
      return line >= endLine && state.env.writing ? accept(state, startLine, line, lines, silent) : false;
    }
  }
}

function accept(state, startLine, nextLine, lines, silent) {
  const tex = lines.join("\n").trim();
  if (silent) return true;
  state.line = nextLine;
  const token = state.push("math_block", "math", 0);
  token.block = true;
  token.content = tex;
  token.map = [startLine, nextLine];
  return true;
}

function lineOf(state, line) {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
}
