// One conversation: its turns, the answer being written, and the place where the tab keeps it.

import { announce, storageKey, type Options, type Scope } from "../../options.js";
import type { Account } from "./account.js";
import type { Site } from "../host/site.js";
import type { Strings } from "../strings.js";
import { newRecord, receive, type AnswerRecord, type End } from "./answer-record.js";
import { failureText } from "./failures.js";
import { idInAccount } from "./guest-history.js";
import { ChatError, type Service } from "./service.js";
import { keepTurn, storedOf, turnsOf } from "./stored-turns.js";
import { keptDraft, keptPlace, keptTurn, newId, type KeptDraft, type ReadingPlace, type Selected, type Turn } from "./turns.js";

const MAX_SENT_CHARACTERS = 60_000; // the service takes 256 KB, and a character may take four bytes
const MAX_SELECTED = 8_000;

interface Kept {
  id: string;
  turns: Turn[];
  open: boolean;
  /** Whose conversation it is, as `Account.reader` has it. */
  reader?: string | null;
  draft?: KeptDraft | null;
  place?: ReadingPlace | null;
}

/** The conversation of this tab. */
export class Chat {
  id = newId();
  turns: Turn[] = [];
  running: Turn | null = null;
  open = false;
  /** What the reader is writing, as it is kept with the conversation. */
  draft: KeptDraft | null = null;
  /** Where the reader was when the document before was left; null once the log is there. */
  place: ReadingPlace | null = null;
  /** Whether the history of a reader who signed in lacks a part of this conversation. */
  isPartlyKept = false;
  /** The answers that came since the document was opened: they are read out, also where their renderer came after them. */
  readonly heard = new WeakSet<AnswerRecord>();
  #controller: AbortController | null = null;
  /** What the tab kept when this document last wrote or read it. */
  #known: string | null = null;
  #listeners = new Set<() => void>();
  #followers = new Map<AnswerRecord, Set<() => void>>();

  constructor(
    private readonly service: Service,
    private readonly site: Site,
    private readonly options: Options,
    private readonly strings: Strings,
    private readonly account: Pick<Account, "reader">,
  ) {}

  /** Calls `listener` when a turn comes, goes or ends; gives what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `follower` with each piece of an answer. */
  follow(record: AnswerRecord, follower: () => void): () => void {
    const followers = this.#followers.get(record) ?? new Set();
    this.#followers.set(record, followers.add(follower));
    return () => followers.delete(follower);
  }

  /** Asks a question, in place of `edited` where that is the last one; nothing happens while an answer is being written. */
  ask(question: string, selected: Selected | null, scope: Scope, edited?: Turn | null): void {
    if (this.running || !question) return;
    const last = this.turns.at(-1);
    const replaces = edited === last ? last : undefined; // what was asked in the meantime stays, as does another conversation
    if (replaces) this.turns = this.turns.slice(0, -1);
    const turn: Turn = {
      questionId: newId(),
      answerId: newId(),
      question,
      selected: selected && { ...selected, text: selected.text.slice(0, MAX_SELECTED) },
      pageUrl: null,
      version: null,
      scope,
      record: newRecord(),
      ...(replaces ? { replaces: replaces.questionId } : {}),
    };
    this.turns = [...this.turns, turn];
    this.isPartlyKept = false; // the reader was told
    announce("asked", { question, conversationId: this.id });
    void this.#answer(turn, false, () => {
      const { pageUrl, pageTitle, version } = this.site;
      return this.#body(Object.assign(turn, { pageUrl, pageTitle, version }));
    });
  }

  /** Answers the last question again: as a new try where the first one never began, else as another answer. */
  again(turn: Turn): void {
    if (this.running || this.turns.at(-1) !== turn) return;
    if (turn.record.begun) turn.regenerates = turn.answerId;
    turn.record = newRecord();
    void this.#answer(turn);
  }

  /** Stops the answer being written; what was written stays. */
  stop(): void {
    if (!this.running) return;
    this.service.stop(this.id);
    this.#controller?.abort();
  }

  /** Begins a new conversation. */
  startAnew(): void {
    this.stop();
    this.id = newId();
    this.turns = [];
    this.running = null;
    this.isPartlyKept = false;
    this.keep();
    this.#changed();
  }

  /** Keeps the conversation for this tab, once there is a question and where the author and the browser let us. */
  keep(): void {
    if (this.options.storage === "none") return;
    try {
      const kept: Kept = { id: this.id, turns: this.turns, open: this.open, reader: this.account.reader, draft: this.draft, place: this.place };
      if (this.turns.length) sessionStorage.setItem(storageKey(this.options.api), JSON.stringify(kept));
      else sessionStorage.removeItem(storageKey(this.options.api));
    } catch {
      // full or switched off: the conversation lives on in this document
    }
    this.#known = this.#stored();
  }

  /**
   * Takes up the conversation of this tab, with the answer that was being written when the document was left; not one of
   * somebody who has signed out since, in another tab.
   */
  restore(): void {
    const kept = this.#kept();
    if (!kept) {
      this.draft = null;
      this.keep(); // nothing
      return;
    }
    this.id = kept.id;
    this.turns = kept.turns;
    this.open = kept.open;
    this.draft = kept.draft ?? null;
    this.place = kept.place ?? null;
    const last = kept.turns.at(-1);
    if (last?.record.end === null) void this.#answer(last, true);
    this.#changed();
  }

  /** Takes up what later documents of the tab made of the conversation; whether they changed it. */
  takeUp(): boolean {
    if (this.#stored() === this.#known) return false;
    this.#controller?.abort();
    this.running = null;
    this.turns = [];
    this.id = newId();
    this.restore();
    this.#changed();
    return true;
  }

  /** Shows a conversation that the service keeps. */
  async load(id: string): Promise<void> {
    const stored = await this.service.json(`/api/conversations/${encodeURIComponent(id)}`);
    const turns = turnsOf(storedOf(stored), this.site.pageUrl);
    this.stop();
    this.id = id;
    this.running = null;
    this.turns = turns;
    this.isPartlyKept = false;
    this.keep();
    this.#changed();
  }

  /**
   * Gives the conversation to the history of the reader who has just signed in, turn by turn. What the history has of
   * somebody else, as of the guest that the reader was, is kept as a conversation of its own. A turn that the history
   * refuses is left out; where the history cannot be reached, the rest is. `isPartlyKept` tells of both.
   */
  async keepInHistory(isSomebodyElses = false): Promise<void> {
    if (isSomebodyElses) this.id = idInAccount(this.id, this.account.reader ?? "");
    const { id } = this; // the reader may begin another one meanwhile
    const ended = this.turns.filter(({ record }) => record.end !== null && record.text !== "");
    let isPartlyKept = false;
    try {
      for (const turn of ended) {
        if (!(await keepTurn(this.service, id, turn))) isPartlyKept = true;
      }
    } catch (error) {
      if (!(error instanceof ChatError)) console.error(error); // a fault of this panel
      isPartlyKept = true;
    }
    if (this.id === id) this.isPartlyKept ||= isPartlyKept;
    this.#changed();
  }

  // With `wasSent`, the answer is taken up where it was left. What throws ends the answer, also while its question is made.
  async #answer(turn: Turn, wasSent = false, bodyOf = () => this.#body(turn)): Promise<void> {
    const { record } = turn;
    const controller = new AbortController();
    let conversation = this.id;
    this.#controller = controller;
    this.heard.add(record);
    this.running = turn;
    let body: Record<string, unknown> | undefined;
    try {
      const asked = (body = bodyOf());
      this.#changed();
      this.keep();
      const ask = () => this.service.ask(asked, controller.signal);
      await receive(this.service, { ask, isAnsweredOnce: !turn.regenerates, wasSent }, record, {
        signal: controller.signal,
        changed: () => this.#followers.get(record)?.forEach((follower) => follower()),
        started: (id, message) => {
          if (id && this.id === conversation) this.id = id;
          if (id) conversation = id;
          if (message) turn.answerId = message;
        },
        conversation: () => conversation,
      });
      record.end ??= endOf(record, this.strings);
    } catch (error) {
      if (isLostAnswer(error) && !record.askedAgain && this.running === turn) {
        turn.record = { ...newRecord(), askedAgain: true };
        await this.#answer(turn, false, () => body ?? this.#body(turn));
        return;
      }
      record.end = this.#failed(error, controller.signal, record);
    }
    if (this.running === turn) {
      this.running = null;
      this.keep();
    }
    announce("answered", { question: turn.question, verdict: record.verdict, outcome: record.end.kind, conversationId: conversation });
    this.#changed();
  }

  #failed(error: unknown, signal: AbortSignal, record: AnswerRecord): End {
    if (signal.aborted) return { kind: "stopped" };
    const kind = record.begun ? "incomplete" : "failed";
    const { retryAfterSeconds: wait, unknown } = error instanceof ChatError ? error : new ChatError("lost");
    return {
      kind,
      message: failureText(error, this.strings, this.strings.fault),
      ...(wait ? { retryAt: Date.now() + wait * 1000 } : {}),
      ...(unknown ? { unknown } : {}),
    };
  }

  // What `useChat` would send: the messages so far, the oldest left out where they are too many.
  #body(turn: Turn): Record<string, unknown> {
    const { selected, scope, version, replaces, regenerates } = turn;
    const locale = this.options.page?.locale;
    const messages: { id: string; role: string; parts: { type: "text"; text: string }[] }[] = [];
    let size = 0;
    for (const { id, role, text } of this.#said(turn).reverse()) {
      size += text.length;
      if (messages.length && size > MAX_SENT_CHARACTERS) break;
      if (text.trim()) messages.unshift({ id, role, parts: [{ type: "text", text }] });
    }
    const messageId = regenerates ?? replaces;
    return {
      id: this.id,
      messages,
      trigger: regenerates ? "regenerate-message" : "submit-message",
      ...(turn.pageUrl ? { page_url: turn.pageUrl, scope } : {}),
      ...(locale ? { locale } : {}),
      ...(version ? { version } : {}),
      ...(selected ? { selected_text: selected.text, use_book: selected.withBook } : {}),
      ...(messageId ? { messageId } : {}),
    };
  }

  #said(last: Turn): { id: string; role: string; text: string }[] {
    return this.turns.slice(0, this.turns.indexOf(last) + 1).flatMap((turn) => {
      const question = { id: turn.questionId, role: "user", text: turn.question };
      if (turn === last) return [question];
      const { citations, text } = turn.record;
      return [question, { id: turn.answerId, role: "assistant", text: citations?.text ?? text }];
    });
  }

  #kept(): Kept | null {
    this.#known = this.#stored();
    try {
      const kept = JSON.parse(this.#known ?? "null") as Kept | null;
      const turns = kept?.turns.map(keptTurn).filter((turn) => turn !== null);
      if (!kept || !turns?.length || typeof kept.id !== "string") return null;
      const { reader = null } = kept;
      const isSomebodyElses = reader !== null && this.account.reader !== "" && reader !== this.account.reader;
      return isSomebodyElses ? null : { id: kept.id, turns, open: kept.open, draft: keptDraft(kept.draft), place: keptPlace(kept.place) };
    } catch {
      return null; // it is something else
    }
  }

  #stored(): string | null {
    try {
      return this.options.storage === "none" ? null : sessionStorage.getItem(storageKey(this.options.api));
    } catch {
      return null; // storage is switched off
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

// Whether the process that wrote an answer has died: the service answers the same question anew when it is sent again.
function isLostAnswer(error: unknown): boolean {
  return error instanceof ChatError && error.code === "answer_lost";
}

function endOf({ reason, text }: AnswerRecord, strings: Strings): End {
  const sentences: Record<string, string> = { abort: strings.aborted, length: strings.lengthReached, safety: strings.safetyStopped };
  const message = Object.hasOwn(sentences, reason ?? "") ? sentences[reason ?? ""] : undefined;
  if (!text.trim()) return { kind: "failed", message: message ?? strings.empty };
  return message ? { kind: "incomplete", message } : { kind: "done" };
}
