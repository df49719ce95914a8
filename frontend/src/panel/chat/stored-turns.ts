// Turns as the service's history gives and takes them.

import { newRecord, searchedForOf, sourceOf, storedCitations, verdictOf } from "./answer-record.js";
import { ChatError, type Service } from "./service.js";
import { newId, type Turn } from "./turns.js";

const UNRANKED = { id: "", heading_path: [], text: "", score: 0, dense_rank: null, sparse_rank: null }; // what a record does not keep
const MAX_BYTES = 64 * 1024; // of a turn that the service takes
const REFUSED = new Set([400, 409, 413, 422]); // of the one turn: it is malformed, was kept before in another form, or is too long

/** What the service stores of a message. */
export interface StoredMessage {
  id: string;
  role: string;
  content: string;
  parent_id: string | null;
  client_id?: string | null;
  status?: string;
  verdict?: string | null;
  understood?: unknown;
  selected_text?: string | null;
  page_url?: string | null;
  sources?: unknown[];
}

/** The branch of a stored conversation that ends in `head`, as turns. */
export function turnsOf(messages: StoredMessage[], head: string | null, pageUrl: string | null): Turn[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: StoredMessage[] = [];
  for (let at = byId.get(head ?? messages.at(-1)?.id ?? ""); at; at = byId.get(at.parent_id ?? "")) {
    branch.unshift(at);
    byId.delete(at.id); // a damaged history may lead back to it
  }
  const turns: Turn[] = [];
  for (const message of branch) {
    const last = turns.at(-1);
    if (message.role === "user") turns.push(turnOf(message, pageUrl));
    else if (last) answered(last, message);
  }
  return turns;
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

function turnOf(message: StoredMessage, pageUrl: string | null): Turn {
  const selected = message.selected_text ? { text: message.selected_text, withBook: true } : null;
  return {
    questionId: message.id,
    answerId: newId(),
    question: message.content,
    selected,
    pageUrl: message.page_url ?? pageUrl,
    version: null,
    scope: "book",
    record: { ...newRecord(), end: { kind: "incomplete" } },
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
