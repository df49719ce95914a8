// Making elements, and telling which language a text is in.

interface Properties {
  className?: string;
  dir?: "auto" | "ltr" | "rtl";
  lang?: string;
  href?: string;
  tabIndex?: number;
  title?: string;
  type?: "button";
  role?: string;
  ariaLabel?: string;
  ariaHidden?: "true";
}

/** An element with properties and children; strings become text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { lang, ...properties }: Properties = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  if (lang) made.lang = lang; // an empty one would mean that nobody knows it
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** "ur" for text in Urdu, which wants its own typeface and voice; "" where the panel's own language may stand. */
export function languageOf(text: string): string {
  const arabic = text.match(/[\u0600-\u06FF]/g)?.length ?? 0;
  return arabic > 10 && /[\u0679\u0688\u0691\u06BA\u06D2]/.test(text) ? "ur" : "";
}

/** "rtl" for text of which much is written from right to left, even where it begins otherwise ("ZMP کیا ہے؟"); else "auto". */
export function directionOfText(text: string): "rtl" | "auto" {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const fromTheRight = text.match(/[\p{scx=Arab}\p{scx=Hebr}\p{scx=Syrc}\p{scx=Thaa}]/gu)?.length ?? 0;
  return fromTheRight > 0.4 * letters && fromTheRight > 1 ? "rtl" : "auto";
}

/** Gives the page a style sheet, where it does not have it: a page may set its own list of them. */
export function adopt(sheet: CSSStyleSheet): void {
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** The page's address; that of the page around it for a frame that has none, as of `srcdoc`. */
export function pageAddress(): string {
  return location.protocol.startsWith("http") ? location.href : document.baseURI;
}

/** The address, absolute, where it may be opened (http or https, no user name in it); null for any other. */
export function safeUrl(address: string, base: string = pageAddress()): URL | null {
  try {
    const url = new URL(address, base);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}
