// A turn of a conversation: a question with its answer.

import type { Scope } from "../../options.js";
import { asObject, keptRecord, oneOf, text, type AnswerRecord } from "./answer-record.js";

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

/** What a reader is writing, as a tab keeps it. */
export interface KeptDraft {
  text: string;
  scope: Scope;
  selected: Selected | null;
  /** Whether it is to replace the last question. */
  isEditing: boolean;
}

/** A draft that a tab kept; null for what is none. */
export function keptDraft(kept: unknown): KeptDraft | null {
  const { text: written, scope, selected, isEditing } = asObject(kept);
  const known = text(written);
  if (known === null) return null;
  return { text: known, scope: oneOf(["book", "chapter", "page"], scope) ?? "book", selected: keptSelection(selected), isEditing: isEditing === true };
}

function keptSelection(kept: unknown): Selected | null {
  const { text: said, withBook } = asObject(kept);
  const about = text(said);
  return about === null ? null : { text: about, withBook: withBook !== false };
}

/** Where a reader is in a conversation. */
export interface ReadingPlace {
  /** The turn, and which of its blocks. */
  turn: string;
  block: number;
  /** The block's distance from the log's upper edge. */
  offset: number;
  /** What is open: the turn, and which of its details. */
  open: [turn: string, details: number][];
}

/** A place that a tab kept; null for what is none. */
export function keptPlace(kept: unknown): ReadingPlace | null {
  const { turn, block, offset, open } = asObject(kept);
  if (text(turn) === null || typeof block !== "number" || typeof offset !== "number" || !Array.isArray(open)) return null;
  return { turn: String(turn), block, offset, open: open.filter((each): each is [string, number] => Array.isArray(each)) };
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
  const [replaces, regenerates] = [text(turn.replaces), text(turn.regenerates)];
  return {
    questionId,
    answerId,
    question,
    selected: keptSelection(turn.selected),
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
