// What a click, a touch or the focus does inside an answer: its links to sources, and the buttons that copy code.

import type { AnswerRecord, Source } from "../chat/answer-record.js";
import type { Chat } from "../chat/chat.js";
import type { Site } from "../host/site.js";
import type { Strings } from "../strings.js";

/** The source that the link of an event leads to, with the record of its answer; null for an event elsewhere. */
export function sourceOfLink(event: Event, chat: Chat): { record: AnswerRecord; source: Source } | null {
  const link = (event.target as Element).closest<HTMLElement>("a[data-source]");
  const id = link?.closest<HTMLElement>("[data-turn]")?.dataset.turn;
  const record = chat.turns.find(({ questionId }) => questionId === id)?.record;
  const source = record?.sources.find(({ number }) => number === Number(link?.dataset.source));
  return record && source ? { record, source } : null;
}

/** Loads what the page of a link needs before it is clicked. */
export function prefetchSource(event: Event, chat: Chat, site: Site): void {
  const found = sourceOfLink(event, chat);
  if (found) site.prefetch(found.source.url);
}

/** Copies the code beside a clicked copy button. */
export async function copyCode(event: Event, strings: Strings, tell: (text: string) => void): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>("button.copy");
  if (!button) return;
  const code = button.parentElement?.querySelector("code")?.textContent ?? "";
  const copied = await navigator.clipboard.writeText(code).then(() => true, () => false);
  button.textContent = copied ? strings.copied : strings.notCopied;
  tell(button.textContent);
  setTimeout(() => (button.textContent = strings.copy), 2_000);
}
