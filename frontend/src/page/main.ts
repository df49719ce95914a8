// The chat page at `/`: mounts the widget's panel into the whole document. What the server knows of the book stands in the
// page's <html> element: its title, languages and versions.

import { directionOf } from "../direction.js";
import type { Options, Panel } from "../options.js";

interface PanelModule {
  mount: (root: Document, options: Options, locale: string) => Promise<Panel>;
}

if (!CSS.supports("color:light-dark(red,red)")) throw new Error("bookrag: the browser is too old"); // the page says so

const { documentElement: root } = document;
const query = new URLSearchParams(location.search);
const locales = listed(root.dataset.locales);
const versions = listed(root.dataset.versions);
const chosen = oneOf(locales, query.get("locale"));
const locale = chosen ?? preferred(locales) ?? "en";

const files = import.meta.url.replace(/[^/]*$/, "");
for (const shared of SHARED_FILES) void import(files + shared).catch(() => undefined); // the panel's own import fails too
const { mount } = (await import(files + PANEL_FILE)) as PanelModule;
root.lang = locale;
root.dir = directionOf(locale);
document.getElementById("unscripted")?.remove();
const panel = await mount(document, optionsOfPage(), locale);
const question = query.get("ask");
panel.open(question ? { question } : {});

function optionsOfPage(): Options {
  return {
    api: new URL(".", location.href).href.replace(/\/$/, ""),
    title: root.dataset.title ?? null,
    locale,
    version: oneOf(versions, query.get("version")),
    scope: "book",
    button: "none",
    side: "end",
    layout: "over",
    shortcut: null,
    storage: "session",
    selection: false,
    accounts: true,
    feedback: false,
    siteUrl: null,
    baseUrl: null,
    router: "none",
    content: "main",
    suggestions: [],
    messages: {},
    getToken: null,
    page: { locales, versions, locale: chosen },
  };
}

function listed(names: string | undefined): string[] {
  return (names ?? "").split(",").filter(Boolean);
}

function oneOf(names: string[], name: string | null): string | null {
  return name !== null && names.includes(name) ? name : null;
}

// The book's language that the reader's browser asks for first, else its default one.
function preferred(names: string[]): string | null {
  const language = (name: string) => name.split("-")[0]?.toLowerCase();
  const wanted = navigator.languages.flatMap((tag) => names.find((name) => language(name) === language(tag)) ?? []);
  return wanted[0] ?? names[0] ?? null;
}
