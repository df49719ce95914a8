// Finding a passage of the book's source in the page that was made of it, and marking it there.
//
// The source is Markdown and the page is its rendering, so both are compared as sequences of words. Runs of three words
// vote for where the passage begins; the place with most votes is marked with the CSS Custom Highlight API, which leaves
// the page's DOM as it is.

import { adopt } from "../dom.js";

const NAME = "bookrag-passage";
/** What opens or closes code, where its lines were joined. */
export const FENCE = /(?:`{3,}|~{3,})\w*(?:\s+\w+=(?:"[^"\n]*"|\S+))*/g;
const RUN = 3; // words
const WORD = /[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}\u00AD]*/gu; // soft hyphens are no end of one
const ENOUGH = 0.8; // of a passage's words
const STILL_MS = 1_500; // longest wait for what was opened
const HOLD_MS = 6_000; // diagrams are drawn late where a machine is busy; what the reader does ends it
const MAX_ALIKE = 8; // runs of a passage that are taken for different places: more of them say little
const GAP = "\uFFFC"; // in a text: a formula or a picture
/** Between two blocks of Markdown. */
export const BLANK_LINE = /\n\s*\n/;
const SENTENCE_END = /[.!?:;…。۔؟](?:["'”’»)\]\s]|\uFFFC)*$/; // a formula may stand behind its sentence's words
const SHORT = 12; // words that are looked for as they are
const MAX_MARKED = 3; // blocks of a passage
const MAX_WORDS = 120; // of a passage: more of it need not be marked
const SKIPPED = ".katex-mathml annotation, .katex-html, script, style, .hash-link, button, [aria-hidden=true]";

interface Word {
  text: string;
  node: Text;
  start: number;
  /** Where it ends: in another text where elements within the word divide it. */
  last: Text;
  end: number;
}

const sheet = new CSSStyleSheet();
let release = (): void => undefined;

/** Takes the mark away, and holds nothing in view any more. */
export function clearHighlight(): void {
  release();
  if ("highlights" in CSS) CSS.highlights.delete(NAME);
}

/**
 * Marks the words of `passage` behind `anchor` in `article`, and brings them into view while `mayMove` allows it; whether they
 * were found.
 */
export async function highlightPassage(article: Element, anchor: Element, passage: string, mayMove: () => boolean): Promise<boolean> {
  const wanted = wordsOf(plainText(withoutPictures(passage, pictureTexts(article)))).slice(0, MAX_WORDS);
  const found = find(wanted, article, anchor);
  if (!found) return false;
  const { 0: begin, 1: end } = found;
  const range = document.createRange();
  range.setStart(begin.node, begin.start);
  range.setEnd(end.last, end.end);
  const around = begin.node.parentElement;
  mark(range);
  for (const node of [begin.node, end.last]) if (mayMove() && node.parentElement) await revealed(node.parentElement);
  if (mayMove() && around) bringIntoView(range, around);
  return true;
}

// The first and the last word of the passage in the article; null where too little of it is there. What is seen goes before
// what is hidden or for screen readers, and words as elements divide them before those that are joined: only where most of the
// passage is not found, the next way is tried.
function find(wanted: string[], article: Element, anchor: Element): [Word, Word] | null {
  const enough = ENOUGH * Math.max(1, wanted.length - RUN + 1);
  let best: [Word, Word] | null = null;
  let most = 0;
  const every = pageWords(article, false);
  const isSeen = seeing(article);
  const seen = (words: Word[]) => words.filter(({ node }) => isSeen(node.parentElement));
  let joined: Word[] | null = null;
  const whole = () => (joined ??= pageWords(article, true));
  for (const way of [() => seen(every), () => seen(whole()), () => every, whole]) {
    const words = way();
    const found = locate(wanted, words, firstBehind(anchor, words));
    if (found && found.hits * ENOUGH > most) {
      best = [words[found.first], words[found.last]] as [Word, Word];
      most = found.hits;
    }
    if (most >= enough) break;
  }
  return best;
}

// Tells whether a reader sees the text of an element of `article`: it has a box, which is no point as of what only screen
// readers are told.
function seeing(article: Element): (element: Element | null) => boolean {
  const known = new Map<Element | null, boolean>([[null, true], [article, true]]);
  const isSeen = (element: Element | null): boolean => {
    let seen = known.get(element);
    if (seen === undefined && element) {
      seen = isSeen(element.parentElement) && hasBox(element) && !isPoint(element);
      known.set(element, seen);
    }
    return seen ?? true;
  };
  return isSeen;
}

function hasBox(element: Element): boolean {
  if (!("checkVisibility" in element)) return (element as Element).getClientRects().length > 0;
  return element.checkVisibility({ visibilityProperty: true }) || getComputedStyle(element).display === "contents";
}

function isPoint(element: Element): boolean {
  if (!(element instanceof HTMLElement) || element.offsetWidth > 1 || element.offsetHeight > 1) return false;
  const { display, overflow } = getComputedStyle(element);
  return display !== "contents" && display !== "inline" && overflow !== "visible";
}

/** Opens closed details and switches tabs, so that `element` can be seen; done once it stands still. */
export async function revealed(element: Element): Promise<void> {
  let changed = false;
  for (let node: Element | null = element; node; node = node.parentElement) {
    if (node instanceof HTMLDetailsElement && !node.open) {
      // Docusaurus animates its own details and listens to the click on their summary.
      const summary = node.querySelector<HTMLElement>(":scope > summary");
      if (summary) summary.click();
      else node.open = true;
      changed = true;
    }
    if (node.matches("[role=tabpanel][hidden]")) {
      selectTab(node);
      changed = true;
    }
  }
  if (changed) await stillness(element);
}

// The site renders and animates what was opened in its own time.
async function stillness(element: Element): Promise<void> {
  const end = performance.now() + STILL_MS;
  const place = () => (element.getClientRects().length ? element.getBoundingClientRect().top + scrollY : null);
  for (let before = place(), same = 0; same < 2 && performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = place();
    same = now !== null && now === before ? same + 1 : 0;
    before = now;
  }
}

/**
 * A text fragment (`:~:text=`) for a passage; the browser marks its words where it knows the feature. It finds no text that
 * goes on in another block, so each block has its own. A block that ends as no sentence does may be the text of a picture, which
 * the page does not show: it is left out where there are others.
 */
export function textFragment(passage: string | null, hasHash: boolean): string {
  // What was left out of a passage, "[…]", is not on the page, and words on its two sides are not beside each other there.
  const blocks = plainText((passage ?? "").replace(/\[?…\]?/g, "…\n\n")).split(BLANK_LINE).map((block) => block.trim());
  const clear = blocks.map((block) => ({ said: directive(block), isSentence: SENTENCE_END.test(block) })).filter(({ said }) => said);
  const sentences = clear.filter(({ isSentence }) => isSentence);
  const said = (sentences.length ? sentences : clear).slice(0, MAX_MARKED).map((block) => block.said);
  return said.length ? `${hasHash ? "" : "#"}:~:${said.join("&")}` : "";
}

// What the browser is to mark of a block: from its first to its last words, as those between may be shown otherwise.
function directive(block: string): string {
  const parts = block.split(GAP).map((part) => part.replace(/…/g, " ").split(/\s+/).filter(Boolean));
  const clear = parts.filter((part) => part.filter((word) => /[\p{L}\p{N}]/u.test(word)).length >= RUN);
  const { 0: first, length } = clear;
  if (!first) return "";
  const last = clear[length - 1] ?? first;
  const said = (some: string[]) => some.map((word) => encodeURIComponent(word).replace(/-/g, "%2D")).join("%20");
  if (length === 1 && first.length <= SHORT) return `text=${said(first)}`;
  return `text=${said(first.slice(0, 5))},${said(last.slice(-4))}`;
}

/** What an article's pictures say in place of themselves: an index has it as text, a page does not show it. */
export function pictureTexts(article: ParentNode): string[] {
  return [...article.querySelectorAll("img[alt]")].map((picture) => plainLine(picture.getAttribute("alt") ?? ""));
}

/** A passage without its blocks that are texts of `pictures`. */
export function withoutPictures(passage: string, pictures: string[]): string {
  return passage.split(BLANK_LINE).filter((block) => !pictures.includes(plainLine(block))).join("\n\n");
}

/** Words in one line, without marks of emphasis and of code. */
export function plainLine(text: string): string {
  return text.replace(/[\s*_`\\]+/g, " ").trim().toLowerCase();
}

/**
 * Markdown without its marks, links and formulas, roughly as a page shows it: its blocks, with blank lines between them. No
 * pattern looks for its end beyond where it could begin anew: a long text of beginnings would be read to its end for each.
 */
export function plainText(markdown: string): string {
  return markdown
    .replace(/^(?:```|~~~)[^\n]*\n/gm, "\n\n")
    .replace(FENCE, " ")
    .replace(/!\[[^[\]]*\]\((?:[^()]|\([^()]*\))*\)/g, ` ${GAP} `)
    .replace(/\[([^[\]]*)\]\((?:[^()]|\([^()]*\))*\)/g, "$1")
    .replace(/\$\$?[^$]*\$\$?/g, ` ${GAP} `)
    .replace(/<[^<>]*>/g, " ")
    .replace(/\{#[^{}]*\}/g, " ")
    .replace(/^[ \t]*>[ \t]?/gm, "")
    .replace(/^[^\S\n]*(?:[-*+]|\d{1,3}[.)]|#{1,6}|:::\w*)\s+/gm, "\n\n")
    .replace(/\|/g, "\n\n")
    .replace(/(\*\*|__|~~|[*`])/g, "")
    .replace(/\\(.)/g, "$1");
}

function wordsOf(text: string): string[] {
  return [...text.replace(/&shy;/g, "").matchAll(WORD)].map(([word]) => plainWord(word));
}

function plainWord(word: string): string {
  return word.replace(/\u00AD/g, "").normalize("NFKC").toLowerCase();
}

// The words of an article; `isJoined` joins those that elements within a line divide.
function pageWords(article: Element, isJoined: boolean): Word[] {
  const words: Word[] = [];
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.closest(SKIPPED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    for (const { 0: text, index } of node.data.matchAll(WORD)) {
      const before = words.at(-1);
      const end = index + text.length;
      const isFirst = isJoined && /^\u00AD*$/.test(node.data.slice(0, index));
      if (isFirst && before?.end === before?.last.length && before && before.last !== node && isOneLine(before.last, node)) {
        before.text += plainWord(text);
        [before.last, before.end] = [node, end];
      } else words.push({ text: plainWord(text), node, start: index, last: node, end });
    }
  }
  return words;
}

// Whether a text goes on in the next one: no block begins or ends between them, nor a line, a picture, an index or a power.
function isOneLine(text: Text, next: Text): boolean {
  const range = document.createRange();
  range.setStartAfter(text);
  range.setEndBefore(next);
  if (range.toString()) return false; // space, or what is not looked at
  const { commonAncestorContainer: around } = range;
  for (const end of [text, next]) {
    for (let node = end.parentElement; node && node !== around; node = node.parentElement) {
      if (node.matches("sub, sup") || !/^(?:inline|contents)/.test(getComputedStyle(node).display)) return false;
    }
  }
  return !range.cloneContents().querySelector("br, hr, img, input, svg, video");
}

// The first word inside or behind `anchor`; 0 where there is none. Halves the words, as a comparison takes long among many siblings.
function firstBehind(anchor: Element, words: Word[]): number {
  const isBehind = (word?: Word) => word && anchor.compareDocumentPosition(word.node) & Node.DOCUMENT_POSITION_FOLLOWING;
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(words[middle])) high = middle;
    else low = middle + 1;
  }
  return low < words.length ? low : 0;
}

// The first and the last word on the page of the passage, and how many runs of words it shares; null where too little of it is
// there.
function locate(wanted: string[], words: Word[], from: number): { first: number; last: number; hits: number } | null {
  const run = Math.min(RUN, wanted.length);
  if (run === 0) return null;
  const runs = new Map<string, number[]>(); // where in the passage each begins
  for (let at = 0; at + run <= wanted.length; at += 1) {
    const key = wanted.slice(at, at + run).join(" ");
    runs.set(key, [...(runs.get(key) ?? []), at].slice(0, MAX_ALIKE));
  }
  const hits: Hit[] = [];
  for (let at = 0; at + run <= words.length; at += 1) {
    const key = words.slice(at, at + run).map(({ text }) => text).join(" ");
    for (const place of runs.get(key) ?? []) hits.push({ at, begins: at - place });
  }
  hits.sort((one, other) => one.begins - other.begins);
  const near = fullest(hits, slack(wanted.length), from);
  if (!near.length) return null;
  const places = near.map(({ at }) => at);
  return { first: Math.min(...places), last: Math.max(...places) + run - 1, hits: new Set(places).size };
}

interface Hit {
  at: number;
  /** Where the passage begins, if it is there. */
  begins: number;
}

// Of the places where the passage may begin that with most hits around it, which it gives; the first behind the anchor wins a
// tie. The hits are in the order of these places, as a page of many like sections has very many.
function fullest(hits: Hit[], around: number, from: number): Hit[] {
  let best = [0, 0];
  let most = 0;
  let [low, high] = [0, 0];
  let before: number | null = null;
  for (const { begins } of hits) {
    if (begins === before) continue;
    before = begins;
    while ((hits[low]?.begins ?? 0) < begins - around) low += 1;
    while (high < hits.length && (hits[high]?.begins ?? 0) <= begins + around) high += 1;
    const votes = high - low + (begins >= from - RUN ? 0.5 : 0) - Math.abs(begins - from) / 1e6;
    if (votes > most) [best, most] = [[low, high], votes];
  }
  return hits.slice(...best);
}

// A rendering may add or lose words: a formula's, a figure's.
function slack(length: number): number {
  return Math.max(4, Math.round(length / 3));
}

function mark(range: Range): void {
  if (!("highlights" in CSS)) return;
  sheet.replaceSync(`::highlight(${NAME}){background-color:#ffe08a;color:#1c1e21}`);
  adopt(sheet);
  CSS.highlights.set(NAME, new Highlight(range));
}

function bringIntoView(range: Range, around: Element): void {
  const box = range.getBoundingClientRect();
  const isInView = box.bottom <= innerHeight - 40 && box.top >= 0 && !isClipped(box, around) && !isCovered(range, around);
  if (!isInView) around.scrollIntoView({ block: "center", behavior: "instant" });
}

// Whether a box of the page that scrolls by itself shows less than all of `box`.
function isClipped({ top, bottom }: DOMRect, around: Element): boolean {
  for (let node: Element | null = around; node && node !== document.body && node !== document.documentElement; node = node.parentElement) {
    const clip = node.getBoundingClientRect();
    const { overflowY, display } = getComputedStyle(node);
    if (overflowY !== "visible" && display !== "inline" && (top < clip.top - 1 || bottom > clip.bottom + 1)) return true;
  }
  return false;
}

// Whether the first line lies under something else of the page, as under a header that stays.
function isCovered(range: Range, around: Element): boolean {
  const line = [...range.getClientRects()].find(({ width, height }) => width > 0 && height > 0);
  const top = line && document.elementFromPoint(line.left + Math.min(2, line.width / 2), (line.top + line.bottom) / 2);
  return !!top && !top.contains(around) && !around.contains(top) && !top.matches("[data-bookrag]");
}

function selectTab(panel: Element): void {
  const panels = [...(panel.parentElement?.children ?? [])].filter((child) => child.matches("[role=tabpanel]"));
  const at = panels.indexOf(panel);
  for (let node = panel.parentElement; node; node = node.parentElement) {
    const tab = node.querySelectorAll<HTMLElement>(":scope > [role=tablist] > [role=tab]")[at];
    if (tab) { tab.click(); return; }
  }
}

/** Calls `act` with what the reader does to the page, the panel apart, until the function that this gives is called. */
export function onReader(act: () => void): () => void {
  const heard = ({ target }: Event) => {
    if (!(target instanceof Element && target.closest("[data-bookrag]"))) act();
  };
  const acts = ["wheel", "touchmove", "keydown", "pointerdown"];
  for (const name of acts) addEventListener(name, heard, { capture: true, passive: true });
  return () => acts.forEach((name) => removeEventListener(name, heard, true));
}

/**
 * Keeps the marked passage, else `anchor`, in view while pictures and diagrams that come late move it; until the reader does
 * anything, or for HOLD_MS.
 */
export function holdInView(article: Element, anchor: Element): void {
  release();
  const sizes = new ResizeObserver(() => {
    const range = [...(CSS.highlights.get(NAME) ?? [])].find((each) => each instanceof Range);
    const { top, bottom } = (range ?? anchor).getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) (range?.startContainer.parentElement ?? anchor).scrollIntoView({ block: "center", behavior: "instant" });
  });
  const timer = setTimeout(() => release(), HOLD_MS);
  const leave = onReader(() => release());
  release = () => {
    sizes.disconnect();
    clearTimeout(timer);
    leave();
    release = () => undefined;
  };
  sizes.observe(article);
}
