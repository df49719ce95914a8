// The text of one answer as it grows: complete blocks are rendered once, the rest again with each piece.

import { directionOfText, element, languageOf } from "../dom.js";
import { formulasLoaded } from "./formulas.js";
import { blockStarts, renderMarkdown, withMarks, withoutMarks, type Environment } from "./markdown.js";
import { placeIn, type AnswerRecord, type Mark, type Source } from "../chat/answer-record.js";
import type { Site } from "../host/site.js";
import type { Strings } from "../strings.js";

const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;
const FRAME_MS = 50;
const MAX_LIVE = 20_000; // characters of one block (a list, a listing) beyond which it is plain text until it is complete
const REST = 5; // a rendering is followed by this many times its own duration of rest, so that the page stays quick

/** Shows a record's text in an element; call `update` whenever the record has grown, `settle` at its end. */
export class AnswerView {
  #memory: Pick<Environment, "references" | "headings"> = { references: {}, headings: {} };
  #settled = 0; // characters of the text whose blocks will not change any more
  #tail: ChildNode[] = [];
  #said = 0; // letters and digits of the first block behind those that were read out
  #timer = 0;

  constructor(
    readonly text: HTMLElement,
    readonly record: AnswerRecord,
    readonly strings: Strings,
    readonly site: Site,
    /** Called with each complete sentence, as a screen reader should say it. */
    private speak: (text: string) => void = () => undefined,
  ) {}

  /** The page follows the record, soon. */
  update(): void {
    this.#timer ||= window.setTimeout(() => this.show(), FRAME_MS);
  }

  /** The page shows the record now, for good. */
  settle(): void {
    // Its markers were renumbered, or a link may be defined below its use.
    this.show(this.record.citations !== null || DEFINITION.test(this.record.text));
    makeReachable(this.text, this.strings);
    void formulasLoaded().then(() => makeReachable(this.text, this.strings)); // they are wider than their source
  }

  /** Nothing is shown any more. */
  drop(): void {
    clearTimeout(this.#timer);
  }

  /** The page shows the record as it stands; with `anew` all of it is rendered again. */
  show(anew = false): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const started = performance.now();
    const done = this.record.end !== null;
    this.text.classList.toggle("writing", !done);
    const whole = shownText(this.record);
    try {
      if (anew) this.#startOver();
      this.#renderText(whole, { ...environment(this.record, this.strings, this.site), ...this.#memory }, done);
    } catch (error) {
      console.error("bookrag: a text is shown plain, as it could not be rendered", error);
      this.#clear();
      const text = plain(whole);
      this.#tail = [...text.childNodes];
      this.text.append(text);
    }
    const rest = Math.min(5_000, (performance.now() - started) * REST);
    if (!done && rest > FRAME_MS) this.#timer = window.setTimeout(() => this.show(), rest);
  }

  #renderText(whole: string, env: Environment, done: boolean): void {
    let rest = whole.slice(this.#settled);
    const boundary = done ? rest.length : settledLength(rest, passing(env));
    for (const node of this.#tail) node.remove();
    if (boundary > 0) {
      const nodes = renderMarkdown(rest.slice(0, boundary), env);
      finishBlocks(nodes, this.strings);
      this.#say(nodes.children);
      this.text.append(nodes);
      this.#settled += boundary;
      rest = whole.slice(this.#settled);
    }
    const tail = rest.length > MAX_LIVE ? plain(rest) : renderMarkdown(rest, passing(env));
    markLanguages(tail.children);
    this.#tail = [...tail.childNodes];
    if (tail.firstElementChild && !done) this.#sayOf(tail.firstElementChild);
    this.text.append(tail);
  }

  // Reads out what is left of complete blocks.
  #say(blocks: HTMLCollection): void {
    for (const block of blocks) {
      for (const sentence of this.#unsaid(block)) this.speak(sentence);
      this.#said = 0;
    }
  }

  // Reads out the sentences of a block that is being written, but for the last one, which may go on.
  #sayOf(block: Element): void {
    for (const sentence of this.#unsaid(block).slice(0, -1)) {
      this.speak(sentence.replace(/^[\s*_~`]+|(?<![\s*_~`])[\s*_~`]+$/g, "")); // emphasis that is not closed yet
      this.#said += lettersIn(sentence);
    }
  }

  // What comes may change the signs before it, as it closes emphasis or completes a mark, but no letters.
  #unsaid(block: Element): string[] {
    const text = spokenText(block, this.strings);
    let at = 0;
    let letters = this.#said;
    for (const sign of text) {
      if (letters <= 0) break;
      letters -= lettersIn(sign);
      at += sign.length;
    }
    return sentencesOf(at ? text.slice(at).replace(/^[^\s\p{L}\p{N}]+/u, "") : text);
  }

  #startOver(): void {
    const rest = renderMarkdown(this.record.text.slice(this.#settled), environment(this.record, this.strings, this.site));
    this.#say(rest.children);
    this.speak = () => undefined; // all of it is read out now
    this.#clear();
  }

  #clear(): void {
    this.#memory = { references: {}, headings: {} };
    this.#settled = 0;
    this.#tail = [];
    this.text.replaceChildren();
  }
}

// For what is still being written: it leaves no trace in what is remembered.
function passing(env: Environment): Environment {
  return { ...env, references: { ...env.references }, headings: { ...env.headings }, writing: true };
}

function shownText(record: AnswerRecord): string {
  const shown = record.end && record.citations ? record.citations.text : record.text;
  return withMarks(shown, placesOf(record) ?? []).replace(/\r\n?/g, "\n");
}

// Where the marks are, as the server says it; null where it does not.
function placesOf({ citations, end, marks }: AnswerRecord): Mark[] | null {
  if (end && citations) return citations.marks ?? null;
  return marks.length ? marks : null;
}

/** What a record's text is rendered with: once it is complete, its numbers are those of its final list of sources. */
export function environment(record: AnswerRecord, strings: Strings, site: Site): Environment {
  const byNumber = new Map(record.sources.map((source) => [source.number, source]));
  const sources = new Map(byNumber);
  if (record.end && record.citations) {
    sources.clear();
    for (const { number, source } of record.citations.cited) {
      const found = byNumber.get(source);
      if (found) sources.set(number, found);
    }
  }
  const origins = new Set(record.sources.map(({ url }) => site.absolute(url)?.origin).filter((origin) => origin !== undefined));
  const links = new Map<Source, ReturnType<Environment["hrefOf"]>>(); // a source may be cited many times
  const hrefOf = (source: Source) => {
    const known = links.get(source);
    const to = known === undefined ? site.link(placeIn(record, source)) : known;
    links.set(source, to);
    return to;
  };
  return { sources, origins, strings, hrefOf, placed: placesOf(record) !== null };
}

// All before the last block whose first line is complete: what comes cannot change it any more.
function settledLength(text: string, env: Environment): number {
  const lines = text.split("\n");
  const start = blockStarts(text, env).findLast((line) => line < lines.length - 1) ?? 0;
  return lines.slice(0, start).reduce((length, line) => length + line.length + 1, 0);
}

function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(element("div", { className: "plain", dir: "auto" }, withoutMarks(text)));
  return fragment;
}

function finishBlocks(nodes: DocumentFragment, strings: Strings): void {
  markLanguages(nodes.children);
  if (!("clipboard" in navigator)) return; // the page is not served from a secure context
  for (const block of nodes.querySelectorAll<HTMLElement>("pre.code")) {
    const button = element("button", { type: "button", className: "copy", ariaLabel: strings.copyCode }, strings.copy);
    const box = element("div", { className: "listing" });
    block.replaceWith(box);
    box.append(block, button);
  }
}

/** Marks blocks of text that are in another language than the panel, and those written from right to left. */
export function markLanguages(blocks: HTMLCollection): void {
  for (const block of blocks) {
    const language = languageOf(block.textContent);
    if (language && block instanceof HTMLElement) block.lang = language;
    if (block instanceof HTMLElement && block.dir === "auto") block.dir = directionOfText(block.textContent);
  }
}

// What is wider than the panel scrolls by itself, and the keyboard must be able to get there.
function makeReachable(text: HTMLElement, strings: Strings): void {
  for (const box of text.querySelectorAll<HTMLElement>("pre, .formula, .table")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.role = "region";
    box.ariaLabel = box.matches("pre") ? strings.code : box.matches(".table") ? strings.table : strings.formula;
  }
}

const BLOCKS = "p, ul, ol, li, blockquote, div, table, tr, h3, h4, h5, h6, br, hr";

// What stands on lines of its own is told apart, as are a row's cells.
function spokenText(block: Element, strings: Strings): string {
  const said = (node: Node): string => {
    if (!(node instanceof Element)) return (node.textContent ?? "").replace(/\s+/g, " ");
    if (node instanceof HTMLElement && node.dataset.tex !== undefined) return spokenFormula(node.dataset.tex, strings);
    if (node.matches(".listing, pre")) return `\n${strings.codeSpoken}\n`;
    const parts = [...node.childNodes].map(said);
    if (node.matches("tr")) return `\n${parts.map((cell) => cell.trim()).join(", ")}\n`;
    return node.matches(BLOCKS) ? `\n${parts.join("")}\n` : parts.join("");
  };
  return said(block).replace(/\s?\[\d+\]/g, "").replace(/\s+/g, (space) => (space.includes("\n") ? "\n" : space)).trim();
}

// A symbol or two are said; of more the source would be read out, and the formula in the answer can be read part by part.
function spokenFormula(tex: string, strings: Strings): string {
  return /^[\w\s=+^{}.,()-]{1,16}$/.test(tex) ? tex.replace(/[\s_^{}]+/g, " ") : strings.formula;
}

function lettersIn(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function sentencesOf(text: string): string[] {
  if (!("Segmenter" in Intl)) return text ? [text] : [];
  return [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)].map(({ segment }) => segment);
}
