// The book's site around the panel: which page is open, whether an address lies inside the site, and how to get there.

import { closeDrawer, contentElement, isBookPage, isDocusaurus } from "../../content.js";
import type { Options } from "../../options.js";
import { pageAddress, safeUrl } from "../dom.js";
import type { Place } from "../chat/answer-record.js";
import { clearHighlight, highlightPassage, holdInView, onReader, pictureTexts, revealed, textFragment, withoutPictures } from "./passages.js";

const ARRIVAL_MS = 6_000;
const LOADING_MS = 30_000; // where the site says that it is loading the page
const MISSING_MS = 1_000; // a router may show a page's address before its text
const KEPT_MS = 1_000; // a page whose address is shown, while the heading of the one before stands: both may have the same
const MARKING_ATTEMPTS = 5;
const MARKING_PAUSE_MS = 200;

declare global {
  interface Window {
    /** Docusaurus's own: loads what a page needs before it is opened. */
    docusaurus?: { prefetch?: (path: string) => unknown };
  }
}

/** A place that is being opened. */
interface Goal {
  target: URL;
  /** Whether it is on another page than the one that was open, and what tells that that one still stands there. */
  moved: boolean;
  leaving: Element | null;
  /** Whether its page stands there: the address and the canonical link are often that page's before. */
  hasCome: () => boolean;
  passage: string | null;
  /** Whether something else is being opened, or the page was left. */
  isOver: () => boolean;
  /** Whether the page may be scrolled: the reader has done nothing in it. */
  mayMove: () => boolean;
}

/** The site that the panel stands in; on the chat page no page of the book is open, and every citation leads elsewhere. */
export class Site {
  #openings = 0;
  #latest = false;

  constructor(private readonly options: Options) {}

  /** The open page's address as the book publishes it; null on the chat page, and for a page without one, as of a file. */
  get pageUrl(): string | null {
    if (this.options.page) return null;
    const here = new URL(pageAddress());
    const path = this.#router() === "hash" ? here.hash.slice(1).replace(/#.*/s, "") : here.pathname;
    return safeUrl(path, this.#publishedOrigin() ?? here.origin)?.href ?? null;
  }

  /** The element with the open page's text. */
  get article(): Element | null {
    return this.options.page ? null : contentElement(this.options.content);
  }

  /** Whether the open page belongs to the book: only then can it be summarised, or be all that is searched. */
  get isBookPage(): boolean {
    return !this.options.page && isBookPage(this.options.content);
  }

  /** The open page's title; null on the chat page and where a page has none. */
  get pageTitle(): string | null {
    const heading = this.article?.querySelector("h1");
    return heading ? ownText(heading) : null;
  }

  /** Headings of the open page, without the first. */
  get headings(): string[] {
    const found = [...(this.article?.querySelectorAll("h2") ?? [])];
    return found.map((heading) => ownText(heading)).filter((text) => text.length > 3 && text.length < 80);
  }

  /** Whether the open page has the source of formulas. */
  get hasFormulas(): boolean {
    return this.article?.querySelector("annotation[encoding='application/x-tex']") != null;
  }

  /** A text that is marked on the open page, with its formulas as the book writes them; what does that is loaded. */
  async sourceOf(selection: string): Promise<string> {
    const { article } = this;
    return import("./formula-text.js").then(({ withFormulas }) => withFormulas(selection, article), () => selection);
  }

  /** The version of the book that the open page belongs to, where it is not the latest. */
  get version(): string | null {
    if (this.#latest) return null;
    if (this.options.version) return this.options.version;
    const version = document.querySelector<HTMLMetaElement>("meta[name='docusaurus_version']")?.content;
    const tag = document.querySelector<HTMLMetaElement>("meta[name='docusaurus_tag']")?.content ?? "";
    // The latest version is the service's default, and named there as its label; only older ones have a path.
    return version && version !== "current" && tag.startsWith("docs-") && this.#hasVersionPath(version) ? version : null;
  }

  /** The latest version is searched from now on, as the one that the page names is not in the book. */
  searchLatest(): void {
    this.#latest = true;
  }

  /**
   * An address of the book in full; null where it may not be opened. A path is one of the book's site: on the chat page,
   * which another server gives, it leads nowhere.
   */
  absolute(url: string): URL | null {
    const address = safeUrl(url, this.options.page ? "about:blank" : undefined);
    // What the browser is to mark is no part of the place: `link` says it anew.
    if (address?.hash.includes(":~:")) address.hash = address.hash.replace(/:~:.*/s, "");
    return address;
  }

  /** The address of a place here, where the site serves the book from another origin than it is published on. */
  resolve(url: string): URL | null {
    const target = this.absolute(url);
    if (target?.origin !== this.#publishedOrigin()) return target;
    return safeUrl(target.pathname + target.search + target.hash) ?? target;
  }

  /** Whether the site can show an address without loading a document. */
  isInside(target: URL): boolean {
    if (target.origin !== location.origin || this.#router() === "none") return false;
    if (!("highlights" in CSS)) return false; // the browser marks the passage itself, where a document is loaded
    const base = this.options.baseUrl ?? "/";
    if (!target.pathname.startsWith(base)) return false;
    return !this.#otherLocales().some((prefix) => target.pathname.startsWith(prefix));
  }

  /** The link to a place, with a text fragment where a document will be loaded; null for an address not to be opened. */
  link({ url, passage }: Place): { href: string; outside: boolean } | null {
    const target = this.resolve(url);
    if (!target) return null;
    if (this.isInside(target)) return { href: this.#localHref(target), outside: false };
    const isOpen = target.origin === location.origin && trimmed(target.pathname) === trimmed(location.pathname);
    const shown = isOpen && passage && this.article ? withoutPictures(passage, pictureTexts(this.article)) : passage;
    return { href: target.href + textFragment(shown, target.hash !== ""), outside: target.origin !== location.origin };
  }

  /** Loads what the page of an address needs, where the site can. */
  prefetch(url: string): void {
    const target = this.resolve(url);
    if (target && this.isInside(target) && typeof window.docusaurus?.prefetch === "function") window.docusaurus.prefetch(target.pathname);
  }

  /**
   * Opens a place inside the site and marks its passage; false where the site no longer has the page, null where the reader has
   * gone elsewhere before it came. What the reader has scrolled in the meantime stays where it is.
   */
  async open({ url, passage }: Place, focus: boolean): Promise<boolean | null> {
    const target = this.resolve(url);
    if (!target || !this.isInside(target)) return true; // the link itself leads there
    clearHighlight();
    const before = { heading: this.#firstHeading(), path: this.#openPath() };
    closeDrawer();
    await Promise.resolve(); // the menu is closed in a microtask
    const opening = (this.#openings += 1);
    this.#navigate(target);
    const moved = trimmed(before.path) !== trimmed(target.pathname);
    const leaving = moved ? before.heading : null;
    const goal: Goal = { target, moved, leaving, hasCome: this.#coming(target, leaving), passage, isOver: () => this.#isOver(opening, target), mayMove: () => true };
    const leave = onReader(() => (goal.mayMove = () => false));
    try {
      const outcome = await this.#arrive(goal, focus);
      return goal.isOver() ? null : outcome;
    } finally {
      leave();
    }
  }

  async #arrive(goal: Goal, focus: boolean): Promise<boolean> {
    const { target, isOver } = goal;
    const isGone = lasting(() => this.#isMissing(goal), MISSING_MS);
    const anchor = await arrival(() => (isGone() || isOver() ? document.body : this.#anchor(goal) ?? this.#start(goal)));
    if (isOver()) return true;
    if (isGone()) return false;
    if (!anchor) {
      this.#load(target);
      return true;
    }
    await settled();
    const found = await this.#show(goal, anchor);
    if (isOver()) return true;
    if (this.article && goal.mayMove()) holdInView(this.article, found);
    if (focus) focusOn(found);
    return true;
  }

  // Shows the place, and gives its element. The address may change before the page does, whose text then comes a moment later.
  async #show(goal: Goal, start: Element): Promise<Element> {
    const { passage, isOver } = goal;
    const mayMove = () => goal.mayMove() && !isOver();
    let at: Element | null = null;
    for (let attempt = 0; attempt < MARKING_ATTEMPTS && !isOver(); attempt += 1) {
      if (attempt) await new Promise((resolve) => setTimeout(resolve, MARKING_PAUSE_MS));
      const exact = this.#anchor(goal);
      const next: Element = exact ?? at ?? start;
      if (next !== at && mayMove()) {
        await revealed(next);
        if (mayMove()) next.scrollIntoView({ block: "start", behavior: "instant" });
      }
      at = next;
      if (isOver() || (!passage && exact)) break;
      if (passage && this.article && (await highlightPassage(this.article, at, passage, mayMove))) break;
    }
    return at ?? start;
  }

  // Whether another place was opened since, or the reader has left the page.
  #isOver(opening: number, target: URL): boolean {
    return opening !== this.#openings || trimmed(this.#openPath()) !== trimmed(target.pathname);
  }

  #navigate(target: URL): void {
    if (this.#router() === "hash") {
      location.hash = target.pathname + target.hash;
      return;
    }
    if (target.href === location.href) return;
    try {
      history.pushState({ key: Math.random().toString(36).slice(2, 8) }, "", target.href);
    } catch {
      // Browsers and sites refuse it, as where the address changes too often.
    }
    if (location.href !== target.href) {
      location.assign(target.href);
      return;
    }
    // The router reads the location again when it hears of a step in the history.
    dispatchEvent(new PopStateEvent("popstate", { state: history.state as unknown }));
  }

  // Loads the document of an address that the site does not show by itself; its history may have the address already.
  #load(target: URL): void {
    if (new URL(this.#localHref(target), location.href).href === location.href) location.reload();
    else location.assign(target.href);
  }

  // What tells whether the open page still stands there; the front page of Docusaurus has no article.
  #firstHeading(): Element | null {
    return this.article?.querySelector("h1") ?? (isDocusaurus() ? document.querySelector("h1, main") : null);
  }

  // Whether the page of `target` stands there, `leaving` being the heading of the one before. A site may keep that element and
  // give it another text, or the same one.
  #coming(target: URL, leaving: Element | null): () => boolean {
    const text = leaving?.textContent;
    const isKept = lasting(() => this.#canonicalIs(target) && !isLoading(), KEPT_MS);
    return () => isKept() || !leaving?.isConnected || leaving.textContent !== text;
  }

  // The element that the address names, once the page that it belongs to stands there.
  #anchor(goal: Goal): Element | null {
    const { target } = goal;
    if (!goal.hasCome() || !this.article || this.#isMissing(goal)) return null;
    if (!target.hash) return this.article.querySelector("h1") ?? this.article;
    const id = decoded(target.hash.slice(1));
    // A page may have the same id twice, as in its menu.
    return this.article.querySelector(`#${CSS.escape(id)}`) ?? document.getElementById(id);
  }

  // The top of the page once it is there, as its heading may have another name by now; null where the site does not have it.
  #start(goal: Goal): Element | null {
    const { target, moved, leaving } = goal;
    if (!goal.hasCome() || this.#isMissing(goal)) return null; // what is said in place of a missing page has a heading as well
    const isThere = canonicalAddress() ? this.#canonicalIs(target) : leaving !== null || !moved;
    return isThere ? (this.article?.querySelector("h1") ?? null) : null;
  }

  // What Docusaurus shows in place of a page that it does not have has no article; nor has a page that it is about to show.
  #isMissing({ target, hasCome }: Goal): boolean {
    return isDocusaurus() && document.querySelector("article") === null && this.#canonicalIs(target) && hasCome();
  }

  #canonicalIs(target: URL): boolean {
    const canonical = canonicalAddress();
    return canonical !== undefined && trimmed(new URL(canonical).pathname) === trimmed(target.pathname);
  }

  #openPath(): string {
    return this.#router() === "hash" ? location.hash.slice(1).replace(/#.*/s, "") : location.pathname;
  }

  #localHref(target: URL): string {
    return this.#router() === "hash" ? `#${target.pathname}${target.hash}` : target.href;
  }

  #router(): "history" | "hash" | "none" {
    if (this.options.router !== "auto") return this.options.router;
    if (!isDocusaurus()) return "none";
    return location.hash.startsWith("#/") ? "hash" : "history";
  }

  #publishedOrigin(): string | null {
    return safeUrl(this.options.siteUrl ?? canonicalAddress() ?? "", "about:blank")?.origin ?? null;
  }

  #hasVersionPath(version: string): boolean {
    return location.pathname.split("/").includes(version);
  }

  // Each locale is a build of its own: its pages need a document load.
  #otherLocales(): string[] {
    const here = document.documentElement.lang.toLowerCase();
    const links = [...document.querySelectorAll<HTMLLinkElement>("link[rel=alternate][hreflang]")];
    const path = location.pathname;
    return links
      .filter(({ hreflang }) => hreflang !== "x-default" && hreflang.toLowerCase() !== here)
      .map(({ href, hreflang }) => {
        const pathname = safeUrl(href)?.pathname ?? "";
        const at = pathname.split("/").findIndex((step) => step.toLowerCase() === hreflang.toLowerCase());
        return at > 0 ? `${pathname.split("/").slice(0, at + 1).join("/")}/` : "";
      })
      .filter((prefix) => prefix !== "" && !path.startsWith(prefix));
  }
}

function canonicalAddress(): string | undefined {
  return document.querySelector<HTMLLinkElement>("link[rel=canonical]")?.href;
}

function trimmed(path: string): string {
  return decoded(path).replace(/(?:index\.html|\.html)?\/*$/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function ownText(heading: Element): string {
  const text = [...heading.childNodes].filter((node) => !(node instanceof Element && node.matches(".hash-link")));
  return text.map((node) => node.textContent ?? "").join("").trim();
}

function focusOn(anchor: Element): void {
  if (!(anchor instanceof HTMLElement)) return;
  const had = anchor.getAttribute("tabindex");
  if (had === null) {
    anchor.tabIndex = -1;
    anchor.addEventListener("blur", () => anchor.removeAttribute("tabindex"), { once: true });
  }
  anchor.focus({ preventScroll: true });
}

// Waits for the page: its router loads and renders it in its own time.
function arrival(find: () => Element | null): Promise<Element | null> {
  return new Promise((resolve) => {
    const start = performance.now();
    const look = () => {
      const found = find();
      if (found || performance.now() - start > (isLoading() ? LOADING_MS : ARRIVAL_MS)) resolve(found);
      else setTimeout(look, 30);
    };
    look();
  });
}

// The progress bar of Docusaurus, and of many other sites.
function isLoading(): boolean {
  return document.documentElement.classList.contains("nprogress-busy");
}

// Whether `holds` has been true for so long, each time that it was asked.
function lasting(holds: () => boolean, milliseconds: number): () => boolean {
  let since: number | null = null;
  return () => {
    since = holds() ? (since ?? performance.now()) : null;
    return since !== null && performance.now() - since >= milliseconds;
  };
}

// The router scrolls in an effect of the same frame; ours comes after it.
function settled(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));
}
