// The options of the script tag.

import type { Options, Scope } from "../options.js";

const CONTENT = ".theme-doc-markdown, article, main, body";

/** The address that the script's service stands at: the script is its `widget.js` or `widget/widget-….js`. */
export function serviceOf(script: HTMLScriptElement): string {
  return new URL(".", script.src.replace(/widget\/[^/]*$/, "")).href;
}

/** The options that a script tag's attributes give; what is wrong is named in the console and left at its default. */
export function readOptions(script: HTMLScriptElement): Options {
  const { dataset } = script;
  const text = (name: string) => (dataset[name]?.trim() ?? "") || null;
  const one = <T extends string>(name: string, ...allowed: [T, ...T[]]): T => {
    const given = text(name) ?? allowed[0];
    const known = allowed.find((value) => value === given);
    if (!known) console.warn(`bookrag: data-${name} is "${given}"; it may be ${allowed.join(", ")}`);
    return known ?? allowed[0];
  };
  const shortcut = text("shortcut") ?? "i";
  return {
    api: (text("api") ?? serviceOf(script)).replace(/\/+$/, ""),
    title: text("title"),
    locale: text("locale"),
    version: text("version"),
    scope: one<Scope>("scope", "book", "chapter", "page"),
    button: one("button", "floating", "none"),
    side: one("side", "end", "start"),
    layout: one("layout", "beside", "over"),
    shortcut: /^[a-jl-z]$/i.test(shortcut) ? shortcut.toLowerCase() : null, // Ctrl+K is the site's search
    storage: one("storage", "session", "none"),
    selection: one("selection", "on", "off") === "on",
    accounts: one("accounts", "on", "off") === "on",
    feedback: one("feedback", "off", "on") === "on",
    siteUrl: text("siteUrl"),
    baseUrl: text("baseUrl"),
    router: one("router", "auto", "history", "hash", "none"),
    content: text("content") ?? CONTENT,
    suggestions: parsed<string[]>(text("suggestions"), []),
    messages: parsed<Options["messages"]>(text("messages"), {}),
    getToken: null,
    page: null,
  };
}

function parsed<T>(json: string | null, otherwise: T): T {
  if (!json) return otherwise;
  try {
    return JSON.parse(json) as T;
  } catch {
    console.warn(`bookrag: this is not JSON: ${json.slice(0, 80)}`);
    return otherwise;
  }
}
