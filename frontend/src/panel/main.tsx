// The panel's module: the loader imports it when the reader shows intent, and mounts it into its shadow root.

import { render } from "preact";
import type { OpenRequest, Options, Panel } from "../options.js";
import { Account } from "./chat/account.js";
import { Chat } from "./chat/chat.js";
import sheet from "./panel.css";
import { checkedRequest } from "./open-request.js";
import { PanelView, type Controls } from "./panel.js";
import { Site } from "./host/site.js";
import { filled, hasWords, loadWords, stringsFor, unknownNames } from "./strings.js";
import { Service } from "./chat/service.js";

/**
 * Mounts the panel into `root`: a book's page gives a shadow root, the chat page its document. On a book's page no request is
 * made and nothing is stored before the first question, but for a reader who has followed a confirmation link.
 */
export async function mount(root: ShadowRoot | Document, options: Options, locale: string): Promise<Panel> {
  const styles = new CSSStyleSheet();
  styles.replaceSync(sheet);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];
  const strings = stringsFor(locale, options.messages, await loadWords(locale));
  const language = options.locale ?? document.documentElement.lang;
  if (language && !hasWords(language, locale, options.messages)) {
    console.warn(`bookrag: there are no messages in the language "${language}"; the panel speaks English`);
    if (root instanceof ShadowRoot) root.host.setAttribute("lang", "en"); // a screen reader speaks it so
  }
  const unknown = unknownNames(options.messages);
  if (unknown.length) console.warn(`bookrag: messages has names that are not known: ${unknown.join(", ")}`);
  const account = new Account(options);
  const service = new Service(options, account.token);
  const site = new Site(options);
  const chat = new Chat(service, site, options, strings, account);
  const box = document.createElement("div");
  (root instanceof Document ? root.body : root).append(box);
  let controls: Controls | null = null;
  await new Promise<void>((resolve) => {
    const onReady = (ready: Controls) => {
      controls = ready;
      resolve();
    };
    render(<PanelView parts={{ options, strings, locale, chat, site, service, account }} onReady={onReady} />, box);
  });
  (controls as Controls | null)?.restore();
  const takeLink = async () => {
    const { hasHistory } = account; // then the service has the conversation already
    const isAnother = await account.takeLink((name) => confirm(filled(strings.replaceSession, { name })));
    if (isAnother) chat.startAnew(); // what is on the screen is the other reader's
    else if (account.link === "taken" && !hasHistory) await chat.keepInHistory();
    if (options.page) await account.learnName();
  };
  void takeLink();
  addEventListener("hashchange", () => void takeLink()); // a link that is opened in this tab
  return {
    open: (request: OpenRequest = {}) => controls?.open(checkedRequest(request)),
    close: () => controls?.close(),
  };
}
