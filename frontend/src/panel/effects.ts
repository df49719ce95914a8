// What the panel does beside drawing itself: it fits the screen, tells how answers end, and serves what answers hold.

import { useEffect, useRef } from "preact/hooks";
import type { Chat, Turn } from "./chat.js";
import type { Parts } from "./panel.js";
import type { Site } from "./site.js";
import { filled, type Strings } from "./strings.js";

/** Where the panel covers the whole screen. */
export const PHONE = "(max-width: 40rem), (max-height: 26rem)";

// Turned on its side or made wider, the panel becomes what fits there.
export function useFitting(dialog: { current: HTMLDialogElement | null }, show: () => void): void {
  useEffect(() => {
    const phone = matchMedia(PHONE);
    const fit = () => {
      if (!dialog.current?.open || dialog.current.matches(":modal") === phone.matches) return;
      dialog.current.close();
      show();
    };
    phone.addEventListener("change", fit);
    return () => phone.removeEventListener("change", fit);
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

export function prefetch(event: Event, chat: Chat, site: Site): void {
  const link = (event.target as Element).closest<HTMLElement>("a[data-source]");
  const turn = chat.turns.find(({ questionId }) => questionId === link?.closest<HTMLElement>("[data-turn]")?.dataset.turn);
  const source = turn?.record.sources.find(({ number }) => number === Number(link?.dataset.source));
  if (source) site.prefetch(source.url);
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

// What has the focus, inside shadow roots as well.
export function activeElement(): Element | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

