// The panel: a dialog beside the text on wide screens, over it on phones, and all of the chat page. Header, conversation,
// and the question's form.

import type { ComponentChildren } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { directionOf } from "../direction.js";
import { announce, type OpenRequest, type Options, type Scope } from "../options.js";
import type { Account } from "./account.js";
import { QuestionForm } from "./asking.js";
import { giveRoomBack, makeRoom } from "./beside.js";
import type { Chat, Selected, Turn } from "./chat.js";
import { element, languageOf } from "./dom.js";
import { activeElement, copyCode, PHONE, prefetch, useFitting, useOutcome, usePage } from "./effects.js";
import { Header } from "./header.js";
import { placeIn } from "./record.js";
import type { Site } from "./site.js";
import { filled, type Strings } from "./strings.js";
import { Suggestions } from "./suggestions.js";
import { LoadedTurn, loadTurnView } from "./turn-loading.js";
import { AccountView, History } from "./views.js";
import type { Service } from "./wire.js";

const MAX_SPOKEN = 3_000; // characters of one paragraph

export interface Parts {
  options: Options;
  strings: Strings;
  locale: string;
  chat: Chat;
  site: Site;
  service: Service;
  account: Account;
}

/** What the panel's owner calls once it stands. */
export interface Controls {
  open: (request: OpenRequest) => void;
  close: () => void;
}

export type View = "conversation" | "history" | "account";

export function PanelView({ parts, onReady }: { parts: Parts; onReady: (controls: Controls) => void }) {
  const { options, strings, locale, chat, site, account } = parts;
  const { page } = options;
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [view, setView] = useState<View>("conversation");
  const [draft, setDraft] = useState("");
  const [selected, setSelected] = useState<Selected | null>(null);
  const [scope, setScope] = useState<Scope>(options.scope);
  const [editing, setEditing] = useState<Turn | null>(null);
  const [gone, setGone] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const spoken = useRef<HTMLDivElement>(null);
  const returnTo = useRef<Element | null>(null);

  const tell = (text: string) => {
    if (status.current) status.current.textContent = text;
  };
  const speak = (text: string) => {
    const said = text.slice(0, MAX_SPOKEN).trim();
    if (said) spoken.current?.append(element("p", { dir: "auto", lang: languageOf(said) }, said));
  };

  const ask = (question: string, about: Selected | null = selected) => {
    if (chat.running || !question.trim()) return;
    spoken.current?.replaceChildren();
    setView("conversation");
    setDraft("");
    setEditing(null);
    setGone(false);
    account.link = null;
    chat.ask(question.trim(), about, site.isBookPage ? scope : "book", editing ?? undefined);
    tell(strings.searching);
  };
  const open = ({ question, selection, submit }: OpenRequest) => {
    const about = selection ? { text: selection, withBook: true } : selected;
    setSelected(about);
    if (question && submit) ask(question, about);
    else if (question) setDraft(question);
    else if (selection && !draft) setDraft(strings.askAbout);
    show();
  };
  const fitBeside = () => {
    if (options.layout === "beside" && dialog.current?.open) makeRoom(dialog.current, () => site.article);
  };
  const show = () => {
    if (dialog.current && !dialog.current.open) {
      returnTo.current = activeElement();
      if (matchMedia(PHONE).matches) dialog.current.showModal();
      else dialog.current.show();
      fitBeside();
      chat.open = true;
      chat.keep();
      announce("opened");
    }
    redraw(0);
    // On a phone the keyboard would pop up with the page.
    if (!page || matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
    void loadTurnView();
  };
  const close = (back = true) => {
    if (!dialog.current?.open) return;
    dialog.current.close();
    giveRoomBack(() => site.article);
    chat.open = false;
    chat.keep();
    announce("closed");
    if (back && returnTo.current instanceof HTMLElement) returnTo.current.focus({ preventScroll: true });
  };

  const stop = () => {
    chat.stop();
    field.current?.focus();
  };
  const startAnew = () => {
    chat.startAnew();
    setSelected(null);
    setView("conversation");
    spoken.current?.replaceChildren();
    field.current?.focus();
  };
  const signOut = async () => {
    startAnew(); // the next person at this screen reads nothing of it
    await account.signOut();
    tell(strings.leftAccount);
  };

  useEffect(() => {
    onReady({ open, close });
  });
  useEffect(() => chat.subscribe(() => redraw(0)), []);
  useEffect(() => account.subscribe(() => redraw(0)), []);
  useEffect(() => {
    // A router changes the head once it has shown another page: its title, and what says whether that belongs to the book.
    let timer = 0;
    const moved = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        redraw(0);
        fitBeside();
      }, 50);
    };
    const head = new MutationObserver(moved);
    head.observe(document.head, { childList: true, subtree: true, attributeFilter: ["content"] });
    document.addEventListener("bookrag:route", moved);
    const keep = () => chat.keep();
    addEventListener("pagehide", keep);
    addEventListener("resize", fitBeside);
    return () => {
      head.disconnect();
      document.removeEventListener("bookrag:route", moved);
      removeEventListener("pagehide", keep);
      removeEventListener("resize", fitBeside);
    };
  }, []);
  useFitting(dialog, show);
  usePage(parts, tell);
  useOutcome(chat, strings, tell, log);

  const leadThere = async (event: MouseEvent) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-source]");
    if (!link) return;
    const turn = chat.turns.find(({ questionId }) => questionId === link.closest<HTMLElement>("[data-turn]")?.dataset.turn);
    const source = turn?.record.sources.find(({ number }) => number === Number(link.dataset.source));
    if (!turn || !source) return;
    announce("cited", { url: source.url, title: source.title });
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = site.resolve(source.url);
    if (!target || !site.isInside(target)) return;
    event.preventDefault();
    const covering = dialog.current?.matches(":modal") ?? false;
    if (covering) close(false);
    setGone(!(await site.open(placeIn(turn.record, source), covering || event.detail === 0)));
  };

  const conversation = (
    <div
      class="log"
      role="region"
      aria-label={strings.conversation}
      aria-busy={chat.running !== null}
      tabIndex={page ? undefined : 0} // the chat page scrolls as a whole
      hidden={view !== "conversation"}
      ref={log}
      onClick={(event) => { void leadThere(event); void copyCode(event, strings, tell); }}
      onPointerOver={(event) => prefetch(event, chat, site)}
      onFocusIn={(event) => prefetch(event, chat, site)}
    >
      {chat.turns.length === 0 && <Welcome {...parts} onAsk={(question) => ask(question)} />}
      {chat.turns.map((turn, at) => (
        <LoadedTurn
          key={turn.questionId}
          {...{ turn, chat, site, strings, speak }}
          last={at === chat.turns.length - 1}
          feedback={options.feedback}
          onEdit={(edited) => { setEditing(edited); setDraft(edited.question); field.current?.focus(); }}
          onAsk={(question) => ask(question)}
        />
      ))}
    </div>
  );
  const content = (
    <>
      <Header {...{ parts, view }} onView={setView} onNew={startAnew} onClose={() => close()} onSignOut={() => void signOut()} />
      <Main isPage={page !== null}>
        {view === "history" && <History {...parts} onDone={() => setView("conversation")} />}
        {view === "account" && <AccountView {...parts} onDone={() => setView("conversation")} onSignOut={() => void signOut()} />}
        {conversation}
      </Main>
      <QuestionForm
        {...{ parts, draft, selected, scope, gone, field }}
        hidden={view !== "conversation"}
        onDraft={setDraft}
        onSelected={setSelected}
        onScope={setScope}
        onAsk={() => ask(draft)}
        onStop={stop}
      />
      <p class="unseen" role="status" ref={status} />
      <div class="unseen" aria-live="polite" aria-relevant="additions" ref={spoken} />
    </>
  );
  if (page) {
    return (
      <div class="page">
        <a class="skip" href="#bookrag-question">{strings.skip}</a>
        {content}
      </div>
    );
  }
  return (
    <dialog
      ref={dialog}
      class="panel"
      dir={directionOf(locale)}
      lang={locale}
      aria-labelledby="bookrag-title"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          close();
        }
        event.stopPropagation(); // the site's own shortcuts are not meant
      }}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      {content}
    </dialog>
  );
}

function Main({ isPage, children }: { isPage: boolean; children: ComponentChildren }) {
  return isPage ? <main>{children}</main> : <>{children}</>;
}

function Welcome({ strings, site, options, onAsk }: Parts & { onAsk: (question: string) => void }) {
  const onPage = site.isBookPage ? [strings.summarize, strings.simpler] : [];
  const ofPage = (site.isBookPage ? site.headings : []).slice(0, 2).map((heading) => filled(strings.explainHeading, { heading }));
  return (
    <div class="welcome">
      <p class="lead">{strings.welcome}</p>
      <p>{strings.about}</p>
      <Suggestions label={strings.suggestions} questions={[...options.suggestions, ...onPage, ...ofPage]} onAsk={onAsk} />
    </div>
  );
}
