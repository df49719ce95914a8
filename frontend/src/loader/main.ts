// widget.js: a classic script of a few kilobytes. It puts a button on the page and loads the panel when the reader shows
// intent. Until a question is asked, nothing is stored and the service is asked for no more than the panel's file.

import { directionOf, languageTag } from "../direction.js";
import { closeDrawer } from "../content.js";
import { isConfirmationLink } from "../link.js";
import type { EventName, OpenRequest, Options, Panel } from "../options.js";
import { storageKey } from "../options.js";
import sheet from "./loader.css";
import { checked, readOptions, serviceOf } from "./options.js";
import { around, offerSelection, selectedText } from "./selection.js";
import { wordsFor } from "./strings.js";

interface PanelModule {
  mount: (root: ShadowRoot, options: Options, locale: string) => Promise<Panel>;
}

interface Api {
  open: (request?: OpenRequest) => Promise<void>;
  close: () => void;
  /** Calls `listener` with what an event tells; gives what ends that. */
  on: (name: EventName, listener: (detail: Record<string, unknown>) => void) => () => void;
  /** Sets options that no attribute can hold; before the panel is opened for the first time. */
  configure: (options: Partial<Options>) => void;
}

declare global {
  interface Window {
    bookrag?: Api;
  }
}

const script = document.currentScript;
// A heading of the page with the id "bookrag" is `window.bookrag`, too, and so is a frame of that name. In browsers that are too old for the style sheets'
// colours the page stays without the widget; what the panel uses else came before them.
if (script instanceof HTMLScriptElement && !(Object.hasOwn(window, "bookrag") && typeof window.bookrag?.open === "function") && CSS.supports("color:light-dark(red,red)")) start(script);

function start(script: HTMLScriptElement): void {
  const options = readOptions(script);
  const base = `${serviceOf(script)}widget/`;
  const locale = languageTag(options.locale ?? document.documentElement.lang);
  const host = document.createElement("div");
  host.dataset.bookrag = "";
  host.dataset.side = options.side;
  const root = host.attachShadow({ mode: "open" });
  let panel: Panel | null = null;
  let loading: Promise<Panel> | null = null;
  let attempts = 0;

  const load = (): Promise<Panel> => {
    // A module that could not be fetched may be remembered as missing, so a further attempt has another address.
    const file = base + PANEL_FILE + (attempts++ ? `?${attempts}` : "");
    for (const shared of SHARED_FILES) void import(base + shared).catch(() => undefined); // the panel's own import fails too
    loading ??= standing
      .then(() => import(file) as Promise<PanelModule>)
      .then((module) => module.mount(root, options, locale))
      .then((mounted) => {
        panel = mounted;
        return mounted;
      })
      .catch((error: unknown) => {
        loading = null;
        throw error;
      });
    return loading;
  };
  const api: Api = {
    open: async (request = {}) => {
      alert.hidden = true;
      // What is typed while the panel is on its way is the question, or the rest of it.
      const before = (root.activeElement ?? document.activeElement) as HTMLElement | null;
      if (!panel) {
        launcher.before(early);
        early.focus();
      }
      try {
        const loaded = await load().finally(() => {
          early.remove();
          before?.focus({ preventScroll: true });
        });
        const typed = early.value;
        early.value = "";
        loaded.open(typed ? { ...request, question: (request.question ?? "") + typed } : request);
      } catch (error) {
        console.error("bookrag: could not be loaded", error);
        alert.textContent = words().loadFailed;
        alert.hidden = false;
      }
    },
    close: () => panel?.close(),
    on: (name, listener) => {
      const heard = (event: Event) => listener((event as CustomEvent<Record<string, unknown>>).detail);
      document.addEventListener(`bookrag:${name}`, heard);
      return () => document.removeEventListener(`bookrag:${name}`, heard);
    },
    configure: (more) => void Object.assign(options, checked(more)),
  };

  const words = () => wordsFor(locale, options.messages);
  const launcher = document.createElement("button");
  const pill = document.createElement("button");
  const alert = document.createElement("p");
  const early = document.createElement("textarea");

  const offer = () => (launcher.hidden = options.button === "none");
  const build = () => {
    registerUnit();
    const styles = new CSSStyleSheet();
    styles.replaceSync(sheet);
    root.adoptedStyleSheets = [styles];
    launcher.className = "launcher";
    pill.className = "pill";
    launcher.textContent = options.title ?? words().title;
    offer();
    pill.hidden = alert.hidden = true;
    alert.className = early.className = "failure";
    alert.role = "alert";
    launcher.ariaHasPopup = "dialog";
    host.lang = locale;
    host.dir = directionOf(locale);
    const region = document.createElement("section"); // a landmark, as nothing should stand outside of them
    region.ariaLabel = early.ariaLabel = launcher.textContent;
    region.append(launcher, pill, alert);
    root.append(region);
    settle(host);
    launcher.addEventListener("click", () => void api.open());
    for (const intent of ["pointerenter", "focus"]) launcher.addEventListener(intent, () => void load().catch(() => undefined));
    if (options.selection) offerSelection(pill, words(), options.content, (selection) => void api.open({ selection }));
    // The open panel stands over the button.
    document.addEventListener("bookrag:opened", () => (launcher.hidden = true));
    document.addEventListener("bookrag:closed", offer);
    listen(options, api);
    begin(options, api, load);
  };
  // A page may call `open` before it has a body: the panel comes into a host that stands. Pictures need not be there.
  const standing = new Promise((parsed) => {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", parsed);
    else parsed(null);
  }).then(build);
  if (!Reflect.set(window, "bookrag", api)) console.warn("bookrag: window.bookrag is taken");
  document.dispatchEvent(new Event("bookrag:ready")); // for `configure`
}

// With one of these a body holds what is fixed in it, as a window does.
const HOLDING = "transform translate rotate scale perspective filter backdrop-filter will-change contain".split(" ");

const MOVES = 9; // of the host in a second

// Keeps the host where it belongs, and in the page's theme, whatever the page does. It stands in the body, or beside one that
// would hold it: a fixed element is to stay in its place on the screen. Some sites show another page by a new body in place
// of the old one, or by other children of it. A page that takes the host away again and again has its way.
function settle(host: HTMLElement): void {
  let left = MOVES;
  const put = () => {
    const { body, documentElement: page } = document as { body: HTMLElement | null; documentElement: HTMLElement };
    for (const node of [document, page, body]) if (node) seen.observe(node, { attributes: true, childList: true });
    if (!left || !body) return;
    // The site's own switch decides; without one, the reader's system.
    host.dataset.theme = page.dataset.theme ?? (page.classList.contains("dark") ? "dark" : "");
    const style = getComputedStyle(body);
    const parent = HOLDING.some((name) => !/^(none|auto|normal)?$/.test(style.getPropertyValue(name))) ? page : body;
    if (host.parentNode !== parent) {
      if (!--left) {
        console.warn("bookrag: the page removes the widget");
        return;
      }
      setTimeout(() => (left &&= left + 1), 1_000);
      // A move leaves the focus, the scrolled place and an open dialog as they are, where the browser can.
      if (host.isConnected && "moveBefore" in parent) parent.moveBefore(host, null);
      else parent.append(host);
      document.dispatchEvent(new Event("bookrag:route"));
    }
  };
  const seen = new MutationObserver(put);
  for (const event of ["transitionend", "animationend", "bookrag:opened"]) {
    document.addEventListener(event, ({ target }) => {
      if (target === document || target === document.body) put();
    });
  }
  put();
}

// As a length, `1em` of the host is inherited; as plain text each element would count in its own size.
function registerUnit(): void {
  try {
    CSS.registerProperty({ name: "--bookrag-rem", syntax: "<length>", inherits: true, initialValue: "16px" });
  } catch {
    // older browsers, in which the page's rem counts
  }
}

function listen(options: Options, api: Api): void {
  addEventListener("click", (event) => {
    const opener = around(event.target, "[data-bookrag-open]");
    if (!opener) return;
    event.preventDefault();
    closeDrawer();
    void api.open({ question: opener.getAttribute("data-bookrag-open") ?? "" });
  });
  addEventListener("keydown", (event) => {
    // By the letter that is typed, not the key's place; AltGr is Ctrl and Alt. An editor may have taken it. A browser that fills in a form names no key.
    if ((event.key as string | undefined)?.toLowerCase() !== options.shortcut || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const target = event.composedPath()[0]; // a field may stand in a shadow root
    if (target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select"))) return;
    event.preventDefault();
    void api.open({ selection: options.selection ? selectedText(options.content) : "" });
  });
}

// A confirmation link opens the panel, which takes its session; `?ask=` opens it with a question, once; a conversation of this tab is
// taken up where it was.
function begin(options: Options, api: Api, load: () => Promise<Panel>): void {
  if (options.accounts && !options.getToken && isConfirmationLink()) return void api.open();
  const question = new URLSearchParams(location.search).get("ask");
  const [arrival] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (question && arrival?.type === "navigate") return void api.open({ question });
  if (options.storage === "none") return;
  try {
    const kept = sessionStorage.getItem(storageKey(options.api));
    if (!kept) return;
    if ((JSON.parse(kept) as { open?: boolean }).open) void api.open();
    else void load().catch(() => undefined);
  } catch {
    // storage is switched off, or holds something else
  }
}
