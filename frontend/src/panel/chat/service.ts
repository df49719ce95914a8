// The wire: asks the service, and gives the parts of its UI message stream one by one. Knows nothing of the page.

import type { Options } from "../../options.js";
import type { AnswerRecord } from "./answer-record.js";

const MAX_EVENT_CHARACTERS = 4_000_000;
export const MAX_RETRY_AFTER_SECONDS = 3_600; // a longer wait is no help to a reader
const SILENCE_MS = 60_000; // the server sends a comment every 10 s

export type Failure = "unreachable" | "lost" | "damaged" | "too_large" | "no_token" | "http";

/** What a question may name that the book does not have. */
export type Unknown = "page" | "version";

/** A failure: what happened, and where the service gave one, its sentence for the reader. */
export class ChatError extends Error {
  constructor(
    readonly failure: Failure,
    readonly status = 0,
    readonly code = "",
    message = "",
    readonly retryAfterSeconds = 0,
  ) {
    super(message);
  }

  /** What was to be searched and is not in the book; the service names the field that it refuses. */
  get unknown(): Unknown | null {
    const field = this.code === "bad_input" ? /^(page|version)(?:_url)?:/.exec(this.message)?.[1] : null;
    return (field as Unknown | undefined) ?? null;
  }
}

export interface Part {
  type: string;
  [key: string]: unknown;
}

/** Splits server-sent events out of text that arrives in any pieces. */
export class EventSplitter {
  #line = "";
  #data: string[] = [];
  #size = 0;
  #endedWithReturn = false;

  /** The data of the events that `text` completes. */
  push(text: string): string[] {
    // A line ends with \n, \r or \r\n, and the two halves of the last may come in two pieces.
    let piece = this.#endedWithReturn && text.startsWith("\n") ? text.slice(1) : text;
    if (text) this.#endedWithReturn = text.endsWith("\r");
    piece = this.#line + piece;
    const lines = piece.split(/\r\n|\r|\n/);
    this.#line = lines.pop() ?? "";
    if (this.#line.length + this.#size > MAX_EVENT_CHARACTERS) throw new ChatError("too_large");
    return lines.map((line) => this.#take(line)).filter((data) => data !== null);
  }

  #take(line: string): string | null {
    if (line === "") {
      const data = this.#data.length ? this.#data.join("\n") : null;
      this.#data = [];
      this.#size = 0;
      return data;
    }
    const match = /^data:? ?(.*)$/s.exec(line);
    if (match && (line === "data" || line.startsWith("data:"))) {
      this.#data.push(match[1] ?? "");
      this.#size += line.length;
    }
    return null; // comments, and fields that this protocol does not use
  }
}

/** Gives the parts of a response's body until `[DONE]` or its end; throws ChatError where it breaks off. */
export async function* readParts(body: ReadableStream<Uint8Array>, silenceMs = SILENCE_MS): AsyncGenerator<Part> {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // drops a byte order mark
  const splitter = new EventSplitter();
  try {
    for (;;) {
      const { value, done } = await orSilence(reader.read(), silenceMs);
      for (const data of splitter.push(done ? decoder.decode() : decoder.decode(value, { stream: true }))) {
        if (data === "[DONE]") return;
        yield parsed(data);
      }
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => undefined); // the connection may be gone already
  }
}

function parsed(data: string): Part {
  try {
    const part: unknown = JSON.parse(data);
    if (typeof part === "object" && part !== null && typeof (part as Part).type === "string") return part as Part;
  } catch {
    // reported below
  }
  throw new ChatError("damaged");
}

function orSilence<T>(reading: Promise<T>, silenceMs: number): Promise<T> {
  let timer = 0;
  const silence = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new ChatError("lost")), silenceMs);
  });
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

/** The calls to one service, with the token of whoever asks. From a book's pages no cookie is sent or taken. */
export class Service {
  readonly api: string;
  readonly #credentials: RequestCredentials;

  /** `token` gives the reader's access token; with `renew` the one given before was refused. */
  constructor(
    { api, page }: Pick<Options, "api" | "page">,
    readonly token: (renew?: boolean) => Promise<string | null> = () => Promise.resolve(null),
  ) {
    this.api = api;
    this.#credentials = page ? "same-origin" : "omit"; // a proxy before the service may ask for its own login
  }

  /** The response of a call; an expired token is renewed once. Throws ChatError where there is none, or an error. */
  async call(path: string, init: RequestInit = {}, authorized = true): Promise<Response> {
    const { signal } = init;
    let response = await this.#send(path, init, authorized ? await unlessAborted(this.token(), signal) : null);
    if (response.status === 401 && authorized) {
      const renewed = await unlessAborted(this.token(true), signal);
      response = await this.#send(path, init, renewed);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  /** The JSON of a call's response. */
  async json<T>(path: string, init: RequestInit = {}, authorized = true): Promise<T> {
    const response = await this.call(path, init, authorized);
    return response.json().catch(() => { throw new ChatError("damaged"); }) as Promise<T>;
  }

  /** Sends `body` as JSON and gives the JSON of the response. */
  post<T>(path: string, body: unknown, authorized = true): Promise<T> {
    const headers = { "content-type": "application/json" };
    return this.json<T>(path, { method: "POST", headers, body: jsonOf(body) }, authorized);
  }

  /** Sends `body` as JSON to what answers with nothing. */
  async send(path: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/json" };
    await this.call(path, { method: "POST", headers, body: jsonOf(body) });
  }

  /** Opens an answer; the same `body` may be sent again, and gets the same answer. */
  async ask(body: unknown, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    const response = await this.call("/api/chat", { method: "POST", headers, body: jsonOf(body), signal });
    if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
      throw new ChatError("damaged");
    }
    return response.body;
  }

  /**
   * The stream of an answer, by default the newest one's, from the part after those that were `read` on; null where nothing is
   * missing or being written.
   */
  async resume(conversation: string, { read, messageId }: AnswerRecord, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    const query = new URLSearchParams({ ...(read ? { after: `${read}` } : {}), ...(messageId ? { message_id: messageId } : {}) });
    const response = await this.call(`/api/chat/${encodeURIComponent(conversation)}/stream?${query}`, { signal });
    return response.status === 200 ? response.body : null;
  }

  /** Tells the service that the reader wants no more of this conversation's answer. */
  stop(conversation: string): void {
    const path = `/api/chat/${encodeURIComponent(conversation)}/stop`;
    this.call(path, { method: "POST", keepalive: true }).catch(() => undefined); // it ends by itself then
  }

  async #send(path: string, init: RequestInit, token: string | null): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    try {
      return await fetch(this.api + path, { ...init, headers, credentials: this.#credentials, referrerPolicy: "no-referrer" });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ChatError("unreachable");
    }
  }
}

// Half of a sign, as where a text was cut, is no text for the service, which would refuse the whole of it.
function jsonOf(body: unknown): string {
  return JSON.stringify(body, (_, value: unknown) => (typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "") : value));
}

// What is waited for has no way to be ended, but the reader may stop waiting.
function unlessAborted<T>(waiting: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return waiting;
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(new DOMException("The reader has stopped it.", "AbortError"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([waiting, aborted]);
}

/** Resolves after a while; rejects at once where the reader stops it. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return unlessAborted(new Promise((resolve) => setTimeout(resolve, milliseconds)), signal);
}

// The seconds of a Retry-After, which are digits or a date; 0 where it is neither, or past.
function secondsOf(retryAfter: string): number {
  const date = /^[A-Z][a-z]{2,8}, /.test(retryAfter) ? Date.parse(retryAfter) : NaN;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : Math.ceil((date - Date.now()) / 1_000);
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, seconds || 0));
}

async function refusal(response: Response): Promise<ChatError> {
  const body = (await response.json().catch(() => null)) as { error?: { code?: unknown; message?: unknown } } | null;
  const { code, message } = body?.error ?? {};
  const said = typeof message === "string" ? message : "";
  return new ChatError("http", response.status, typeof code === "string" ? code : "", said, secondsOf(response.headers.get("retry-after") ?? ""));
}
