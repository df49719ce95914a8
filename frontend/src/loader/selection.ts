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
    text = said;
    button.textContent = label;
    button.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = button;
    const top = below ? box.bottom + 8 : box.bottom - height - 6; // inside a block, so that the pointer stays on it
    const left = below ? box.left + box.width / 2 - width / 2 : box.right - width - 6;
    button.style.top = `${Math.max(4, Math.min(innerHeight - height - 4, top))}px`;
    button.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, left))}px`;
  };
  const look = () => {
    const said = markedText(content);
    const range = said && getSelection()?.getRangeAt(0);
    if (range) showAt(range.getBoundingClientRect(), words.askAboutThis, said, true);
    else hide();
  };

  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = window.setTimeout(look, 250);
  });
  addEventListener("scroll", hide, true);
  for (const event of ["pointerover", "focusin"]) {
    addEventListener(event, ({ target }) => {
      const pre = codeAt(target, content);
      if (pre) showAt(pre.getBoundingClientRect(), words.askAboutCode, codeOf(pre), false);
    });
  }
  addEventListener("pointerout", ({ target, relatedTarget }) => {
    if (codeAt(target, content) && !around(relatedTarget, "pre, [data-bookrag]")) hide();
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

/** The marked text of the page where it lies in its content, else the code that has the focus, else "". */
export function selectedText(content: string): string {
  const pre = codeAt(document.activeElement, content);
  return pre ? codeOf(pre) : markedText(content);
}

// The block of code at a place of the content, unless a text is marked.
function codeAt(target: EventTarget | null, content: string): HTMLElement | null {
  const pre = around(target, "pre");
  return pre && inContent(pre, content) && !marked() ? pre : null;
}

/** The element around an event's target that a selector finds; the target may be the document. */
export function around(target: EventTarget | null, selector: string): HTMLElement | null | undefined {
  return (target as Partial<Element> | null)?.closest?.<HTMLElement>(selector);
}

function codeOf(pre: HTMLElement): string {
  return (pre.querySelector("code") ?? pre).innerText.trim().slice(0, MOST);
}

function markedText(content: string): string {
  const said = marked();
  return said.length >= LEAST && !document.activeElement?.closest(FIELDS) && inContent(getSelection()?.anchorNode, content) ? said.slice(0, MOST) : "";
}

function marked(): string {
  return getSelection()?.toString().trim() ?? "";
}

function inContent(node: Node | null | undefined, content: string): boolean {
  return isBookPage(content) && !!contentElement(content)?.contains(node ?? null);
}
