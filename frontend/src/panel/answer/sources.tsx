// The passages beneath an answer, as cards: those it cites by number, then what was also read.

import { useEffect, useRef, useState } from "preact/hooks";
import { environment, markLanguages } from "./answer-view.js";
import { languageOf } from "../dom.js";
import { drawDiagrams } from "./diagrams.js";
import { figuresOf, type Figure } from "./figures.js";
import { renderInline, renderMarkdown, type Environment } from "./markdown.js";
import { placeIn, type AnswerRecord, type Citation, type Source } from "../chat/answer-record.js";
import { FENCE } from "../host/passages.js";
import type { Site } from "../host/site.js";
import { filled, type Strings } from "../strings.js";

interface Props {
  record: AnswerRecord;
  site: Site;
  strings: Strings;
}

/** An answer's sources; nothing where there are none. */
export function Sources({ record, site, strings }: Props) {
  const { sources, citations, verdict, end } = record;
  if (!sources.length) return null;
  const nearest = verdict === "not_covered";
  if (!end || !citations) {
    const title = nearest ? strings.nearest : end ? strings.sources : strings.passagesFound;
    return <Cards title={title} {...{ record, site, strings }} items={sources.map((source) => ({ source, number: source.number, citation: null }))} />;
  }
  const byNumber = new Map(sources.map((source) => [source.number, source]));
  const items = citations.cited.flatMap((citation) => {
    const source = byNumber.get(citation.source);
    return source ? [{ source, number: citation.number, citation }] : [];
  });
  const others = citations.also_read.flatMap((number) => byNumber.get(number) ?? []);
  return (
    <>
      {items.length > 0 && <Cards title={nearest ? strings.nearest : strings.sources} {...{ record, site, strings, items }} />}
      {others.length > 0 && (!nearest || items.length > 0) && (
        <details class="also">
          <summary>{filled(strings.alsoRead, { count: others.length })}</summary>
          <ol class="cards">
            {others.map((source) => (
              <Card key={source.number} item={{ source, number: null, citation: null }} {...{ record, site, strings }} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

interface Item {
  source: Source;
  number: number | null;
  citation: Citation | null;
}

function Cards({ title, items, ...props }: Props & { title: string; items: Item[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ol class="cards">
        {items.map((item) => (
          <Card key={`${item.number}-${item.source.number}`} item={item} {...props} />
        ))}
      </ol>
    </section>
  );
}

function Card({ item: { source, number, citation }, record, site, strings }: Props & { item: Item }) {
  const place = source.isSelection ? strings.selection : (source.heading_path?.at(-1) ?? source.title);
  const trail = source.isSelection ? [] : [source.title, ...(source.heading_path ?? []).slice(0, -1)].filter((step) => step && step !== place);
  const to = site.link(placeIn(record, source));
  const lang = languageOf(place) || undefined;
  return (
    <li>
      {number !== null && <span class="number" aria-hidden="true">{number}</span>}
      <div class="body" dir="auto">
        {to ? (
          <a
            class="place"
            lang={lang}
            href={to.href}
            target={to.outside ? "_blank" : undefined}
            rel={to.outside ? "noopener" : undefined}
            data-source={source.number}
            aria-label={label(number, place, to.outside, strings)}
          >
            {place}
          </a>
        ) : (
          <span class="place" lang={lang}>{place}</span>
        )}
        {trail.length > 0 && <p class="trail">{trail.join(" › ")}</p>}
        {citation?.sentence && <Sentence text={citation.sentence} {...{ record, site, strings }} />}
        {citation?.supported === false && <p class="doubt">{strings.weakSource}</p>}
        {source.text && <Passage text={source.text} page={site.resolve(source.url)} env={inBook(record, strings, site)} label={`${strings.passage}: ${place}`} summary={strings.passage} />}
      </div>
    </li>
  );
}

function label(number: number | null, place: string, outside: boolean, strings: Strings): string {
  const says = number === null ? place : filled(strings.source, { number, title: place });
  return outside ? `${says} (${strings.newTab})` : says;
}

const LINE_MARKS = /^[^\S\n]*(?:(?:[-*+>•]|\d{1,3}[.)]|#{1,6}|\[[ xX]\])\s+)+/gm;
const TABLE_ROW = /^[^\S\n]*\|(.*)\|[^\S\n]*$/gm;

// A sentence as it is shown: what makes it a list item, a heading or a table's row is left out.
function withoutLineMarks(sentence: string): string {
  const cells = (_: string, row: string) => row.split("|").map((cell) => cell.trim()).join(" – ");
  return sentence.replace(FENCE, "").replace(LINE_MARKS, "").replace(TABLE_ROW, cells);
}

// What the book's Markdown may lead to: the book itself, and none of its brackets is a citation.
function inBook(record: AnswerRecord, strings: Strings, site: Site): Environment {
  return { ...environment(record, strings, site), sources: new Map<number, Source>() };
}

/** A sentence of the book or of an answer, with its emphasis, code and formulas. */
export function Sentence({ text, record, site, strings, kind = "sentence" }: Props & { text: string; kind?: "sentence" | "statement" }) {
  const shown = withoutLineMarks(text);
  const box = useRef<HTMLParagraphElement>(null);
  useEffect(() => box.current?.replaceChildren(renderInline(shown, inBook(record, strings, site))), [shown]);
  return <p class={kind} dir="auto" lang={languageOf(shown) || undefined} ref={box} />;
}

// Rendered when it is opened: a passage may hold a whole section.
function Passage({ text, page, env, label, summary }: { text: string; page: URL | null; env: Environment; label: string; summary: string }) {
  const [open, setOpen] = useState(false);
  const [figures, setFigures] = useState<Figure[]>([]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const passage = renderMarkdown(text, env);
    drawDiagrams(passage, page, env.strings.diagram);
    markLanguages(passage.children);
    box.current?.replaceChildren(passage);
    void figuresOf(text, page).then(setFigures);
  }, [open, text, location.pathname]); // a drawing is there once its page is open
  return (
    <details class="passage" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={label}>{summary}</summary>
      {open && <div class="text quoted" ref={box} tabIndex={-1} />}
      {open && figures.map(({ src, alt }) => <img key={src} class="figure" src={src} alt={alt} loading="lazy" />)}
    </details>
  );
}
