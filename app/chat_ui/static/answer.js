// One answer on the page: its text as it grows, its sources, and how it ended. Shows a record; asks nobody.

import { blockStarts, originOf, renderInline, renderMarkdown, withMarks, withoutMarks } from "./markdown.js";
import { element, markLanguages } from "./element.js";
import { sourceList, withoutLineMarks } from "./sources.js";

const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;
const FRAME_MS = 50;
const MAX_LIVE = 20_000; // characters of one block (a list, a listing) beyond which it is plain text until it is complete
const REST = 5; // a rendering is followed by this many times its own duration of rest, so that the page stays quick

/** What is known of an answer; plain data, so that it can be kept. `end` is null while it is being written. */
export function newRecord() {
  return { text: "", sources: [], citations: null, grounded: null, verdict: null, searchedFor: null, end: null, marks: [] };
}

/** Shows a record in `article`; call `update` whenever the record has grown. */
export class AnswerView {
  #record;
  #text = element("div", { className: "text" });
  #sources = element("div", { className: "sources" });
  #notices = element("div", { className: "notices" });
  #onBlock;
  #memory = { references: {}, headings: {} }; // link definitions and headings of the text so far
  #env;
  #settled = 0; // characters of the text whose blocks will not change any more
  #tail = [];
  #timer = 0;
  #shownSources = null;

  constructor(article, record, { onBlock = () => {} } = {}) {
    this.#record = record;
    this.#onBlock = onBlock;
    article.append(this.#text, this.#notices, this.#sources);
  }

  /** The page follows the record, soon. */
  update() {
    this.#timer ||= setTimeout(() => this.renderNow(), FRAME_MS);
  }

  /** The page shows the record now, for good. */
  settle() {
    clearTimeout(this.#timer);
    const { citations } = this.#record;
    // Its markers were renumbered, or a link may be defined below its use.
    if (citations?.text || DEFINITION.test(this.#record.text)) this.#startOver();
    this.renderNow();
  }

  /** The page shows the record as it stands. */
  renderNow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const started = performance.now();
    this.#showSources();
    const { end } = this.#record;
    const done = end !== null;
    this.#text.classList.toggle("writing", !done);
    this.#env = { ...environment(this.#record), ...this.#memory };
    this.#renderText(shownText(this.#record), done);
    this.#showNotices();
    if (!done) {
      const cost = performance.now() - started;
      const rest = Math.min(5_000, cost * REST);
      if (rest > FRAME_MS) this.#timer = setTimeout(() => this.renderNow(), rest);
    }
  }

  #renderText(whole, done) {
    let rest = whole.slice(this.#settled);
    const boundary = done ? rest.length : settledLength(rest, this.#passing());
    for (const node of this.#tail) node.remove();
    if (boundary > 0) {
      const nodes = renderMarkdown(rest.slice(0, boundary), this.#env);
      finishBlocks(nodes);
      markLanguages(nodes.children);
      for (const block of nodes.children) this.#onBlock(spokenText(block));
      this.#text.append(nodes);
      this.#settled += boundary;
      rest = whole.slice(this.#settled);
    }
    const tail = rest.length > MAX_LIVE ? plain(rest) : renderMarkdown(rest, this.#passing());
    markLanguages(tail.children);
    this.#tail = [...tail.childNodes];
    this.#text.append(tail);
    if (done) makeReachable(this.#text);
  }

  // For what is still being written: it leaves no trace in what is remembered.
  #passing() {
    return { ...this.#env, references: { ...this.#env.references }, headings: { ...this.#env.headings }, writing: true };
  }

  #startOver() {
    this.#onBlock = () => {}; // it was read out already
    this.#memory = { references: {}, headings: {} };
    this.#settled = 0;
    this.#tail = [];
    this.#text.replaceChildren();
  }

  #showSources() {
    const { sources, citations, end } = this.#record;
    const shown = JSON.stringify([sources.length, citations !== null, end !== null]);
    if (shown === this.#shownSources) return;
    this.#shownSources = shown;
    this.#sources.replaceChildren(...sourceList(this.#record));
  }

  #showNotices() {
    const { verdict, searchedFor, citations, end } = this.#record;
    const notices = [];
    if (searchedFor) notices.push(notice("Searched for", searchedFor));
    // A refusal says so itself, as quoted passages say that the book may not answer.
    if (verdict === "uncertain" && !isQuoted(this.#record)) {
      notices.push(notice("The book may not answer this", "The sections below come nearest to the question."));
    }
    if (citations?.unsupported?.length) {
      const list = element("ul", {}, ...citations.unsupported.map((text) => this.#statement(text)));
      notices.push(notice("Check these statements", "No passage clearly supports them:", list));
    }
    if (end?.kind === "stopped") notices.push(notice("Stopped", "You stopped this answer; it is not complete."));
    if (end?.kind === "incomplete") notices.push(notice("Not complete", end.message));
    if (end?.kind === "failed") notices.push(notice(this.#record.text ? "Not complete" : "No answer", end.message));
    this.#notices.replaceChildren(...notices);
  }

  #statement(text) {
    const shown = element("li", { dir: "auto" });
    shown.append(renderInline(withoutLineMarks(text), { sources: new Map(), origins: this.#env.origins, writing: false }));
    return shown;
  }
}

function shownText(record) {
  const { text, citations, end } = record;
  const shown = end && citations?.text ? citations.text : text;
  return withMarks(shown, placesOf(record) ?? []).replace(/\r\n?/g, "\n");
}

// Whether the answer is one of quotations, which no model wrote.
function isQuoted({ end, model, marks }) {
  return end !== null && model === null && !marks?.length;
}

// Where the marks are, as the server says it; null where it does not.
function placesOf({ citations, end, marks }) {
  if (end && citations?.text) return Array.isArray(citations.marks) ? citations.marks : null;
  return marks?.length ? marks : null;
}

// With its citations resolved, an answer's numbers are those of its final list; before, those of the passages found.
function environment(record) {
  const { sources, citations, end } = record;
  const byNumber = new Map(sources.map((source) => [source.number, source]));
  const numbered =
    end && citations?.text
      ? new Map(citations.cited.map(({ number, source }) => [number, byNumber.get(source)]).filter(([, found]) => found))
      : byNumber;
  const origins = new Set(sources.map(({ url }) => originOf(url)).filter(Boolean));
  return { sources: numbered, origins, placed: placesOf(record) !== null };
}

// All before the last block whose first line is complete: what comes cannot change it any more.
function settledLength(text, env) {
  const lines = text.split("\n");
  const start = blockStarts(text, env).findLast((line) => line < lines.length - 1) ?? 0;
  return lines.slice(0, start).reduce((length, line) => length + line.length + 1, 0);
}

function plain(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(element("div", { className: "plain", dir: "auto" }, withoutMarks(text)));
  return fragment;
}

function finishBlocks(nodes) {
  if (!navigator.clipboard) return;
  for (const block of nodes.querySelectorAll("pre.code")) {
    const copy = element("button", { type: "button", className: "copy", textContent: "Copy" });
    copy.ariaLabel = "Copy this code";
    const box = element("div", { className: "listing" });
    block.replaceWith(box);
    box.append(block, copy);
  }
}

// What is wider than the page scrolls by itself, and the keyboard must be able to get there.
function makeReachable(text) {
  for (const box of text.querySelectorAll("pre, .formula, .table")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.role = "region";
      box.ariaLabel = box.matches("pre") ? "Code" : box.matches(".table") ? "Table" : "Formula";
    }
  }
}

function spokenText(block) {
  return block.matches(".listing, pre") ? "A piece of code." : block.textContent.replace(/\s*\[\d+\]/g, "");
}

function notice(title, message, ...rest) {
  return element("div", { className: "notice" }, element("strong", {}, title), element("span", { dir: "auto" }, message), ...rest);
}
