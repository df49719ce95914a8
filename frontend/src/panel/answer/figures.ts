// The pictures that belong to a passage. The index holds a picture's alternative text, not its address, so the address is
// looked up in the book's page, which the site serves itself: in the open document, else in the HTML of another page. That
// HTML is searched as text, never parsed as markup.

import { pageAddress, safeUrl } from "../dom.js";
import { plainLine } from "../host/passages.js";

const LEAST = 12; // characters of an alternative text: a shorter one may stand in any passage, and has to be a line of it
const MOST = 2; // pictures of one passage
const DATA = /^data:image\//i;

export interface Figure {
  src: string;
  alt: string;
}

const pages = new Map<string, Promise<Figure[]>>();
let policy: Promise<boolean> | null = null;

/** The pictures of the page at `page` whose alternative text stands in `passage`; none for a page of another origin. */
export async function figuresOf(passage: string, page: URL | null): Promise<Figure[]> {
  if (page?.origin !== location.origin) return [];
  const isIn = textsIn(passage);
  const known = page.pathname === location.pathname ? ofDocument() : await ofPage(page.pathname);
  const found = [...new Map(known.filter(({ alt }) => isIn(plainLine(alt))).map((figure) => [figure.src, figure])).values()].slice(0, MOST);
  if (!found.some(({ src }) => DATA.test(src)) || (await mayHaveData())) return found;
  return found.filter(({ src }) => !DATA.test(src));
}

// Whether a text is told of in a passage: of a picture with a title, the title stands in brackets behind it.
function textsIn(passage: string): (text: string) => boolean {
  const said = plainLine(passage);
  const lines = passage.split("\n").map((line) => plainLine(line).replace(/^[^\p{L}\p{N}]+/u, ""));
  return (text) => (text.length >= LEAST ? said.includes(text) : text !== "" && lines.some((line) => line === text || line.startsWith(`${text} (`)));
}

function ofDocument(): Figure[] {
  return [...document.querySelectorAll("img")].map(({ currentSrc, src, alt }) => ({ src: currentSrc || src, alt })).filter(isLocal);
}

function ofPage(path: string): Promise<Figure[]> {
  const found = pages.get(path) ?? fetch(path).then(async (response) => (response.ok ? ofHtml(await response.text(), response.url) : [])).catch(() => []);
  pages.set(path, found);
  return found;
}

function ofHtml(html: string, base: string): Figure[] {
  return [...html.matchAll(/<img\s(?:"[^"]*"|'[^']*'|[^"'>])*>/gi)].flatMap(([tag]) => {
    const [src, alt] = [attribute(tag, "src"), attribute(tag, "alt")];
    return [{ src: DATA.test(src) ? src : (safeUrl(src, base)?.href ?? ""), alt }].filter(isLocal);
  });
}

// Whether the open page's policy lets a picture stand in its own address, as small ones do that a site's build has packed: it
// shows one, or says so. Trying would break the policy.
function mayHaveData(): Promise<boolean> {
  if ([...document.images].some(({ currentSrc, naturalWidth }) => DATA.test(currentSrc) && naturalWidth > 0)) return Promise.resolve(true);
  policy ??= fetch(pageAddress(), { method: "HEAD" }).then(
    ({ ok, headers }) => ok && [headers.get("content-security-policy") ?? "", ...ownPolicies()].every(allowsData),
    () => false,
  );
  return policy;
}

function ownPolicies(): string[] {
  return [...document.querySelectorAll<HTMLMetaElement>("meta[http-equiv='content-security-policy' i]")].map(({ content }) => content);
}

// A header of several policies has commas between them.
function allowsData(policies: string): boolean {
  return policies.toLowerCase().split(",").every((one) => {
    const directives = new Map(one.split(";").map((each) => each.trim().split(/\s+/)).map(([name = "", ...sources]) => [name, sources]));
    return (directives.get("img-src") ?? directives.get("default-src"))?.includes("data:") ?? true;
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
  return DATA.test(src) || safeUrl(src)?.origin === location.origin;
}
