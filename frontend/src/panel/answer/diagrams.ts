// The diagrams of a passage. The index holds a diagram's source; its drawing is the site's, made in the open page, and is
// copied from there. Of another page there is no drawing yet, and the passage shows the source.

import { element } from "../dom.js";

const SOURCES = "code[data-lang=mermaid]";
const DRAWINGS = "svg[id^=mermaid]";
const ALIKE = 0.8; // of a drawing's words that stand in its source: some are wrapped or are the renderer's own
const READABLE = 0.75; // of a drawing's own size; what is wider than the panel scrolls

/**
 * Puts the drawings of the open document into the place of the diagrams' sources in `passage`, a text of the page at `page`;
 * `name` is what a drawing is called.
 */
export function drawDiagrams(passage: DocumentFragment, page: URL | null, name: string): void {
  if (page?.origin !== location.origin || page.pathname !== location.pathname) return;
  const drawn = [...document.querySelectorAll<SVGSVGElement>(DRAWINGS)];
  for (const source of passage.querySelectorAll(SOURCES)) {
    const drawing = drawn.find((each) => isOf(each, source.textContent));
    if (drawing) source.closest("pre")?.replaceWith(copied(drawing, name));
  }
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
function copied(drawing: SVGSVGElement, name: string): HTMLElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  copy.style.minWidth = `${drawing.viewBox.baseVal.width * READABLE}px`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([...copy.querySelectorAll("style")].map(({ textContent }) => textContent).join("\n"));
  for (const node of copy.querySelectorAll("style, script")) node.remove();
  const ariaLabel = `${name}: ${labelsOf(drawing).join(", ")}`;
  const box = element("div", { className: "diagram", role: "img", ariaLabel, tabIndex: 0 });
  const root = box.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.append(copy);
  return box;
}
