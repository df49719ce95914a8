// Formulas: finds $…$, $$…$$, \(…\) and \[…\] for markdown-it, and turns TeX into MathML nodes within limits.
// KaTeX is loaded when the first answer needs it.

import type { MarkdownIt, StateBlock, StateInline } from "markdown-it/browser";

const MAX_TEX = 3_000;
const MAX_DEPTH = 120; // elements within elements; a deeper formula is shown as its source
const MAX_BLOCK_LINES = 80;
const DEFINES = /\\(?:[gex]?def|let|futurelet|global|long|(?:re|provide)?newcommand|providecommand)(?![A-Za-z@])/;
const MATHML = "http://www.w3.org/1998/Math/MathML";
const TAGS = new Set(
  (
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts " +
    "mprescripts mtable mtr mtd mpadded mphantom menclose mstyle"
  ).split(" "),
);
const ATTRIBUTES = new Set(
  (
    "display mathvariant displaystyle scriptlevel stretchy symmetric fence separator minsize maxsize lspace rspace " +
    "linethickness accent accentunder movablelimits largeop columnalign notation width height depth voffset"
  ).split(" "),
);

/** A node of KaTeX's tree: an element of MathML, a text, a space, or HTML around them. */
interface TreeNode {
  type?: string;
  attributes?: Record<string, string>;
  children?: TreeNode[];
  text?: string;
  width?: number;
  character?: string;
}

interface Katex {
  __renderToDomTree(tex: string, options: Record<string, unknown>): TreeNode;
}

let katex: Katex | null = null;
let loading: Promise<void> | null = null;

/** Loads KaTeX once; where that fails, formulas stay as their source. */
export function loadFormulas(): Promise<void> {
  loading ??= import("katex").then(
    (module) => void (katex = module.default as unknown as Katex),
    () => void (loading = null),
  );
  return loading;
}

/** Resolves once the formulas that are shown as their source have been replaced; at once where there are none. */
export function formulasLoaded(): Promise<void> {
  return loading ?? Promise.resolve();
}

/** MathML nodes for a formula; null before KaTeX is loaded, and where the formula is wrong, too large or defines macros. */
export function mathml(tex: string, display: boolean): Element | null {
  if (!katex || tex.length > MAX_TEX || DEFINES.test(tex)) return null;
  try {
    const options = { displayMode: display, output: "mathml", trust: false, strict: "ignore", maxExpand: 300, maxSize: 20 };
    const math = find(katex.__renderToDomTree(tex, options), "math");
    return math && (node(math, 0) as Element | null);
  } catch {
    return null; // KaTeX's ParseError, a formula that is too deep, or the stack's end
  }
}

function find(tree: TreeNode, type: string): TreeNode | null {
  if (tree.type === type) return tree;
  for (const child of tree.children ?? []) {
    const found = find(child, type);
    if (found) return found;
  }
  return null;
}

// The nodes are made one by one from what may pass: a site's policy allows no inline style, and no markup from text.
function node(tree: TreeNode, depth: number): Node | null {
  if (depth > MAX_DEPTH) throw new RangeError("too deep");
  if (typeof tree.text === "string") return document.createTextNode(tree.text);
  if (typeof tree.width === "number") {
    if (tree.character) return document.createTextNode(tree.character);
    const space = document.createElementNS(MATHML, "mspace");
    space.setAttribute("width", `${tree.width}em`);
    return space;
  }
  if (tree.type === "annotation") return null;
  const children = (tree.children ?? []).map((child) => node(child, depth + 1)).filter((child) => child !== null);
  if (!tree.type || !TAGS.has(tree.type)) {
    const fragment = document.createDocumentFragment();
    fragment.append(...children);
    return fragment;
  }
  const made = document.createElementNS(MATHML, tree.type);
  for (const [name, value] of Object.entries(tree.attributes ?? {})) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  }
  made.append(...children);
  if (tree.type === "mtable" && tree.attributes?.columnalign) alignColumns(made, tree.attributes.columnalign);
  return made;
}

// MathML Core knows no `columnalign`, so the columns of an aligned formula are told their side one by one.
function alignColumns(table: Element, columns: string): void {
  const sides = columns.trim().split(/\s+/);
  for (const row of table.children) {
    [...row.children].forEach((cell, at) => {
      const side = sides[Math.min(at, sides.length - 1)] ?? "";
      if (/^(?:left|right|center)$/.test(side)) cell.classList.add(`side-${side}`);
    });
  }
}

/** Teaches a markdown-it parser formulas; `math_inline` and `math_block` tokens carry the TeX. */
export function formulaRules(md: MarkdownIt): void {
  md.inline.ruler.before("escape", "math_inline", inlineRule);
  md.block.ruler.before("fence", "math_block", blockRule, { alt: ["paragraph", "blockquote", "list"] });
}

const INLINE = [
  { open: "$$", close: "$$", display: true },
  { open: "$", close: "$", display: false },
  { open: "\\[", close: "\\]", display: true },
  { open: "\\(", close: "\\)", display: false },
];

function inlineRule(state: StateInline, silent: boolean): boolean {
  const kind = INLINE.find(({ open }) => state.src.startsWith(open, state.pos));
  if (!kind) return false;
  if (/^\\\[[\d\s,;–-]+\\\]/.test(state.src.slice(state.pos, state.pos + 24))) return false; // a number in brackets
  const start = state.pos + kind.open.length;
  const end = closing(state.src, start, kind.close);
  const tex = end < 0 ? "" : state.src.slice(start, end);
  if (!tex.trim() || tex.length > MAX_TEX || (kind.open === "$" && !isFormula(tex, state.src[end + 1]))) return false;
  if (!silent) {
    const token = state.push("math_inline", "math", 0);
    token.content = tex.trim();
    token.meta = { display: kind.display };
  }
  state.pos = end + kind.close.length;
  return true;
}

function closing(source: string, start: number, close: string): number {
  // No further than a formula may reach: a text of many unclosed ones would be read to its end for each.
  const near = source.slice(start, start + MAX_TEX + close.length);
  for (let at = near.indexOf(close); at >= 0; at = near.indexOf(close, at + 1)) {
    let slashes = 0;
    while (near[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return start + at;
  }
  return -1;
}

// "between $5 and $10", "$HOME/$USER", "${HOME}/${USER}" and "$(pwd)/$(id)" are no formulas: none begins or ends with a
// space, no digit or letter follows, nor the bracket that it begins with.
function isFormula(tex: string, next: string | undefined): boolean {
  return !/^\s|\s$/.test(tex) && !/[A-Za-z\d]/.test(next ?? "") && !(/^[({]/.test(tex) && next === tex[0]);
}

function blockRule(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const first = lineOf(state, startLine);
  const close = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : null;
  if (!close || (state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const indent = Math.min(state.blkIndent, state.sCount[startLine] ?? 0); // less where it ends a list item's lazy paragraph
  const lines: string[] = [];
  let text = first.slice(2);
  for (let line = startLine; ; text = lineOf(state, line)) {
    const end = closing(text, 0, close);
    if (end >= 0) {
      if (text.slice(end + 2).trim()) return false; // text follows: the inline rule takes it
      lines.push(text.slice(0, end));
      if (!lines.join("").trim()) return false;
      return accept(state, startLine, line + 1, lines, silent);
    }
    if (lines.length && !text.trim()) return false; // an empty line ends every formula, as it does on the server
    lines.push(text);
    line += 1;
    if (line >= endLine || lines.length > MAX_BLOCK_LINES || (state.sCount[line] ?? 0) < indent) {
      // Still being written: shown as source until it is closed.
      const writing = (state.env as { writing?: boolean }).writing;
      return line >= endLine && writing ? accept(state, startLine, line, lines, silent) : false;
    }
  }
}

function accept(state: StateBlock, startLine: number, nextLine: number, lines: string[], silent: boolean): boolean {
  if (silent) return true;
  state.line = nextLine;
  const token = state.push("math_block", "math", 0);
  token.block = true;
  token.content = lines.join("\n").trim();
  token.meta = { display: true };
  token.map = [startLine, nextLine];
  return true;
}

function lineOf(state: StateBlock, line: number): string {
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
}
