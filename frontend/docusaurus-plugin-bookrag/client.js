// @ts-check
// A client module of Docusaurus: tells the widget when the reader has moved on to another page of the site.

/** @param {{location: {pathname: string}, previousLocation: {pathname: string} | null}} route */
export function onRouteDidUpdate({location, previousLocation}) {
  if (!previousLocation || location.pathname === previousLocation.pathname) return;
  document.dispatchEvent(new CustomEvent('bookrag:route', {detail: {path: location.pathname}}));
}
