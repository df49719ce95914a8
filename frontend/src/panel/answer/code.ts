// Colours in code. highlight.js is loaded when the first answer has code of a language that it knows.

import { element } from "../dom.js";

const MAX_HIGHLIGHTED = 20_000;
const PIECE = /<span class="([\w\- ]+)">|<\/span>|[^<]+/g;
const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

interface Highlighter {
  getLanguage(name: string): unknown;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
}

let highlighter: Highlighter | null = null;
let loading: Promise<void> | null = null;

/** Loads highlight.js once; where that fails, code stays plain. */
export function loadHighlighter(): Promise<void> {
  loading ??= import("./highlighter.js").then(
    (module) => void (highlighter = module.default),
    () => void (loading = null),
  );
  return loading;
}

/** Colours the code in `code`; nothing happens before highlight.js is loaded, or where it does not know the language. */
export function highlight(code: HTMLElement, language: string): void {
  const source = code.textContent;
  if (!highlighter?.getLanguage(language) || source.length > MAX_HIGHLIGHTED) return;
  const { value } = highlighter.highlight(source, { language, ignoreIllegals: true });
  const coloured = spans(value);
  if (coloured.textContent === source) code.replaceChildren(coloured);
}

// What highlight.js gives is markup of spans and five entities; it becomes nodes here, as markup may not reach the page.
function spans(markup: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let open: (DocumentFragment | HTMLElement)[] = [fragment];
  for (const [piece, className] of markup.matchAll(PIECE)) {
    const parent = open.at(-1) ?? fragment;
    if (className !== undefined) {
      const span = element("span", { className });
      parent.append(span);
      open.push(span);
    } else if (piece === "</span>") open = open.length > 1 ? open.slice(0, -1) : open;
    else parent.append(piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity));
  }
  return fragment;
}
