// The formulas of a marked text as their source. A page's formula is text twice, for the eye and for screen readers, and a
// selection gives both, a line break at each symbol; the book has its TeX, which KaTeX and MathML keep as an annotation.

const SOURCE = "annotation[encoding='application/x-tex']";
const IGNORED = /[\s\u200b-\u200f\u2060-\u2064\ufeff]/; // a selection and its page differ in these

interface Formula {
  tex: string;
  isBlock: boolean;
  /** Where it begins and ends among the article's signs. */
  begins: number;
  ends: number;
  /** Whether the page has a space before it, and behind it. */
  space: [before: boolean, behind: boolean];
}

/** `selection` with its formulas as `$…$`, as far as it stands in `article`; else as it is. */
export function withFormulas(selection: string, article: Element | null): string {
  if (!article?.querySelector(SOURCE)) return selection;
  const { signs, formulas } = signsOf(article);
  const { said: marked, places } = reduced(selection);
  const begins = signs.indexOf(marked);
  if (begins < 0 || !marked) return selection;
  let said = "";
  let done = 0;
  for (const formula of formulas) {
    if (formula.ends <= begins || formula.begins >= begins + places.length) continue;
    const first = places[Math.max(formula.begins - begins, 0)]?.[0] ?? 0;
    const end = places[Math.min(formula.ends - begins, places.length) - 1]?.[1] ?? 0;
    const mark = formula.isBlock ? "$$" : "$";
    const before = selection.slice(done, first).trimEnd();
    const [spaceBefore, spaceBehind] = formula.space.map((isSpace) => (formula.isBlock ? "\n" : isSpace ? " " : ""));
    said = `${(said + before).trimEnd()}${spaceBefore}${mark}${formula.tex}${mark}${spaceBehind}`;
    done = end;
    while (IGNORED.test(selection.charAt(done))) done += 1;
  }
  return (said + selection.slice(done)).trim();
}

// A text without spaces, and where each of its signs begins and ends. A selection has a formula's letters as mathematical ones,
// which the page's source does not have.
function reduced(text: string): { said: string; places: [number, number][] } {
  let said = "";
  const places: [number, number][] = [];
  let at = 0;
  for (const sign of text) {
    const plain = sign.normalize("NFKC");
    const kept = IGNORED.test(sign) ? "" : plain.length === 1 ? plain : sign;
    for (const unit of kept.split("")) {
      said += unit;
      places.push([at, at + sign.length]);
    }
    at += sign.length;
  }
  return { said, places };
}

// What an article shows, without its spaces, and where its formulas are in it.
function signsOf(article: Element): { signs: string; formulas: Formula[] } {
  const owners = new Map<Element, Formula>();
  for (const source of article.querySelectorAll(SOURCE)) {
    const owner = source.closest(".katex") ?? source.closest("math");
    const isBlock = source.closest(".katex-display, math[display=block]") !== null;
    if (owner) owners.set(owner, { tex: source.textContent.trim(), isBlock, begins: -1, ends: -1, space: [false, false] });
  }
  let signs = "";
  let endsWithSpace = false;
  let left: Formula | null = null;
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const parent = node.parentElement;
    if (!parent || parent.closest("annotation") || (node.data.trim() && !isSelectable(node, parent))) continue;
    const owner = parent.closest(".katex") ?? parent.closest("math");
    const formula = (owner && owners.get(owner)) ?? null;
    if (left && left !== formula && node.data) {
      left.space[1] = /^\s/.test(node.data);
      left = null;
    }
    if (formula && formula.begins < 0) {
      formula.begins = signs.length;
      formula.space[0] = endsWithSpace;
    }
    signs += reduced(node.data).said;
    if (formula) {
      formula.ends = signs.length;
      left = formula;
    } else if (node.data) endsWithSpace = /\s$/.test(node.data);
  }
  return { signs, formulas: [...owners.values()].filter(({ begins, ends }) => ends > begins) };
}

// Whether a text is in a selection around it.
function isSelectable(text: Text, parent: Element): boolean {
  const range = document.createRange();
  range.selectNode(text);
  const { visibility, userSelect } = getComputedStyle(parent);
  return visibility === "visible" && userSelect !== "none" && range.getClientRects().length > 0;
}
