// What the panel does beside drawing itself: it follows the page, tells how answers end, and serves what answers hold.

import { useEffect, useRef } from "preact/hooks";
import type { Chat, Turn } from "./chat.js";
import type { Parts } from "./panel.js";
import type { AnswerRecord, Source } from "./record.js";
import type { Site } from "./site.js";
import { filled, type Strings } from "./strings.js";

const SETTLED_MS = 50;

// A router changes the head once it has shown another page: its title, and what says whether that belongs to the book.
export function useMoves(moved: () => void): void {
  const latest = useRef(moved);
  latest.current = moved;
  useEffect(() => {
    let timer = 0;
    const soon = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => latest.current(), SETTLED_MS);
    };
    const head = new MutationObserver(soon);
    head.observe(document.head, { childList: true, subtree: true, attributeFilter: ["content"] });
    document.addEventListener("bookrag:route", soon);
    return () => {
      clearTimeout(timer);
      head.disconnect();
      document.removeEventListener("bookrag:route", soon);
    };
  }, []);
}

// The conversation is kept when the document is left in the middle of an answer.
export function useLeaving(chat: Chat): void {
  useEffect(() => {
    const keep = () => chat.keep();
    addEventListener("pagehide", keep);
    return () => removeEventListener("pagehide", keep);
  }, []);
}

// The chat page: its header shows who is signed in, and Escape stops an answer, as there is nothing to close.
export function usePage({ options: { page }, strings, chat, account }: Parts, tell: (text: string) => void): void {
  useEffect(() => {
    if (page && account.link === "taken") tell(`${filled(strings.signedInAs, { name: account.name ?? "" })}.`);
  }, [account.link]);
  useEffect(() => {
    if (!page) return;
    const stop = ({ key }: KeyboardEvent) => {
      if (key === "Escape") chat.stop();
    };
    document.addEventListener("keydown", stop);
    return () => document.removeEventListener("keydown", stop);
  }, []);
}

// Brings a new question to the top, and tells how its answer ended.
export function useOutcome(chat: Chat, strings: Strings, tell: (text: string) => void, log: { current: HTMLElement | null }): void {
  const running = useRef<Turn | null>(null);
  useEffect(() => {
    if (chat.running && chat.running !== running.current) {
      log.current?.lastElementChild?.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    }
    const ended = running.current?.record;
    if (!chat.running && ended?.end) {
      const { end, verdict, citations, sources } = ended;
      const count = citations ? citations.cited.length : sources.length;
      const outcome = end.kind === "done" ? filled(strings.complete, { count }) : (end.kind === "stopped" ? strings.stoppedText : `${strings.incomplete}. ${end.message ?? ""}`.trim());
      tell(verdict === "uncertain" ? `${strings.uncertain}. ${outcome}` : verdict === "not_covered" ? `${strings.notCovered}. ${outcome}` : outcome);
    }
    running.current = chat.running;
  });
}

/** The source that a clicked or touched link of an answer leads to, with the answer's record. */
export function sourceOfLink(event: Event, chat: Chat): { record: AnswerRecord; source: Source } | null {
  const link = (event.target as Element).closest<HTMLElement>("a[data-source]");
  const id = link?.closest<HTMLElement>("[data-turn]")?.dataset.turn;
  const record = chat.turns.find(({ questionId }) => questionId === id)?.record;
  const source = record?.sources.find(({ number }) => number === Number(link?.dataset.source));
  return record && source ? { record, source } : null;
}

export function prefetch(event: Event, chat: Chat, site: Site): void {
  const found = sourceOfLink(event, chat);
  if (found) site.prefetch(found.source.url);
}

export async function copyCode(event: Event, strings: Strings, tell: (text: string) => void): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>("button.copy");
  if (!button) return;
  const code = button.parentElement?.querySelector("code")?.textContent ?? "";
  const copied = await navigator.clipboard.writeText(code).then(() => true, () => false);
  button.textContent = copied ? strings.copied : strings.notCopied;
  tell(button.textContent);
  setTimeout(() => (button.textContent = strings.copy), 2_000);
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

