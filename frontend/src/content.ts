// The element with a page's text.

/** The first element that a selector of the list `selectors` finds; earlier selectors go before later ones. */
export function contentElement(selectors: string): Element | null {
  for (const selector of selectors.split(",")) {
    const found = document.querySelector(selector);
    if (found) return found;
  }
  return null;
}
