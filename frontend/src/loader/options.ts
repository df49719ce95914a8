// The options of the script tag, and of `window.bookrag.configure`.

import { languageTag } from "../direction.js";
import type { Options } from "../options.js";

const CONTENT = ".theme-doc-markdown, article, main, body";

/** What of a script tag belongs to others: a site's build or its delivery. */
const OF_OTHERS = /^(?:cf|turbo|astro|nscript|nHead|bookrag)/;

interface Rule {
  holds: (value: unknown) => boolean;
  /** What the option takes, for the console. */
  takes: string;
}

const text: Rule = { holds: (value) => value === null || typeof value === "string", takes: "text" };
const onOff: Rule = { holds: (value) => typeof value === "boolean", takes: "on or off" };
const oneOf = (...values: string[]): Rule => ({ holds: (value) => values.includes(value as string), takes: values.join(", ") });

const RULES: Record<Exclude<keyof Options, "page">, Rule> = {
  api: { holds: (value) => isAddress(value, location.href), takes: "an http(s) address" },
  title: text,
  locale: text,
  version: text,
  scope: oneOf("book", "chapter", "page"),
  button: oneOf("floating", "none"),
  side: oneOf("end", "start"),
  layout: oneOf("beside", "over"),
  shortcut: { holds: (value) => value === null || (typeof value === "string" && /^[a-jl-z]$/i.test(value)), takes: "a letter but k, or none" },
  storage: oneOf("session", "none"),
  selection: onOff,
  accounts: onOff,
  feedback: onOff,
  siteUrl: { holds: (value) => value === null || isAddress(value), takes: "an http(s) address" },
  baseUrl: text,
  router: oneOf("auto", "history", "hash", "none"),
  content: { holds: isSelector, takes: "a CSS selector" },
  suggestions: { holds: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"), takes: "a JSON list of texts" },
  messages: { holds: isMessages, takes: "a JSON object of texts by language" },
  getToken: { holds: (value) => value === null || typeof value === "function", takes: "a function" },
};

/** The address that the script's service stands at: the script is its `widget.js` or `widget/widget-….js`. */
export function serviceOf(script: HTMLScriptElement): string {
  return new URL(".", script.src.replace(/widget\/[^/]*$/, "")).href;
}

/** The options that a script tag's attributes give; what is unknown or wrong is named in the console and left at its default. */
export function readOptions(script: HTMLScriptElement): Options {
  const given: Record<string, unknown> = {};
  for (const [name, value = ""] of Object.entries(script.dataset)) {
    if (value.trim() && !OF_OTHERS.test(name)) given[name] = valueOf(name, value.trim());
  }
  return { ...defaults(serviceOf(script)), ...checked(given, "data-") };
}

/** What of `given` may be set; what is unknown or wrong is named in the console. */
export function checked(given: Record<string, unknown>, prefix = ""): Partial<Options> {
  const kept = Object.entries(isTable(given) ? given : {}).filter(([name, value]) => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof typeof RULES] : null;
    const shown = prefix ? prefix + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : name;
    if (!rule) console.warn(`bookrag: there is no option ${shown}`);
    else if (!rule.holds(value)) console.warn(`bookrag: ${shown} is ${said(value)}; it takes ${rule.takes}`);
    return rule?.holds(value);
  });
  const options = Object.fromEntries(kept) as Partial<Options>;
  if (options.api) options.api = service(new URL(options.api, location.href).href);
  // Sites name their languages by folders, as `pt_BR`.
  if (options.messages) options.messages = Object.fromEntries(Object.entries(options.messages).map(([name, texts]) => [languageTag(name), texts]));
  if (options.shortcut) options.shortcut = options.shortcut.toLowerCase();
  return options;
}

function service(address: string): string {
  return address.replace(/\/+$/, "");
}

function valueOf(name: string, value: string): unknown {
  if ((RULES as Record<string, Rule>)[name] === onOff) return value === "on" || (value === "off" ? false : value);
  if (name === "shortcut" && value === "none") return null;
  if (name !== "suggestions" && name !== "messages") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value; // which is no list and no object
  }
}

function defaults(address: string): Options {
  return {
    api: service(address),
    title: null,
    locale: null,
    version: null,
    scope: "book",
    button: "floating",
    side: "end",
    layout: "beside",
    shortcut: "i",
    storage: "session",
    selection: true,
    accounts: true,
    feedback: false,
    siteUrl: null,
    baseUrl: null,
    router: "auto",
    content: CONTENT,
    suggestions: [],
    messages: {},
    getToken: null,
    page: null,
  };
}

function said(value: unknown): string {
  return ((JSON.stringify(value) as string | undefined) ?? typeof value).slice(0, 80);
}

function isAddress(value: unknown, base?: string): boolean {
  try {
    return typeof value === "string" && /^https?:$/.test(new URL(value, base).protocol);
  } catch {
    return false;
  }
}

function isSelector(value: unknown): boolean {
  try {
    document.querySelector(value as string);
    return typeof value === "string";
  } catch {
    return false;
  }
}

function isTable(item: unknown): item is object {
  return {}.toString.call(item) === "[object Object]";
}

function isMessages(value: unknown): boolean {
  return isTable(value) && Object.values(value).every((texts) => isTable(texts) && Object.values(texts).every((item) => typeof item === "string"));
}
