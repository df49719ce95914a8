// The passages beneath an answer: those it cites by number with the sentence that supports it, then what was also read.

import { originOf, renderInline, renderMarkdown } from "./markdown.js";
import { element, languageOf, markLanguages } from "./element.js";

/** The elements that show an answer's sources; none where there are none. */
export function sourceList({ sources, citations, grounded, end }) {
  if (!sources.length) return [];
  if (!end && grounded === false) return []; // whether any of them is near is told at the end
  if (!end || !citations?.text) {
    const heading = grounded === false ? "Nearest sections" : end ? "Sources" : "Passages found";
    return [titled(heading, sources.map((source) => item(source, source.number)))];
  }
  const byNumber = new Map(sources.map((source) => [source.number, source]));
  const cited = citations.cited.filter(({ source }) => byNumber.has(source));
  const others = citations.also_read.map((number) => byNumber.get(number)).filter(Boolean);
  const shown = [];
  if (cited.length) {
    const items = cited.map((citation) => item(byNumber.get(citation.source), citation.number, citation));
    shown.push(titled(grounded === false ? "Nearest sections" : "Sources", items));
  }
  if (others.length && (grounded !== false || cited.length)) {
    const list = element("ol", { className: "list" }, ...others.map((source) => item(source, null)));
    shown.push(element("details", { className: "also" }, element("summary", {}, `Also read (${others.length})`), list));
  }
  return shown;
}

function titled(heading, items) {
  const section = element("section", {}, element("h3", {}, heading), element("ol", { className: "list" }, ...items));
  section.ariaLabel = heading;
  return section;
}

function item(source, number, citation = null) {
  const place = source.heading_path?.length ? source.heading_path.at(-1) : source.title;
  const way = [source.title, ...(source.heading_path ?? []).slice(0, -1)].filter((step) => step && step !== place);
  // Title and trail stand on one side, that of the title's script.
  const body = element("div", { className: "body", dir: "auto" }, link(source, place, number), trail(way));
  if (citation?.sentence) body.append(quoted(citation.sentence, source));
  if (citation?.supported === false) body.append(element("p", { className: "doubt" }, "Does not clearly support what was said."));
  if (source.text) body.append(passage(source, place));
  const marker = number === null ? null : element("span", { className: "number", ariaHidden: "true" }, String(number));
  return element("li", {}, marker, body);
}

function link(source, place, number) {
  const properties = { className: "place", lang: languageOf(place) };
  if (!originOf(source.url)) return element("span", properties, place);
  const made = element("a", { ...properties, href: source.url, target: "_blank", rel: "noopener" }, place);
  made.ariaLabel = `${number === null ? "" : `Source ${number}: `}${place} (opens in a new tab)`;
  return made;
}

function trail(way) {
  return way.length ? element("p", { className: "trail" }, way.join(" › ")) : null;
}

const LINE_MARKS = /^\s*(?:(?:[-*+>•]|\d{1,3}[.)]|#{1,6}|\[[ xX]\])\s+)+/gm;
const TABLE_ROW = /^\s*\|(.*)\|\s*$/gm;

/** A sentence as it is shown: what makes it a list item, a heading or a table's row is left out. */
export function withoutLineMarks(sentence) {
  return sentence.replace(LINE_MARKS, "").replace(TABLE_ROW, (_, row) => row.split("|").map((cell) => cell.trim()).join(" – "));
}

function quoted(sentence, source) {
  const text = withoutLineMarks(sentence);
  const paragraph = element("p", { className: "sentence", dir: "auto", lang: languageOf(text) });
  paragraph.append(renderInline(text, environment(source)));
  return paragraph;
}

// What a passage's Markdown may lead to: the book itself.
function environment(source) {
  return { sources: new Map(), origins: new Set([originOf(source.url)].filter(Boolean)), writing: false };
}

// Rendered when it is opened: a passage may hold a whole section.
function passage(source, place) {
  const details = element("details", { className: "passage" }, element("summary", { ariaLabel: `Passage: ${place}` }, "Passage"));
  const show = () => {
    const text = element("div", { className: "text quoted", tabIndex: -1 });
    text.append(renderMarkdown(source.text, environment(source)));
    markLanguages(text.children);
    details.append(text);
  };
  details.addEventListener("toggle", show, { once: true });
  return details;
}
