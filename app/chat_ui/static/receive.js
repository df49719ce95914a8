// An answer's parts into its record: what each part of the stream means to this page.

import { ChatError, openAnswer, readParts, resumeAnswer } from "./stream.js";

const MAX_ANSWER_CHARACTERS = 100_000;
const RESUMES = 3;
const RESUME_AFTER_MS = 400;
const ENDS = {
  length: "The answer reached its longest length.",
  safety: "The language model's safety rules stopped the answer here.",
};

/** Asks with `body` and fills `record` until the answer's end; `changed` is called after each part that changed it. */
export async function receive(body, record, { signal, changed, started }) {
  const parts = wholeAnswer(body, signal);
  let failure = null;
  let finished = false;
  let textId = null;
  for await (const part of parts) {
    signal.throwIfAborted();
    switch (part.type) {
      case "start":
        started(part.messageMetadata ?? {}, part.messageId);
        break;
      case "text-delta":
        if (textId !== null && textId !== part.id) record.text += "\n\n";
        textId = part.id;
        record.text += String(part.delta ?? "");
        if (record.text.length > MAX_ANSWER_CHARACTERS) {
          record.text = record.text.slice(0, MAX_ANSWER_CHARACTERS);
          throw new ChatError("The answer is longer than this page shows, so it was cut here.", "too_large");
        }
        break;
      case "error":
        failure = String(part.errorText || "The answer broke off.");
        break;
      case "abort":
        failure = "The answer was stopped and is not complete.";
        break;
      case "finish":
        finished = true;
        break;
      default:
        takeExtra(part, record);
    }
    changed();
  }
  if (failure) throw new ChatError(failure, "answer_failed");
  if (!finished) throw new ChatError("The connection was lost before the answer was finished.", "cut_off");
  const cut = ENDS[record.reason];
  if (cut) throw new ChatError(cut, record.reason);
}

// A connection that is lost in mid-answer is taken up again where it was lost, while the server is still writing.
async function* wholeAnswer(body, signal) {
  let stream = await openAnswer(body, signal);
  let conversation = body.id;
  let read = 0;
  for (let resumed = 0; ; resumed += 1) {
    let lost = null;
    try {
      for await (const part of readParts(stream)) {
        read += 1;
        conversation = part.messageMetadata?.conversation_id ?? conversation;
        yield part;
        if (["finish", "error", "abort"].includes(part.type)) return;
      }
    } catch (error) {
      if (signal.aborted || (error instanceof ChatError && error.code !== "silent")) throw error;
      lost = error;
    }
    if (read > 0 && resumed < RESUMES) {
      await new Promise((resolve) => setTimeout(resolve, RESUME_AFTER_MS * 2 ** resumed));
      signal.throwIfAborted();
      stream = await resumeAnswer(conversation, read, signal);
    } else stream = null;
    if (!stream && lost) throw lost;
    if (!stream) return;
  }
}

function takeExtra({ type, data, sourceId, url, title }, record) {
  if (type === "source-url") {
    const number = Number(sourceId);
    if (Number.isInteger(number)) putSource(record, { number, url: String(url), title: String(title ?? url) });
  } else if (type === "data-sources" && Array.isArray(data)) {
    for (const source of data) if (Number.isInteger(source?.number)) putSource(record, source);
  } else if (type === "data-understood" && typeof data?.searched_for === "string") {
    record.searchedFor = data.searched_for;
  } else if (type === "data-grounding") {
    record.grounded = typeof data?.grounded === "boolean" ? data.grounded : null;
    record.verdict = typeof data?.verdict === "string" ? data.verdict : null;
  } else if (type === "data-citation" && Number.isInteger(data?.at) && Number.isInteger(data.number)) {
    (record.marks ??= []).push({ at: data.at, number: data.number });
  } else if (type === "data-citations" && Array.isArray(data?.cited) && Array.isArray(data.also_read)) {
    record.citations = data;
  } else if (type === "data-finish") {
    record.reason = data?.reason;
    record.model = data?.model;
  }
}

function putSource(record, source) {
  const at = record.sources.findIndex(({ number }) => number === source.number);
  if (at < 0) record.sources.push(source);
  else record.sources[at] = { ...record.sources[at], ...source };
}
