// The pictures that belong to a passage. The index holds a picture's alternative text, not its address, so the address is
// looked up in the book's page, which the site serves itself: in the open document, else in the HTML of another page. That
// HTML is searched as text, never parsed as markup.

import { safeUrl } from "../dom.js";

const LEAST = 12; // characters of an alternative text: a shorter one may stand in any passage
const MOST = 2; // pictures of one passage

export interface Figure {
  src: string;
  alt: string;
}

const pages = new Map<string, Promise<Figure[]>>();

/** The pictures of the page at `page` whose alternative text stands in `passage`; none for a page of another origin. */
export async function figuresOf(passage: string, page: URL | null): Promise<Figure[]> {
  if (page?.origin !== location.origin) return [];
  const said = normal(passage);
  const known = page.pathname === location.pathname ? ofDocument() : await ofPage(page.pathname);
  return known.filter(({ alt }) => alt.length >= LEAST && said.includes(normal(alt))).slice(0, MOST);
}

function ofDocument(): Figure[] {
  return [...document.querySelectorAll("img")].map(({ currentSrc, src, alt }) => ({ src: currentSrc || src, alt })).filter(isLocal);
}

function ofPage(path: string): Promise<Figure[]> {
  const found = pages.get(path) ?? fetch(path).then((response) => (response.ok ? response.text() : "")).then((html) => ofHtml(html, path)).catch(() => []);
  pages.set(path, found);
  return found;
}

function ofHtml(html: string, path: string): Figure[] {
  return [...html.matchAll(/<img\s[^>]*>/gi)].flatMap(([tag]) => {
    const src = safeUrl(attribute(tag, "src"), new URL(path, location.origin).href);
    return src ? [{ src: src.href, alt: attribute(tag, "alt") }].filter(isLocal) : [];
  });
}

function attribute(tag: string, name: string): string {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(tag);
  return unescaped(found?.[1] ?? found?.[2] ?? found?.[3] ?? "");
}

function unescaped(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (_, decimal?: string, hex?: string, name?: string) =>
    name ? (names[name.toLowerCase()] ?? "") : String.fromCodePoint(Number.parseInt(decimal ?? hex ?? "", decimal ? 10 : 16)),
  );
}

// A picture of another origin would tell that origin of the reader.
function isLocal({ src }: Figure): boolean {
  return safeUrl(src)?.origin === location.origin;
}

function normal(text: string): string {
  return text.replace(/[\s*_`\\]+/g, " ").trim().toLowerCase();
}
