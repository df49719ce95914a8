// Makes room for the open panel beside the page's text, where it would cover it on a wide screen.
//
// The room is padding of the body, in a style sheet of its own: the page's nodes stay as they are, and fixed ones stay
// where they stand. It is no wider than the text needs, so that what stands beside the text may lie under the panel.

import { adopt } from "../dom.js";

const WIDE = "(min-width: 75rem)";
const GAP = 16; // pixels between the text and the panel
const LEAST_TEXT = 320; // pixels: a narrower text is harder to read than one that is covered
const STEPS = 4; // attempts at the width, as text seldom moves by what its page is narrowed

const sheet = new CSSStyleSheet();

/** Makes room for `panel` beside the element that `text` gives; call again when the page or the window has changed. */
export function makeRoom(panel: Element, text: () => Element | null): void {
  const reading = text();
  const keepPlace = placeKeeper(reading);
  sheet.replaceSync("");
  if (!reading || !matchMedia(WIDE).matches || panel.matches(":modal")) { keepPlace(); return; }
  adopt(sheet);
  const { left, right, width } = panel.getBoundingClientRect();
  const atRight = (left + right) / 2 > innerWidth / 2;
  const most = width + 4 * GAP;
  const overlap = () => {
    const box = reading.getBoundingClientRect();
    return Math.ceil(atRight ? box.right + GAP - left : right + GAP - box.left);
  };
  let room = 0;
  for (let step = 0, rest = overlap(); rest > 0 && room < most && step < STEPS; step += 1, rest = overlap()) {
    room = Math.min(most, room + rest);
    sheet.replaceSync(`@media screen { body { padding-${atRight ? "right" : "left"}: ${room}px !important; } }`);
  }
  if (reading.getBoundingClientRect().width < LEAST_TEXT) sheet.replaceSync("");
  keepPlace();
}

/** Gives the page its whole width back. */
export function giveRoomBack(text: () => Element | null): void {
  const keepPlace = placeKeeper(text());
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
  keepPlace();
}

// Text that is set anew has other heights: what was read stays where it was on the screen.
function placeKeeper(text: Element | null): () => void {
  const blocks = [...(text?.querySelectorAll("h1, h2, h3, h4, h5, h6, p, li, pre, table") ?? [])];
  const first = scrollY > 0 ? blocks.find((block) => block.getBoundingClientRect().top >= 0) : undefined;
  const before = first?.getBoundingClientRect().top ?? 0;
  return () => {
    const moved = first ? first.getBoundingClientRect().top - before : 0;
    if (moved) scrollBy({ top: moved, behavior: "instant" });
  };
}
