// "Ask about this": a button at the marked text, or at the block of code that the pointer or the focus is on.

import { contentElement, isBookPage } from "../content.js";
import type { LoaderWords } from "./strings.js";

const LEAST = 3; // characters
const MOST = 8_000;

/** Shows `button` at marked text and at code inside `content`; `choose` is called with the text. */
export function offerSelection(
  button: HTMLButtonElement,
  words: Pick<LoaderWords, "askAboutThis" | "askAboutCode">,
  content: string,
  choose: (text: string) => void,
): void {
  let text = "";
  let timer = 0;

  const hide = () => void (button.hidden = true);
  const showAt = (box: DOMRect, label: string, said: string, below: boolean) => {
    text = said.slice(0, MOST);
    button.textContent = label;
    button.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = button;
    const top = below ? box.bottom + 8 : box.bottom - height - 6; // inside a block, so that the pointer stays on it
    const left = below ? box.left + box.width / 2 - width / 2 : box.right - width - 6;
    button.style.top = `${Math.max(4, Math.min(innerHeight - height - 4, top))}px`;
    button.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, left))}px`;
  };
  const look = () => {
    const said = selectedText(content);
    const range = said && getSelection()?.getRangeAt(0);
    if (range) showAt(range.getBoundingClientRect(), words.askAboutThis, said, true);
    else hide();
  };

  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = window.setTimeout(look, 250);
  });
  addEventListener("scroll", hide, { passive: true, capture: true });
  for (const event of ["pointerover", "focusin"]) {
    addEventListener(event, ({ target }) => {
      const pre = target instanceof Element ? target.closest("pre") : null;
      if (!pre || !inContent(pre, content) || marked().length >= LEAST) return;
      showAt(pre.getBoundingClientRect(), words.askAboutCode, (pre.querySelector("code") ?? pre).innerText.trim(), false);
    });
  }
  addEventListener("pointerout", ({ target, relatedTarget }) => {
    const left = target instanceof Element && target.closest("pre") && !(relatedTarget instanceof Element && relatedTarget.closest("pre, [data-bookrag]"));
    if (left && !marked()) hide();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  button.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
  button.addEventListener("click", () => {
    hide();
    choose(text);
  });
}

// What has the focus while something is marked in a field or in the panel: the browser tells where that is, but not what.
const FIELDS = "input, textarea, select, [data-bookrag]";

/** The marked text of the page where it lies in its content, else "". */
export function selectedText(content: string): string {
  const said = marked();
  return said.length >= LEAST && !document.activeElement?.closest(FIELDS) && inContent(getSelection()?.anchorNode, content) ? said.slice(0, MOST) : "";
}

function marked(): string {
  return getSelection()?.toString().trim() ?? "";
}

function inContent(node: Node | null | undefined, content: string): boolean {
  return isBookPage(content) && !!contentElement(content)?.contains(node ?? null);
}
