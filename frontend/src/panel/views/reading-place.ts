// Where a reader is in the conversation, so that another document of the tab can go on there: the block at the log's upper
// edge, and what is open. Heights differ between two drawings, so the place is no number of pixels from the top.

import type { ReadingPlace } from "../chat/turns.js";

const BLOCKS = "h2, h3, p, li, pre, tr, summary, blockquote";
const TRIES = 10; // what is opened is drawn in its own time
const PAUSE_MS = 40;

/** The place at the upper edge of `log`; null where it is out of sight. */
export function readingPlace(log: HTMLElement | null): ReadingPlace | null {
  if (!log?.offsetHeight) return null;
  const { top } = log.getBoundingClientRect();
  const turns = [...log.querySelectorAll<HTMLElement>("[data-turn]")];
  const turn = turns.find((each) => each.getBoundingClientRect().bottom > top);
  if (!turn) return null;
  const offsets = blocksOf(turn).map((block) => (block.getClientRects().length ? block.getBoundingClientRect().top - top : Infinity));
  const nearest = Math.min(...offsets.map(Math.abs));
  const block = offsets.findIndex((offset) => Math.abs(offset) === nearest);
  if (block < 0) return null;
  const open = turns.flatMap((each) => detailsOf(each).flatMap(({ open: isOpen }, at): [string, number][] => (isOpen ? [[each.dataset.turn ?? "", at]] : [])));
  return { turn: turn.dataset.turn ?? "", block, offset: offsets[block] ?? 0, open };
}

/** Opens what was open and scrolls `log` to `place`, until the reader does something there; gives what ends it before. */
export function goTo(place: ReadingPlace, log: HTMLElement): () => void {
  let closed = place.open;
  let left = TRIES;
  const put = () => {
    // Found anew each time: a turn is another element once its renderer has come.
    if (left <= 0) return;
    const turns = new Map([...log.querySelectorAll<HTMLElement>("[data-turn]")].map((turn) => [turn.dataset.turn, turn]));
    closed = closed.filter(([id, at]) => {
      const box = turns.get(id);
      const details = box && detailsOf(box)[at];
      if (details) details.open = true;
      return !details;
    });
    const turn = turns.get(place.turn);
    const block = turn && (blocksOf(turn)[place.block] ?? turn);
    if (block) log.scrollTop += block.getBoundingClientRect().top - log.getBoundingClientRect().top - place.offset;
    left -= 1;
    if (left > 0) setTimeout(put, PAUSE_MS);
  };
  const stop = () => void (left = 0);
  for (const event of ["wheel", "pointerdown", "keydown"]) log.addEventListener(event, stop, { once: true, passive: true });
  put();
  return stop;
}

function blocksOf(turn: HTMLElement): Element[] {
  return [...turn.querySelectorAll(BLOCKS)];
}

function detailsOf(turn: HTMLElement): HTMLDetailsElement[] {
  return [...turn.querySelectorAll("details")];
}
