// One conversation: its turns, the answer being written, and the place where the tab keeps it.

import { announce, storageKey, type Options, type Scope } from "../options.js";
import { newRecord, receive, searchedForOf, sourceOf, storedCitations, verdictOf, type AnswerRecord, type End } from "./record.js";
import type { Site } from "./site.js";
import { filled, type Strings } from "./strings.js";
import { ChatError, type Service } from "./wire.js";

const MAX_SENT_CHARACTERS = 60_000; // the service takes 256 KB, and a character may take four bytes
const MAX_SELECTED = 8_000;
const UNRANKED = { id: "", heading_path: [], text: "", score: 0, dense_rank: null, sparse_rank: null }; // what a record does not keep

export interface Selected {
  text: string;
  /** Whether the answer may come from the rest of the book as well. */
  withBook: boolean;
}

/** A question with its answer. */
export interface Turn {
  questionId: string;
  answerId: string;
  question: string;
  selected: Selected | null;
  pageUrl: string | null;
  version: string | null;
  scope: Scope;
  record: AnswerRecord;
  /** The question that this one replaces. */
  replaces?: string;
}

interface Kept {
  id: string;
  turns: Turn[];
  open: boolean;
}

/** What the service stores of a message. */
interface StoredMessage {
  id: string;
  role: string;
  content: string;
  parent_id: string | null;
  status?: string;
  verdict?: string | null;
  understood?: unknown;
  selected_text?: string | null;
  page_url?: string | null;
  sources?: unknown[];
}

/** The conversation of this tab. */
export class Chat {
  id = newId();
  turns: Turn[] = [];
  running: Turn | null = null;
  open = false;
  /** The answers that came since the document was opened: they are read out, also where their renderer came after them. */
  readonly heard = new WeakSet<AnswerRecord>();
  #controller: AbortController | null = null;
  #listeners = new Set<() => void>();
  #followers = new Map<AnswerRecord, Set<() => void>>();

  constructor(
    private readonly service: Service,
    private readonly site: Site,
    private readonly options: Options,
    private readonly strings: Strings,
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

  /** Asks a question; nothing happens while an answer is being written. */
  ask(question: string, selected: Selected | null, scope: Scope, replaces?: Turn): void {
    if (this.running || !question) return;
    if (replaces) this.turns = this.turns.slice(0, this.turns.indexOf(replaces));
    const turn: Turn = {
      questionId: newId(),
      answerId: newId(),
      question,
      selected: selected && { ...selected, text: selected.text.slice(0, MAX_SELECTED) },
      pageUrl: this.site.pageUrl,
      version: this.site.version,
      scope,
      record: newRecord(),
      ...(replaces ? { replaces: replaces.questionId } : {}),
    };
    this.turns = [...this.turns, turn];
    announce("asked", { question, conversationId: this.id });
    void this.#answer(turn, this.#body(turn));
  }

  /** Answers the last question again: as a new try where the first one never began, else as another answer. */
  again(turn: Turn): void {
    if (this.running || this.turns.at(-1) !== turn) return;
    const body = this.#body(turn);
    const regenerate = turn.record.begun ? { ...body, trigger: "regenerate-message", messageId: turn.answerId } : body;
    turn.record = newRecord();
    void this.#answer(turn, regenerate);
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
    this.keep();
    this.#changed();
  }

  /** Keeps the conversation for this tab, once there is a question and where the author and the browser let us. */
  keep(): void {
    if (this.options.storage === "none") return;
    try {
      const kept: Kept = { id: this.id, turns: this.turns, open: this.open };
      if (this.turns.length) sessionStorage.setItem(storageKey(this.options.api), JSON.stringify(kept));
      else sessionStorage.removeItem(storageKey(this.options.api));
    } catch {
      // full or switched off: the conversation lives on in this document
    }
  }

  /** Takes up the conversation of this tab, with the answer that was being written when the document was left. */
  restore(): void {
    const kept = this.#kept();
    if (!kept) return;
    this.id = kept.id;
    this.turns = kept.turns;
    this.open = kept.open;
    const last = kept.turns.at(-1);
    if (last?.record.end === null) void this.#answer(last, null);
    this.#changed();
  }

  /** Shows a conversation that the service keeps. */
  async load(id: string): Promise<void> {
    const stored = await this.service.json<{ head_id: string | null; messages: StoredMessage[] }>(
      `/api/conversations/${encodeURIComponent(id)}`,
    );
    this.stop();
    this.id = id;
    this.running = null;
    this.turns = turnsOf(stored.messages, stored.head_id, this.site.pageUrl);
    this.keep();
    this.#changed();
  }

  /**
   * Gives the conversation to the history of the reader who has just signed in, turn by turn; throws ChatError. What the
   * history has of somebody else, as of the guest that the reader was, is kept as a conversation of its own.
   */
  async keepInHistory(isSomebodyElses = false): Promise<void> {
    if (isSomebodyElses) this.id = newId();
    for (const turn of this.turns) {
      if (turn.record.end === null || !turn.record.text) continue;
      const path = `/api/conversations/${encodeURIComponent(this.id)}/turns`;
      const kept = keptTurn(turn);
      await this.service.send(path, kept).catch((error: unknown) => {
        if (!(error instanceof ChatError) || error.status !== 413) throw error;
        return this.service.send(path, { ...kept, sources: [] }); // too long with its passages
      });
    }
  }

  // `body` is what asks the question; without one, the answer is taken up where it was left.
  async #answer(turn: Turn, body: Record<string, unknown> | null): Promise<void> {
    const { record } = turn;
    const controller = new AbortController();
    const conversation = this.id;
    this.#controller = controller;
    this.heard.add(record);
    this.running = turn;
    this.#changed();
    this.keep();
    const open = body
      ? () => this.service.ask(body, controller.signal)
      : () => this.service.resume(conversation, record.read, controller.signal);
    try {
      await receive(this.service, open, record, {
        signal: controller.signal,
        changed: () => this.#followers.get(record)?.forEach((follower) => follower()),
        started: (id, message) => {
          if (id && this.id === conversation) this.id = id;
          if (message) turn.answerId = message;
        },
        conversation: () => this.id,
      });
      record.end ??= endOf(record, this.strings);
    } catch (error) {
      record.end = this.#failed(error, controller.signal, record);
    }
    if (this.running === turn) {
      this.running = null;
      this.keep();
    }
    announce("answered", { question: turn.question, verdict: record.verdict, outcome: record.end.kind, conversationId: this.id });
    this.#changed();
  }

  #failed(error: unknown, signal: AbortSignal, record: AnswerRecord): End {
    if (signal.aborted) return { kind: "stopped" };
    const kind = record.begun ? "incomplete" : "failed";
    if (!(error instanceof ChatError)) {
      console.error(error); // a fault of this panel
      return { kind, message: this.strings.lost };
    }
    const wait = error.retryAfterSeconds;
    return { kind, message: sentence(error, this.strings), ...(wait ? { retryAt: Date.now() + wait * 1000 } : {}) };
  }

  // What `useChat` would send: the messages so far, the oldest left out where they are too many.
  #body(turn: Turn): Record<string, unknown> {
    const { selected, scope, version, replaces } = turn;
    const locale = this.options.page?.locale;
    const messages: { id: string; role: string; parts: { type: "text"; text: string }[] }[] = [];
    let size = 0;
    for (const { id, role, text } of this.#said(turn).toReversed()) {
      size += text.length;
      if (messages.length && size > MAX_SENT_CHARACTERS) break;
      if (text.trim()) messages.unshift({ id, role, parts: [{ type: "text", text }] });
    }
    return {
      id: this.id,
      messages,
      trigger: "submit-message",
      ...(turn.pageUrl ? { page_url: turn.pageUrl, scope } : {}),
      ...(locale ? { locale } : {}),
      ...(version ? { version } : {}),
      ...(selected ? { selected_text: selected.text, use_book: selected.withBook } : {}),
      ...(replaces ? { messageId: replaces } : {}),
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
    if (this.options.storage === "none") return null;
    try {
      const kept = JSON.parse(sessionStorage.getItem(storageKey(this.options.api)) ?? "null") as Kept | null;
      return kept && typeof kept.id === "string" && Array.isArray(kept.turns) && kept.turns.every(isTurn) ? kept : null;
    } catch {
      return null; // storage is switched off, or holds something else
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

// A turn as the service's history takes it: an ended answer's sources have the numbers of its text.
function keptTurn({ questionId, question, selected, pageUrl, record }: Turn): Record<string, unknown> {
  const { citations, verdict, end, marks } = record;
  const answer = citations?.text ?? record.text;
  const given = citations?.marks ?? (citations ? [] : marks);
  const cited = citations?.cited ?? [];
  const numbered = [
    ...cited.map(({ source, number, sentence = null, supported = null }) => ({ source, number, cited: true, sentence, supported })),
    ...(citations ? citations.also_read : record.sources.map(({ number }) => number))
      .map((source, at) => ({ source, number: citations ? cited.length + at + 1 : source, cited: false, sentence: null, supported: null })),
  ];
  const sources = numbered.flatMap(({ source, number, ...citation }) => {
    const found = record.sources.find((each) => each.number === source);
    return found ? [{ ...UNRANKED, ...found, ...citation, number, marks: given.filter((mark) => mark.number === number).map(({ at }) => at) }] : [];
  });
  return {
    question_id: questionId,
    question,
    answer,
    complete: end?.kind === "done",
    verdict,
    ...(selected ? { selected_text: selected.text } : {}),
    ...(pageUrl ? { page_url: pageUrl } : {}),
    sources,
  };
}

// What a tab kept may be of another version of the panel, or of something else.
function isTurn(turn: Partial<Turn> | null): boolean {
  const record = turn?.record as Partial<AnswerRecord> | null | undefined;
  const isText = [turn?.questionId, turn?.answerId, turn?.question, record?.text].every((text) => typeof text === "string");
  return isText && Array.isArray(record?.sources) && Array.isArray(record.marks) && record.end !== undefined;
}

function endOf(record: AnswerRecord, strings: Strings): End {
  if (record.reason === "length") return { kind: "incomplete", message: strings.lengthReached };
  if (record.reason === "safety") return { kind: "incomplete", message: strings.safetyStopped };
  return { kind: "done" };
}

/** The sentence that tells a reader of a failure. */
export function sentence(error: ChatError, strings: Strings): string {
  const wait = error.retryAfterSeconds ? ` ${filled(strings.waitSeconds, { seconds: error.retryAfterSeconds })}` : "";
  if (error.message) return error.message + wait;
  if (error.failure === "http") return filled(strings.httpError, { status: error.status });
  const sentences = { unreachable: strings.unreachable, lost: strings.lost, damaged: strings.damaged, too_large: strings.tooLarge, no_token: strings.noToken };
  return sentences[error.failure];
}

// The branch that ends in `head`, as turns.
function turnsOf(messages: StoredMessage[], head: string | null, pageUrl: string | null): Turn[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: StoredMessage[] = [];
  for (let at = byId.get(head ?? messages.at(-1)?.id ?? ""); at; at = byId.get(at.parent_id ?? "")) branch.unshift(at);
  const turns: Turn[] = [];
  for (const message of branch) {
    const last = turns.at(-1);
    if (message.role === "user") turns.push(turnOf(message, pageUrl));
    else if (last) answered(last, message);
  }
  return turns;
}

function turnOf(message: StoredMessage, pageUrl: string | null): Turn {
  const selected = message.selected_text ? { text: message.selected_text, withBook: true } : null;
  const record: AnswerRecord = { ...newRecord(), end: { kind: "incomplete" } };
  return {
    questionId: message.id,
    answerId: newId(),
    question: message.content,
    selected,
    pageUrl: message.page_url ?? pageUrl,
    version: null,
    scope: "book",
    record,
  };
}

function answered(turn: Turn, message: StoredMessage): void {
  turn.answerId = message.id;
  const sources = (message.sources ?? []).map(sourceOf).filter((source) => source !== null);
  turn.record = {
    ...newRecord(),
    text: message.content,
    sources,
    verdict: verdictOf(message.verdict),
    searchedFor: searchedForOf(message.understood),
    citations: storedCitations(message.content, message.sources ?? []),
    begun: true,
    end: { kind: message.status === "complete" ? "done" : "incomplete" },
  };
}

/** A UUID; `crypto.randomUUID` is missing where the page is not served from a secure context. */
export function newId(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
