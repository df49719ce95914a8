// The panel: a dialog beside the text on wide screens, over it on phones. Header, conversation, and the question's form.

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { announce, type OpenRequest, type Options, type Scope } from "../options.js";
import type { Account } from "./account.js";
import { giveRoomBack, makeRoom } from "./beside.js";
import { type Chat, type Selected, type Turn } from "./chat.js";
import { element, languageOf } from "./dom.js";
import { placeIn } from "./record.js";
import type { Site } from "./site.js";
import { directionOf, filled, type Strings } from "./strings.js";
import { shortened, Suggestions } from "./suggestions.js";
import { LoadedTurn, loadTurnView } from "./turn-loading.js";
import { AccountView, History } from "./views.js";
import type { Service } from "./wire.js";

const MAX_SPOKEN = 3_000; // characters of one paragraph
const PHONE = "(max-width: 40rem), (max-height: 26rem)";

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

type View = "conversation" | "history" | "account";

export function PanelView({ parts, onReady }: { parts: Parts; onReady: (controls: Controls) => void }) {
  const { options, strings, locale, chat, site, account } = parts;
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
    if (!dialog.current) return;
    if (!dialog.current.open) {
      returnTo.current = activeElement();
      if (matchMedia(PHONE).matches) dialog.current.showModal();
      else dialog.current.show();
      fitBeside();
      chat.open = true;
      chat.keep();
      announce("opened");
    }
    redraw(0);
    field.current?.focus({ preventScroll: true });
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
      <div class="bar">
        <h1 id="bookrag-title">{options.title ?? strings.title}</h1>
        {view !== "conversation" && <IconButton label={strings.back} path="M15 6l-6 6 6 6" onClick={() => setView("conversation")} turns />}
        {chat.turns.length > 0 && (
          <IconButton label={strings.newConversation} path="M12 5v14M5 12h14" onClick={() => { chat.startAnew(); setSelected(null); setView("conversation"); field.current?.focus(); }} />
        )}
        {options.accounts && <IconButton label={strings.earlier} path="M12 8v4l3 2M4 12a8 8 0 1 0 3-6.2L4 8m0-4v4h4" onClick={() => setView("history")} />}
        {options.accounts && !account.isSites && (
          <IconButton label={strings.account} path="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 8a7 7 0 0 1 14 0" onClick={() => setView("account")} />
        )}
        <IconButton label={strings.close} path="M6 6l12 12M18 6L6 18" onClick={() => close()} />
      </div>
      {view === "history" && <History {...parts} onDone={() => setView("conversation")} />}
      {view === "account" && <AccountView {...parts} onDone={() => setView("conversation")} />}
      <div
        class="log"
        role="region"
        aria-label={strings.conversation}
        aria-busy={chat.running !== null}
        tabIndex={0}
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
      <form
        class="ask"
        hidden={view !== "conversation"}
        aria-label={strings.question}
        onSubmit={(event) => {
          event.preventDefault();
          ask(draft);
        }}
      >
        {account.hasExpired && <p class="notice" role="alert">{strings.signedOut}</p>}
        {account.link === "refused" && <p class="notice" role="alert">{strings.linkRefused}</p>}
        {account.link === "taken" && <p class="notice" role="status">{filled(strings.signedInAs, { name: account.name ?? "" })}</p>}
        {gone && <p class="notice" role="alert">{strings.pageGone}</p>}
        {selected && <Chip {...{ selected, strings }} onChange={setSelected} />}
        <div class="field">
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            maxLength={8000}
            aria-label={strings.question}
            aria-describedby="bookrag-keys"
            placeholder={strings.placeholder}
            autocomplete="off"
            enterkeyhint="send"
            value={draft}
            onInput={(event) => setDraft(event.currentTarget.value)}
            onKeyDown={(event) => {
              // 229: Safari ends a composition before this event, which still belongs to it.
              // eslint-disable-next-line @typescript-eslint/no-deprecated
              if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
              event.preventDefault();
              ask(draft);
            }}
          />
          {chat.running ? (
            <button type="button" class="round" aria-label={strings.stop} onClick={() => { chat.stop(); field.current?.focus(); }}>
              <Icon path="M7 7h10v10H7z" />
            </button>
          ) : (
            <button type="submit" class="round" aria-label={strings.ask}><Icon path="M12 19V5m-6 6 6-6 6 6" /></button>
          )}
        </div>
        {site.isBookPage && (
          <label class="scope">
            {strings.scope}{" "}
            <select value={scope} onChange={(event) => setScope(event.currentTarget.value as Scope)}>
              <option value="book">{strings.scopeBook}</option>
              <option value="chapter">{strings.scopeChapter}</option>
              <option value="page">{strings.scopePage}</option>
            </select>
          </label>
        )}
        <p id="bookrag-keys" class="unseen">{strings.keys}</p>
      </form>
      <p class="unseen" role="status" ref={status} />
      <div class="unseen" aria-live="polite" aria-relevant="additions" ref={spoken} />
    </dialog>
  );
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

function Chip({ selected, strings, onChange }: { selected: Selected; strings: Strings; onChange: (selected: Selected | null) => void }) {
  return (
    <div class="chip" role="group" aria-label={strings.selection}>
      <blockquote dir="auto">{shortened(selected.text, 140)}</blockquote>
      <label>
        <input type="checkbox" checked={selected.withBook} onChange={(event) => onChange({ ...selected, withBook: event.currentTarget.checked })} />
        {strings.withBook}
      </label>
      <IconButton label={strings.removeSelection} path="M6 6l12 12M18 6L6 18" onClick={() => onChange(null)} />
    </div>
  );
}

function IconButton({ label, path, onClick, turns = false }: { label: string; path: string; onClick: () => void; turns?: boolean }) {
  return (
    <button type="button" class={turns ? "icon turns" : "icon"} aria-label={label} title={label} onClick={onClick}>
      <Icon path={path} />
    </button>
  );
}

function Icon({ path }: { path: string }) {
  return <svg viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg>;
}

// Turned on its side or made wider, the panel becomes what fits there.
function useFitting(dialog: { current: HTMLDialogElement | null }, show: () => void): void {
  useEffect(() => {
    const phone = matchMedia(PHONE);
    const fit = () => {
      if (!dialog.current?.open || dialog.current.matches(":modal") === phone.matches) return;
      dialog.current.close();
      show();
    };
    phone.addEventListener("change", fit);
    return () => phone.removeEventListener("change", fit);
  }, []);
}

// Brings a new question to the top, and tells how its answer ended.
function useOutcome(chat: Chat, strings: Strings, tell: (text: string) => void, log: { current: HTMLElement | null }): void {
  const running = useRef<Turn | null>(null);
  useEffect(() => {
    if (chat.running && chat.running !== running.current) {
      log.current?.lastElementChild?.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    }
    const ended = running.current?.record;
    if (!chat.running && ended?.end) {
      const { end, verdict, citations, sources } = ended;
      const count = citations ? citations.cited.length : sources.length;
      const outcome = end.kind === "done" ? filled(strings.complete, { count }) : (end.kind === "stopped" ? strings.stoppedText : (end.message ?? ""));
      tell(verdict === "uncertain" ? `${strings.uncertain}. ${outcome}` : verdict === "not_covered" ? `${strings.notCovered}. ${outcome}` : outcome);
    }
    running.current = chat.running;
  });
}

function prefetch(event: Event, chat: Chat, site: Site): void {
  const link = (event.target as Element).closest<HTMLElement>("a[data-source]");
  const turn = chat.turns.find(({ questionId }) => questionId === link?.closest<HTMLElement>("[data-turn]")?.dataset.turn);
  const source = turn?.record.sources.find(({ number }) => number === Number(link?.dataset.source));
  if (source) site.prefetch(source.url);
}

async function copyCode(event: Event, strings: Strings, tell: (text: string) => void): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>("button.copy");
  if (!button) return;
  const code = button.parentElement?.querySelector("code")?.textContent ?? "";
  const copied = await navigator.clipboard.writeText(code).then(() => true, () => false);
  button.textContent = copied ? strings.copied : strings.notCopied;
  tell(button.textContent);
  setTimeout(() => (button.textContent = strings.copy), 2_000);
}

// What has the focus, inside shadow roots as well.
function activeElement(): Element | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

