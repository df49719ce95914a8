// The history of a guest who has signed in to an account: its conversations become the account's.

import { ChatError, type Service } from "./service.js";
import { keepTurn, storedOf, turnsOf } from "./stored-turns.js";
import { newId } from "./turns.js";

const MOST = 100; // conversations that are moved at once: the service lists no more

export interface Move {
  /** Calls as the guest. */
  from: Service;
  /** Calls as the account. */
  to: Service;
  /** The account's id. */
  reader: string;
}

/**
 * The id of a guest's conversation in the account of `reader`: the same each time, so that what is moved again, as after the
 * page was closed meanwhile, is kept once.
 */
export function idInAccount(id: string, reader: string): string {
  if (!reader) return newId();
  const digit = (of: string, at: number) => parseInt(of[at] ?? "", 16) || 0;
  // Two UUIDs as numbers; the version and the variant stay.
  return id.replace(/[0-9a-f]/gi, (own, at: number) => (at === 14 || at === 19 ? own : (digit(id, at) ^ digit(reader, at)).toString(16)));
}

/**
 * Moves the guest's newest conversations, the oldest of them first. One goes from the guest's history once all of it is in the
 * account's. False where some stay with the guest; throws ChatError where a history cannot be reached.
 */
export async function moveHistory(move: Move): Promise<boolean> {
  const { conversations, next_cursor: next } = await move.from.json<{ conversations: { id: string }[]; next_cursor: string | null }>(
    `/api/conversations?limit=${MOST}`,
  );
  let isWhole = next === null;
  for (const { id } of conversations.reverse()) {
    if (!(await moveConversation(move, id))) isWhole = false;
  }
  return isWhole;
}

async function moveConversation({ from, to, reader }: Move, id: string): Promise<boolean> {
  const path = `/api/conversations/${encodeURIComponent(id)}`;
  try {
    const stored = storedOf(await from.json(path));
    const { messages } = stored;
    if (messages.some(({ status }) => status === "pending")) return false; // it is being written
    const clients = new Map(messages.map((message) => [message.id, message.clientId]));
    let { isWhole } = stored;
    for (const turn of turnsOf(stored, null).filter(({ record }) => record.text !== "")) {
      // Under the id that a tab knows, which may have kept it already.
      const questionId = clients.get(turn.questionId) ?? turn.questionId;
      if (!(await keepTurn(to, idInAccount(id, reader), { ...turn, questionId }))) isWhole = false;
    }
    if (isWhole) await from.call(path, { method: "DELETE" });
    return isWhole;
  } catch (error) {
    if (!(error instanceof ChatError) || [0, 401, 429, 503].includes(error.status)) throw error; // nor will another one be moved
    return error.status === 404; // another tab has moved it
  }
}
