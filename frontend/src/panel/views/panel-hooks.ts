// The panel's effects: it follows the open page, keeps the conversation when the document is left, and tells screen readers
// how answers end.

import { useEffect, useRef } from "preact/hooks";
import { isTurnViewLoaded } from "../answer/turn-loading.js";
import type { AnswerRecord } from "../chat/answer-record.js";
import { searchedPart, type Turn } from "../chat/turns.js";
import type { Parts } from "../panel.js";
import { goTo, readingPlace } from "./reading-place.js";
import type { Voice } from "./live-regions.js";
import { filled, verdictSentence, type Strings } from "../strings.js";

const SETTLED_MS = 50;

/**
 * Calls `changed` once the site has shown another page. A router changes the head last: its title, and what says whether the
 * page belongs to the book.
 */
export function usePageChange(changed: () => void): void {
  const latest = useRef(changed);
  latest.current = changed;
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

/**
 * Keeps the conversation for the tab when the document is left, with the draft and the place in `log`. `takenUp` is called where a step
 * back in the history has shown the document again, and the tab's conversation has changed since.
 */
export function useKeepOnLeave({ options, chat }: Parts, log: { current: HTMLElement | null }, takenUp: () => void): void {
  useEffect(() => {
    const keep = () => {
      const { place } = chat;
      if (!options.page) chat.place ??= readingPlace(log.current); // the chat page scrolls as a whole
      chat.keep();
      chat.place = place;
    };
    const shown = ({ persisted }: PageTransitionEvent) => {
      if (persisted && chat.takeUp()) takenUp();
    };
    addEventListener("pagehide", keep);
    addEventListener("pageshow", shown);
    return () => {
      removeEventListener("pagehide", keep);
      removeEventListener("pageshow", shown);
    };
  }, []);
}

/** Gives a function that does a piece of work unless the one of the same name is being done: buttons are clicked twice. */
export function useOnce(): (name: string, work: () => Promise<void>) => Promise<void> {
  const { current: doing } = useRef(new Set<string>());
  return async (name, work) => {
    if (doing.has(name)) return;
    doing.add(name);
    await work().finally(() => doing.delete(name));
  };
}

/** On the chat page: tells who has been signed in, and lets Escape stop an answer, as there is no panel to close. */
export function useChatPage({ options: { page }, strings, chat, account }: Parts, tell: (text: string) => void): void {
  useEffect(() => {
    if (page && account.link === "taken") tell(`${filled(strings.signedInAs, { name: account.name ?? "" })}.`);
  }, [account.link]);
  useEffect(() => {
    if (!page) return;
    const stop = ({ key, isComposing }: KeyboardEvent) => {
      if (key === "Escape" && !isComposing) chat.stop(); // else it takes back what is being composed
    };
    document.addEventListener("keydown", stop);
    return () => document.removeEventListener("keydown", stop);
  }, []);
}

/**
 * Scrolls a new question to the top, and the last one of a conversation that is opened, or to where the reader was in it; tells when its answer is asked for
 * again and how it ended. `refocus` is called where the button that asked took the focus away with it.
 */
export function useOutcome({ chat, strings }: Parts, { tell, silence }: Voice, log: { current: HTMLElement | null }, refocus: () => void): void {
  const running = useRef<Turn | null>(null);
  const shown = useRef<Turn | null>(null);
  const wasRendered = useRef(false); // answers have other heights then
  const stay = useRef((): void => undefined); // ends the way back to the place where the reader was
  const told = useRef<AnswerRecord | null>(null);
  const ended = useRef<AnswerRecord | null>(null);
  useEffect(() => {
    const last = chat.turns.at(-1) ?? null;
    const newest = log.current?.lastElementChild as HTMLElement | null | undefined;
    if (last && newest?.dataset.turn !== last.questionId) return; // an effect of the drawing before: the turn's own follows
    const isNew = chat.running && chat.running !== running.current;
    const isRendered = isTurnViewLoaded();
    if (last && (isNew || last !== shown.current || isRendered !== wasRendered.current) && log.current?.offsetHeight) {
      // At once: turns that were out of sight get their heights on the way, and a smooth movement would end too early.
      stay.current();
      if (isNew || !chat.place) newest?.scrollIntoView({ block: "start" });
      else if (isRendered) stay.current = goTo(chat.place, log.current);
      if (isNew || isRendered) chat.place = null;
      shown.current = last;
      wasRendered.current = isRendered;
    }
    if (isNew) {
      const focused = log.current && rootOf(log.current).activeElement;
      if (!focused || focused === document.body) refocus();
    }
    if (chat.running?.record.askedAgain && chat.running.record !== told.current) {
      told.current = chat.running.record;
      silence();
      tell(strings.askedAgain);
    }
    // An answer may have begun and ended since the last effect.
    if (!chat.running && last?.record.end && chat.heard.has(last.record) && last.record !== ended.current) {
      ended.current = last.record;
      tell(outcomeOf(last, strings));
    }
    running.current = chat.running;
  });
}

/**
 * Calls `refocus` where what has the focus in the panel around `log` is taken away, hidden or disabled: the browser gives the
 * focus to the page then, and Escape no longer reaches the panel.
 */
export function useFocusKept(log: { current: HTMLElement | null }, refocus: () => void): void {
  const latest = useRef(refocus);
  latest.current = refocus;
  useEffect(() => {
    const panel = log.current?.closest(".panel, .page");
    if (!panel) return;
    let focused: Element | null = null;
    const isGone = () => focused !== null && (!focused.isConnected || focused.matches(":disabled") || focused.closest("[hidden]") !== null);
    const came = ({ target }: Event) => (focused = target as Element);
    // The event comes before its element has gone; where that stays, the reader has gone elsewhere.
    const left = () => queueMicrotask(() => {
      if (!isGone() && focused !== rootOf(panel).activeElement) focused = null;
    });
    const changes = new MutationObserver(() => {
      if (!isGone()) return;
      focused = null;
      latest.current();
    });
    changes.observe(panel, { childList: true, subtree: true, attributeFilter: ["hidden", "disabled"] });
    panel.addEventListener("focusin", came);
    panel.addEventListener("focusout", left);
    return () => {
      changes.disconnect();
      panel.removeEventListener("focusin", came);
      panel.removeEventListener("focusout", left);
    };
  }, []);
}

function rootOf(element: Element): Document | ShadowRoot {
  return element.getRootNode() as Document | ShadowRoot;
}

function outcomeOf(turn: Turn, strings: Strings): string {
  const { end, verdict, citations, sources } = turn.record;
  const count = citations ? citations.cited.length : sources.length;
  const said = end?.message ?? "";
  const endings = {
    done: filled(strings.complete, { count }),
    stopped: strings.stoppedText,
    incomplete: `${strings.incomplete}. ${said}`,
    failed: `${strings.noAnswer}. ${said}`,
  };
  const outcome = endings[end?.kind ?? "incomplete"].trim();
  return verdict === "uncertain" || verdict === "not_covered" ? `${verdictSentence(verdict, searchedPart(turn), strings)}. ${outcome}` : outcome;
}
