// An answer's parts into its record: plain data, so that it can be kept.

import { BLANK_LINE, plainText } from "../host/passages.js";
import { ChatError, pause, readParts, type Part, type Service, type Unknown } from "./service.js";

const MAX_ANSWER_CHARACTERS = 100_000;
const MAX_SOURCES = 100; // more than anybody reads
const MAX_FIRST_WORDS = 40; // of a passage without a cited sentence, that are looked for on its page
const RESUMES = 4;
const RESUME_AFTER_MS = 400;
const MAX_WAIT_MS = 30_000; // where the service asks for a longer one: an answer is written on for so long without a reader

export interface Source {
  number: number;
  url: string;
  title: string;
  heading_path?: string[];
  /** Whether it is the text that the reader selected, and not a section of the book. */
  isSelection?: boolean;
  text?: string;
}

export interface Citation {
  number: number;
  /** The number of the source in the list that came first. */
  source: number;
  sentence?: string | null;
  supported?: boolean | null;
}

export interface Citations {
  text: string;
  cited: Citation[];
  also_read: number[];
  unsupported?: string[];
  marks?: Mark[];
}

export interface Mark {
  at: number;
  number: number;
}

export interface End {
  kind: "done" | "stopped" | "incomplete" | "failed";
  message?: string;
  /** When a refused question may be sent again, in milliseconds since 1970. */
  retryAt?: number;
  /** What alone was to be searched and is not in the book. */
  unknown?: Unknown;
}

export interface AnswerRecord {
  text: string;
  sources: Source[];
  citations: Citations | null;
  verdict: "covered" | "uncertain" | "not_covered" | null;
  /** What was searched instead of the words as typed. */
  searchedFor: string | null;
  marks: Mark[];
  reason: string | null;
  /** The language model that wrote the answer; null where passages are quoted, undefined where that is not known. */
  model?: string | null;
  /** The code of the error that the stream has told. */
  errorCode?: string;
  /** Whether this is the second try, as the process that wrote the first one died. */
  askedAgain?: boolean;
  /** The answer's id, once the service has told it. */
  messageId?: string | null;
  /** How many parts of the stream were read. */
  read: number;
  /** Whether the service has begun to answer. */
  begun: boolean;
  /** Null while the answer is being written. */
  end: End | null;
}

/** The record of an answer that has not begun. */
export function newRecord(): AnswerRecord {
  return {
    text: "",
    sources: [],
    citations: null,
    verdict: null,
    searchedFor: null,
    marks: [],
    reason: null,
    read: 0,
    begun: false,
    end: null,
  };
}

/** A record that a tab kept, with what of it is of its type; null for what is none. */
export function keptRecord(item: unknown): AnswerRecord | null {
  const fields = asObject(item);
  const { sources, marks, citations, errorCode, end } = fields;
  const written = text(fields.text);
  if (written === null || !Array.isArray(sources) || !Array.isArray(marks) || end === undefined) return null;
  return {
    text: written,
    sources: sources.map(sourceOf).filter((source) => source !== null),
    marks: marks.map((mark) => markOf(asObject(mark))).filter((mark) => mark !== null),
    citations: citationsOf(asObject(citations)),
    verdict: verdictOf(fields.verdict),
    searchedFor: text(fields.searchedFor),
    reason: text(fields.reason),
    ...("model" in fields ? { model: text(fields.model) } : {}),
    ...(typeof errorCode === "string" ? { errorCode } : {}),
    askedAgain: fields.askedAgain === true,
    messageId: text(fields.messageId),
    read: Math.max(0, Math.trunc(Number(fields.read)) || 0),
    begun: fields.begun === true,
    end: end === null ? null : endOf(asObject(end)),
  };
}

function endOf({ kind, message, retryAt, unknown }: Record<string, unknown>): End {
  return {
    kind: oneOf(["done", "stopped", "incomplete", "failed"], kind) ?? "incomplete",
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof retryAt === "number" ? { retryAt } : {}),
    ...(unknown === "page" || unknown === "version" ? { unknown } : {}),
  };
}

export interface Receiving {
  signal: AbortSignal;
  /** Called after each part. */
  changed: () => void;
  started: (conversation: string | null, message: string | null) => void;
  conversation: () => string;
}

/** How an answer's stream is opened. */
export interface Question {
  /** Sends the question. */
  ask: () => Promise<ReadableStream<Uint8Array>>;
  /** Whether the service answers it once, however often it is sent. */
  isAnsweredOnce: boolean;
  /** Whether it was sent before, and its record is to be filled from where it was left. */
  wasSent: boolean;
}

/**
 * Fills `record` until the answer's end. A lost connection is taken up again; before the answer's first part, the question is
 * sent again.
 */
export async function receive(
  service: Service,
  { ask, isAnsweredOnce, wasSent }: Question,
  record: AnswerRecord,
  receiving: Receiving,
): Promise<void> {
  const { signal } = receiving;
  let lost = new ChatError("lost");
  const forgive = (error: unknown) => {
    if (signal.aborted || !isLoss(error)) throw error;
    if (record.read === 0 && error instanceof ChatError && error.status === 429) throw error; // the reader is told when to ask again
    if (error instanceof ChatError) lost = error;
    return null;
  };
  const rest = () => service.resume(receiving.conversation(), record, signal);
  // An answer that another one replaces has no name before its first part: the service is asked whether it is being written.
  const again = async () => (record.read ? rest() : ((isAnsweredOnce ? null : await rest()) ?? ask()));
  const resume = () => again().catch(forgive);
  // A document that is being left ends its calls: the answer does not end with them, as the next document takes it up.
  const forgiveOnce = (error: unknown) => {
    if (error instanceof ChatError && error.failure === "unreachable") return forgive(error);
    throw error;
  };
  let stream = await (wasSent ? resume() : ask().catch(forgiveOnce));
  let most = wasSent || stream ? RESUMES : 1;
  for (let resumed = 0; ; resumed += 1) {
    if (stream && (await takeAll(stream, record, receiving).catch(forgive))) return;
    if (resumed >= most) throw record.read ? new ChatError("lost") : lost;
    await pause(Math.max(RESUME_AFTER_MS * 2 ** resumed, Math.min(MAX_WAIT_MS, lost.retryAfterSeconds * 1_000)), signal);
    lost = new ChatError("lost");
    stream = await resume();
    if (stream) most = RESUMES;
  }
}

// A connection that breaks is a TypeError of the reader. A proxy answers in place of a service that starts anew, and a limit
// that says how long to wait ends no answer that has begun.
function isLoss(error: unknown): boolean {
  if (!(error instanceof ChatError)) return error instanceof TypeError;
  const { failure, status, retryAfterSeconds } = error;
  return failure === "lost" || failure === "unreachable" || (status > 501 && status < 505) || (status === 429 && retryAfterSeconds > 0);
}

async function takeAll(stream: ReadableStream<Uint8Array>, record: AnswerRecord, receiving: Receiving): Promise<boolean> {
  for await (const part of readParts(stream)) {
    receiving.signal.throwIfAborted();
    record.read += 1;
    record.begun = true;
    const ended = take(part, record, receiving);
    receiving.changed();
    if (ended) return true;
  }
  return false;
}

/** Takes one part into the record; whether the answer has ended with it. */
export function take(part: Part, record: AnswerRecord, receiving?: Pick<Receiving, "started">): boolean {
  switch (part.type) {
    case "start":
      record.messageId = text(part.messageId);
      receiving?.started(text(asObject(part.messageMetadata).conversation_id), record.messageId);
      return false;
    case "text-delta":
      record.text += text(part.delta) ?? "";
      if (record.text.length > MAX_ANSWER_CHARACTERS) {
        record.text = record.text.slice(0, MAX_ANSWER_CHARACTERS);
        throw new ChatError("too_large");
      }
      return false;
    case "error":
      throw new ChatError("http", 0, record.errorCode ?? "answer_failed", text(part.errorText) ?? "");
    case "abort":
      record.reason = "abort"; // by somebody else: what this panel stops is not read any more
      return true;
    case "finish":
      return true;
    default:
      takeExtra(part, record);
      return false;
  }
}

function takeExtra(part: Part, record: AnswerRecord): void {
  const { data } = part;
  const fields = asObject(data);
  if (part.type === "source-url") {
    const url = text(part.url);
    const number = Number(part.sourceId);
    if (url !== null && Number.isInteger(number)) putSource(record, { number, url, title: text(part.title) ?? url });
  } else if (part.type === "data-sources" && Array.isArray(data)) {
    for (const item of data) {
      const source = sourceOf(item);
      if (source) putSource(record, source);
    }
  } else if (part.type === "data-grounding") {
    record.verdict = verdictOf(fields.verdict);
  } else if (part.type === "data-understood") {
    record.searchedFor = searchedForOf(fields);
  } else if (part.type === "data-citation") {
    const mark = markOf(fields);
    if (mark) record.marks.push(mark);
  } else if (part.type === "data-citations") {
    record.citations = citationsOf(fields);
  } else if (part.type === "data-finish") {
    record.reason = text(fields.reason);
    if ("model" in fields) record.model = text(fields.model);
  } else if (part.type === "data-error") {
    record.errorCode = text(fields.code) ?? "";
  }
}

function putSource(record: AnswerRecord, source: Source): void {
  const at = record.sources.findIndex(({ number }) => number === source.number);
  if (at < 0 && record.sources.length < MAX_SOURCES) record.sources.push(source);
  else if (at >= 0) record.sources[at] = { ...record.sources[at], ...source };
}

/** A source of the wire or of the history, with the fields that are of their type; null where it is none. */
export function sourceOf(item: unknown): Source | null {
  const fields = asObject(item);
  const url = text(fields.url);
  const number = fields.number;
  if (url === null || typeof number !== "number" || !Number.isInteger(number)) return null;
  const passage = text(fields.text);
  const path = fields.heading_path;
  return {
    number,
    url,
    title: text(fields.title) ?? url,
    heading_path: Array.isArray(path) ? path.filter((step) => typeof step === "string") : [],
    ...(passage === null ? {} : { text: passage }),
    ...(fields.id === "selection" || fields.isSelection === true ? { isSelection: true } : {}),
  };
}

/** The citations of an answer of the history; null where it was stored before these were kept. */
export function storedCitations(content: string, items: unknown[]): Citations | null {
  const sources = items.map(asObject).filter(({ number }) => typeof number === "number");
  const cited = sources.filter((source) => source.cited === true);
  if (!content || !cited.length || !cited.some(({ marks }) => Array.isArray(marks))) return null;
  const places = (source: Record<string, unknown>) => (Array.isArray(source.marks) ? (source.marks as unknown[]) : []);
  return {
    text: content,
    cited: cited.map((source) => citationOf({ ...source, source: source.number })).filter((citation) => citation !== null),
    also_read: sources.filter((source) => source.cited !== true).map(({ number }) => number as number),
    marks: cited.flatMap((source) => places(source).map((at) => markOf({ at, number: source.number }))).filter((mark) => mark !== null),
  };
}

function citationsOf(fields: Record<string, unknown>): Citations | null {
  const shown = text(fields.text);
  const { cited, also_read: also, unsupported, marks } = fields;
  if (!shown || !Array.isArray(cited)) return null;
  return {
    text: shown,
    cited: cited.map(citationOf).filter((citation) => citation !== null),
    also_read: Array.isArray(also) ? also.filter((number) => typeof number === "number") : [],
    unsupported: Array.isArray(unsupported) ? unsupported.filter((sentence) => typeof sentence === "string") : [],
    ...(Array.isArray(marks) ? { marks: marks.map((mark) => markOf(asObject(mark))).filter((mark) => mark !== null) } : {}),
  };
}

function citationOf(item: unknown): Citation | null {
  const { number, source, sentence, supported } = asObject(item);
  if (typeof number !== "number" || typeof source !== "number") return null;
  return { number, source, sentence: text(sentence), supported: typeof supported === "boolean" ? supported : null };
}

function markOf({ at, number }: Record<string, unknown>): Mark | null {
  return typeof at === "number" && typeof number === "number" ? { at, number } : null;
}

/** A place in the book to open: its address, and the words that are to be marked there. */
export interface Place {
  url: string;
  passage: string | null;
}

/** Where a source of an answer leads: to the sentence that supports the answer, else to the passage's first words. */
export function placeIn(record: AnswerRecord, source: Source): Place {
  const citation = record.citations?.cited.find((cited) => cited.source === source.number && cited.sentence);
  return { url: source.url, passage: citation?.sentence ?? firstWords(source) };
}

function firstWords({ text: passage, heading_path: path }: Source): string | null {
  if (!passage) return null;
  // A chunk may begin with its headings, which stand elsewhere on the page than its text.
  const blocks = plainText(passage.replace(/^#{1,6} .*$/gm, "")).split(BLANK_LINE).map((block) => block.trim().split(/\s+/));
  let left = MAX_FIRST_WORDS;
  const said: string[] = [];
  for (const words of blocks) {
    const block = words.join(" ");
    if (left <= 0 || !block || path?.includes(block)) continue;
    said.push(words.length > left ? `${words.slice(0, left).join(" ")}…` : block);
    left -= words.length;
  }
  return said.join("\n\n") || null;
}

/** A verdict of the wire; null for small talk, and for what is none. */
export function verdictOf(value: unknown): AnswerRecord["verdict"] {
  return oneOf(["covered", "uncertain", "not_covered"], value);
}

/** What was searched instead of misspelt words, of the wire or of the history; null where none was corrected. */
export function searchedForOf(understood: unknown): string | null {
  return text(asObject(understood).searched_for);
}

/** `value`, where it is an object; else an empty one. */
export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** `value` where it is a text, else null. */
export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** `value` where it is one of `values`, else null. */
export function oneOf<Value>(values: Value[], value: unknown): Value | null {
  return values.find((each) => each === value) ?? null;
}
