// The diagrams that belong to a passage. The index holds a diagram's source; its drawing is the site's, made in the open page,
// and is copied from there. Of another page there is no drawing yet, and the passage shows the source.

import { element } from "../dom.js";

const SOURCE = /^ {0,3}(`{3,}|~{3,})\s*mermaid\b[^\n]*\n([^]*?)\n {0,3}\1[`~]* *$/gm;
const DRAWINGS = "svg[id^=mermaid]";
const ALIKE = 0.8; // of a drawing's words that stand in its source: some are wrapped or are the renderer's own

export interface Diagrams {
  drawings: HTMLElement[];
  /** The passage without the sources of what was drawn. */
  rest: string;
}

/** The drawings, in the open document, of the diagrams whose sources stand in `passage`, a text of the page at `page`. */
export function diagramsOf(passage: string, page: URL | null, name: string): Diagrams {
  const drawings: HTMLElement[] = [];
  if (page?.origin !== location.origin || page.pathname !== location.pathname) return { drawings, rest: passage };
  const drawn = [...document.querySelectorAll<SVGElement>(DRAWINGS)];
  const rest = passage.replace(SOURCE, (block, _, source: string) => {
    const found = drawn.find((drawing) => isOf(drawing, source));
    if (found) drawings.push(copied(found, name));
    return found ? "" : block;
  });
  return { drawings, rest };
}

function isOf(drawing: SVGElement, source: string): boolean {
  const labels = labelsOf(drawing).flatMap(words);
  const known = new Set(words(source));
  return labels.length > 0 && labels.filter((word) => known.has(word)).length >= ALIKE * labels.length;
}

// The texts of a drawing, each once: a label is an element of its own, or HTML inside the drawing.
function labelsOf(drawing: SVGElement): string[] {
  const texts = [...drawing.querySelectorAll("text, foreignObject")].map(({ textContent }) => textContent.trim());
  return [...new Set(texts.filter(Boolean))];
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

// The drawing in a shadow root of its own: its style sheet is for it alone, and is adopted, as a page's policy may forbid
// inline ones.
function copied(drawing: SVGElement, name: string): HTMLElement {
  const copy = drawing.cloneNode(true) as SVGElement;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([...copy.querySelectorAll("style")].map(({ textContent }) => textContent).join("\n"));
  for (const node of copy.querySelectorAll("style, script")) node.remove();
  const box = element("div", { className: "diagram", role: "img", ariaLabel: `${name}: ${labelsOf(drawing).join(", ")}` });
  const root = box.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.append(copy);
  return box;
}
