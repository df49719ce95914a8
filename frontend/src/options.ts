// What a site's author may set, as attributes of the script tag (`data-…`) or through `window.bookrag.configure`.

import type { Strings } from "./panel/strings.js";

/** How far around the open page to look. */
export type Scope = "book" | "chapter" | "page";

/** Gives the access token of the site's own reader, or null for a guest; with `renew` the one given before was refused. */
export type GetToken = (request: { renew: boolean }) => Promise<string | null> | string | null;

/** What the chat page at `/` offers beside the panel, as no page of the book is open there. */
export interface PageOptions {
  /** The book's languages, the default one first. */
  locales: string[];
  versions: string[];
  /** The language that the reader chose, which is also the one that is searched; null for the default. */
  locale: string | null;
}

export interface Options {
  /** The service's address, without a slash at its end. */
  api: string;
  /** The panel's title; by default "Ask the book" in the page's language. */
  title: string | null;
  /** The language of the panel, and the locale of the book that is searched. Default: the page's. */
  locale: string | null;
  version: string | null;
  scope: Scope;
  button: "floating" | "none";
  side: "end" | "start";
  /** On wide screens: `beside` has the page make room for the panel where it would cover its text. */
  layout: "beside" | "over";
  /** The letter that opens the panel together with Ctrl or Cmd; null for none. */
  shortcut: string | null;
  /** `session`: the conversation survives a reload in its tab, from the first question on. */
  storage: "session" | "none";
  selection: boolean;
  accounts: boolean;
  feedback: boolean;
  /** The published origin of the book, where the page is served from another one (a preview, localhost). */
  siteUrl: string | null;
  /** The path that all pages of the open site begin with, its locale included. */
  baseUrl: string | null;
  /** How the site changes pages without loading a document. */
  router: "auto" | "history" | "hash" | "none";
  /** Selects the element that holds a page's text. */
  content: string;
  suggestions: string[];
  /** Texts of the panel by language, for other languages and other words. */
  messages: Record<string, Partial<Strings>>;
  getToken: GetToken | null;
  /** Set on the chat page, which the panel fills; null on a book's own pages. */
  page: PageOptions | null;
}

/** What `window.bookrag.open` takes. */
export interface OpenRequest {
  question?: string;
  selection?: string;
  /** Whether the question is asked at once. Default: it only stands in the field. */
  submit?: boolean;
}

/** What the panel gives to the loader. */
export interface Panel {
  open(request?: OpenRequest): void;
  close(): void;
}

/** The events that the document dispatches, as `bookrag:<name>`. */
export type EventName = "opened" | "closed" | "asked" | "answered" | "cited" | "feedback";

/** Tells the page what happened in the widget. */
export function announce(name: EventName, detail: Record<string, unknown> = {}): void {
  document.dispatchEvent(new CustomEvent(`bookrag:${name}`, { detail }));
}

/** Where the tab keeps its conversation. */
export function storageKey(api: string): string {
  return `bookrag:${api}`;
}
