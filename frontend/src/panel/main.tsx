// The panel's module: the loader imports it when the reader shows intent, and mounts it into its shadow root.

import { render } from "preact";
import type { OpenRequest, Options, Panel } from "../options.js";
import { Account } from "./account.js";
import { Chat } from "./chat.js";
import sheet from "./panel.css";
import { PanelView, type Controls } from "./panel.js";
import { Site } from "./site.js";
import { filled, stringsFor } from "./strings.js";
import { Service } from "./wire.js";

/**
 * Mounts the panel into `root`. No request is made and nothing is stored before the first question, but for a reader who has
 * followed a confirmation link.
 */
export async function mount(root: ShadowRoot, options: Options, locale: string): Promise<Panel> {
  const styles = new CSSStyleSheet();
  styles.replaceSync(sheet);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];
  const strings = stringsFor(locale, options.messages);
  const account = new Account(options);
  const service = new Service(options.api, account.token);
  const site = new Site(options);
  const chat = new Chat(service, site, options, strings);
  const box = document.createElement("div");
  root.append(box);
  let controls: Controls | null = null;
  await new Promise<void>((resolve) => {
    const onReady = (ready: Controls) => {
      controls = ready;
      resolve();
    };
    render(<PanelView parts={{ options, strings, locale, chat, site, service, account }} onReady={onReady} />, box);
  });
  chat.restore();
  void account.takeLink((name) => confirm(filled(strings.replaceSession, { name }))).then((isAnother) => {
    if (isAnother) chat.startAnew(); // what is on the screen is the other reader's
  });
  return {
    open: (request: OpenRequest = {}) => controls?.open(request),
    close: () => controls?.close(),
    get isOpen() {
      return chat.open;
    },
  };
}
