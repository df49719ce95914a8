// A turn of a conversation: a question with its answer.

import type { Scope } from "../../options.js";
import { keptRecord, oneOf, text, type AnswerRecord } from "./answer-record.js";

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
  /** The title of the page at `pageUrl`, where it was known. */
  pageTitle?: string | null;
  version: string | null;
  scope: Scope;
  record: AnswerRecord;
  /** The question that this one replaces. */
  replaces?: string;
  /** The answer that the one in `record` replaces, where the reader wanted another. */
  regenerates?: string;
}

/** How much of the book a turn's question was put to. */
export function searchedPart({ scope, pageUrl }: Turn): Scope {
  return pageUrl ? scope : "book";
}

/** A turn that a tab kept, with what of it is of its type; null for what is none: it may be of another version of the panel. */
export function keptTurn(turn: Partial<Record<keyof Turn, unknown>> | null): Turn | null {
  const record = keptRecord(turn?.record);
  const [questionId, answerId, question] = [text(turn?.questionId), text(turn?.answerId), text(turn?.question)];
  if (!turn || !record || questionId === null || answerId === null || question === null) return null;
  const selected = turn.selected as Partial<Selected> | null;
  const about = text(selected?.text);
  const [replaces, regenerates] = [text(turn.replaces), text(turn.regenerates)];
  return {
    questionId,
    answerId,
    question,
    selected: about === null ? null : { text: about, withBook: selected?.withBook !== false },
    pageUrl: text(turn.pageUrl),
    pageTitle: text(turn.pageTitle),
    version: text(turn.version),
    scope: oneOf(["book", "chapter", "page"], turn.scope) ?? "book",
    record,
    ...(replaces === null ? {} : { replaces }),
    ...(regenerates === null ? {} : { regenerates }),
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
