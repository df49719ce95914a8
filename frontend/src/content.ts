// The element with a page's text, and whether the page belongs to the book.

// A comma that separates selectors, not one within parentheses or brackets.
const TOP_COMMA = /,(?![^(]*\))(?![^[]*\])/;

/** The first element that a selector of the list `selectors` finds; earlier selectors go before later ones. */
export function contentElement(selectors: string): Element | null {
  for (const selector of selectors.split(TOP_COMMA)) {
    const found = document.querySelector(selector);
    if (found) return found;
  }
  return null;
}

/**
 * Whether the open page belongs to the book. Docusaurus says of each page which of its plugins made it; of another site's
 * pages it is known only whether they have the element with a page's text.
 */
export function isBookPage(selectors: string): boolean {
  if (!isDocusaurus()) return contentElement(selectors) !== null;
  const tag = document.querySelector<HTMLMetaElement>("meta[name='docusaurus_tag']")?.content ?? "";
  return tag.startsWith("docs-") && document.querySelector("article") !== null; // what stands for a missing page has none
}

/**
 * Closes Docusaurus's menu of narrow screens where it is open: it would lie over the page, and takes the next step in the
 * history as its own Back button.
 */
export function closeDrawer(): void {
  document.querySelector<HTMLElement>(".navbar-sidebar--show .navbar-sidebar__close")?.click();
}

/** Whether Docusaurus made the open page. */
export function isDocusaurus(): boolean {
  return document.querySelector("meta[name=generator][content^=Docusaurus], #__docusaurus") !== null;
}
