// Turns as the service's history gives and takes them.

import { asObject, newRecord, searchedForOf, sourceOf, storedCitations, text, verdictOf } from "./answer-record.js";
import { ChatError, type Service } from "./service.js";
import { newId, type Turn } from "./turns.js";

const UNRANKED = { id: "", heading_path: [], text: "", score: 0, dense_rank: null, sparse_rank: null }; // what a record does not keep
const MAX_BYTES = 64 * 1024; // of a turn that the service takes
const REFUSED = new Set([400, 409, 413, 422]); // of the one turn: it is malformed, was kept before in another form, or is too long

/** What the service stores of a message, with the fields that are of their type. */
interface StoredMessage {
  id: string;
  /** The id that a tab gave it, where that is another. */
  clientId: string | null;
  role: string | null;
  content: string | null;
  parent: string;
  status: string | null;
  verdict: unknown;
  understood: unknown;
  selectedText: string | null;
  pageUrl: string | null;
  sources: unknown[];
}

interface Stored {
  messages: StoredMessage[];
  head: string | null;
  /** Whether all of it can be read. */
  isWhole: boolean;
}

/** A conversation of the history, with what can be read of it. Throws ChatError where it has no messages. */
export function storedOf(item: unknown): Stored {
  const { messages: items, head_id: head } = asObject(item);
  if (!Array.isArray(items)) throw new ChatError("damaged");
  const messages = items.map(messageOf).filter((message) => message !== null);
  return { messages, head: text(head), isWhole: messages.length === items.length && messages.every(({ content }) => content !== null) };
}

/** The branch that the conversation's head ends, as turns. A question without its text is left out with its answer. */
export function turnsOf({ messages, head }: Stored, pageUrl: string | null): Turn[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: StoredMessage[] = [];
  for (let at = byId.get(head ?? "") ?? messages.at(-1); at; at = byId.get(at.parent)) {
    branch.unshift(at);
    byId.delete(at.id); // a damaged history may lead back to it
  }
  const turns: Turn[] = [];
  let asked: Turn | null = null;
  for (const { content, ...message } of branch) {
    if (message.role !== "user") {
      if (asked && content !== null) answered(asked, content, message);
    } else if (content === null) asked = null;
    else turns.push((asked = turnOf(content, message, pageUrl)));
  }
  return turns;
}

function messageOf(item: unknown): StoredMessage | null {
  const fields = asObject(item);
  const id = text(fields.id);
  if (id === null) return null;
  return {
    id,
    clientId: text(fields.client_id),
    role: text(fields.role),
    content: text(fields.content),
    parent: text(fields.parent_id) ?? "",
    status: text(fields.status),
    verdict: fields.verdict,
    understood: fields.understood,
    selectedText: text(fields.selected_text),
    pageUrl: text(fields.page_url),
    sources: Array.isArray(fields.sources) ? fields.sources : [],
  };
}

/**
 * Gives an ended turn to the history of the conversation; without its passages where it is too long with them. False where
 * the history refuses the turn; throws ChatError where the history cannot be reached.
 */
export async function keepTurn(service: Service, conversation: string, turn: Turn): Promise<boolean> {
  const path = `/api/conversations/${encodeURIComponent(conversation)}/turns`;
  const whole = keptTurn(turn);
  for (const form of [whole, { ...whole, sources: [] }]) {
    if (new Blob([JSON.stringify(form)]).size > MAX_BYTES) continue;
    const status = await refusalOf(service.send(path, form));
    if (status !== 413) return status === null;
  }
  return false;
}

// The status with which a turn was refused; null where it was taken.
async function refusalOf(sending: Promise<void>): Promise<number | null> {
  try {
    await sending;
    return null;
  } catch (error) {
    if (error instanceof ChatError && REFUSED.has(error.status)) return error.status;
    throw error;
  }
}

// An ended answer's sources have the numbers of its text.
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
    return found ? [{ ...UNRANKED, ...(found.isSelection ? { id: "selection" } : {}), ...found, ...citation, number, marks: given.filter((mark) => mark.number === number).map(({ at }) => at) }] : [];
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

function turnOf(question: string, message: Omit<StoredMessage, "content">, pageUrl: string | null): Turn {
  return {
    questionId: message.id,
    answerId: newId(),
    question,
    selected: message.selectedText ? { text: message.selectedText, withBook: true } : null,
    pageUrl: message.pageUrl ?? pageUrl,
    version: null,
    scope: "book",
    record: { ...newRecord(), end: { kind: "incomplete" } },
  };
}

function answered(turn: Turn, answer: string, message: Omit<StoredMessage, "content">): void {
  turn.answerId = message.id;
  turn.record = {
    ...newRecord(),
    text: answer,
    sources: message.sources.map(sourceOf).filter((source) => source !== null),
    verdict: verdictOf(message.verdict),
    searchedFor: searchedForOf(message.understood),
    citations: storedCitations(answer, message.sources),
    begun: true,
    end: { kind: message.status === "complete" ? "done" : "incomplete" },
  };
}
