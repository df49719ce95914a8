// The wire: asks the server, and gives the parts of its UI message stream one by one. Knows nothing of the page.

import { authorization } from "./session.js";

const MAX_EVENT_CHARACTERS = 4_000_000;
const SILENCE_MS = 60_000; // the server sends a comment every 10 s

/** A failure with a sentence for the reader. */
export class ChatError extends Error {
  constructor(message, code = "unreachable") {
    super(message);
    this.code = code;
  }
}

/** Splits server-sent events out of text that arrives in any pieces; gives the data of each complete event. */
export class EventSplitter {
  #line = "";
  #data = [];
  #size = 0;
  #endedWithReturn = false;
  #first = true;

  /** The data of the events that `text` completes. */
  push(text) {
    if (this.#first && text) {
      this.#first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // A line ends with \n, \r or \r\n, and the two halves of the last may come in two pieces.
    if (this.#endedWithReturn && text.startsWith("\n")) text = text.slice(1);
    if (text) this.#endedWithReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop();
    if (this.#line.length + this.#size > MAX_EVENT_CHARACTERS) throw new ChatError("The answer is too large to be shown.", "too_large");
    return lines.map((line) => this.#take(line)).filter((data) => data !== null);
  }

  #take(line) {
    if (line === "") {
      const data = this.#data.length ? this.#data.join("\n") : null;
      this.#data = [];
      this.#size = 0;
      return data;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field === "data") {
      const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
      this.#data.push(value);
      this.#size += value.length;
    }
    return null; // comments (an empty field) and fields that this protocol does not use
  }
}

/** Gives the parts of a response's body until `[DONE]` or its end; raises ChatError where it breaks off. */
export async function* readParts(body, { silenceMs = SILENCE_MS } = {}) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
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
    reader.cancel().catch(() => {}); // the connection may be gone already
  }
}

function parsed(data) {
  try {
    const part = JSON.parse(data);
    if (typeof part?.type === "string") return part;
  } catch {
    // said below
  }
  throw new ChatError("The answer arrived damaged and is not complete.", "damaged");
}

function orSilence(reading, silenceMs) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new ChatError("Nothing more arrives, so the answer is not complete.", "silent")), silenceMs);
  });
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

/** Opens an answer: POSTs what `useChat` sends and gives the response's body; raises ChatError, or AbortError after a stop. */
export async function openAnswer(body, signal) {
  let response;
  try {
    response = await fetch("api/chat", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", ...(await authorization()) },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ChatError("The service cannot be reached. Check the connection and try again.");
  }
  if (!response.ok) throw await refusal(response);
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    throw new ChatError("The service gave something that is not an answer.", "not_a_stream");
  }
  return response.body;
}

/** The rest of an answer that is still being written, from the part after the first `after`; null where there is none. */
export async function resumeAnswer(conversationId, after, signal) {
  const address = `api/chat/${encodeURIComponent(conversationId)}/stream?after=${after}`;
  const response = await fetch(address, { signal, headers: await authorization() }).catch(() => null);
  return response?.status === 200 ? response.body : null;
}

async function refusal(response) {
  const error = await response.json().then((body) => body?.error, () => null);
  if (typeof error?.message === "string") return new ChatError(error.message, error.code);
  return new ChatError(`The service answered with an error (${response.status}). Please try again.`, "http_error");
}

/** Tells the server that the reader wants no more of this conversation's answer; a server that cannot is not asked twice. */
export async function stopAnswer(conversationId) {
  const headers = await authorization();
  fetch(`api/chat/${encodeURIComponent(conversationId)}/stop`, { method: "POST", keepalive: true, headers }).catch(() => {});
}
