// A question with its answer: the text as it grows, what is to be known of it, its sources, and what can be done next.
//
// With all that renders an answer this is a module of its own, which `turn-loading.tsx` loads.

import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../../options.js";
import { AnswerView } from "./answer-view.js";
import type { Chat } from "../chat/chat.js";
import { MAX_RETRY_AFTER_SECONDS } from "../chat/service.js";
import { searchedPart, type Turn } from "../chat/turns.js";
import { directionOfText, languageOf } from "../dom.js";
import { useLiveAnswer } from "../chat/live-answer.js";
import { asQuestion, subjects } from "./headings.js";
import type { AnswerRecord } from "../chat/answer-record.js";
import type { Site } from "../host/site.js";
import { Sentence, Sources } from "./sources.js";
import { filled, verdictSentence, type Strings } from "../strings.js";
import { shortened, Suggestions } from "./suggestions.js";

export interface TurnProps {
  turn: Turn;
  chat: Chat;
  site: Site;
  strings: Strings;
  last: boolean;
  feedback: boolean;
  onEdit: (turn: Turn) => void;
  onAgain: (turn: Turn) => void;
  onAskWholeBook: (turn: Turn) => void;
  onAskLatest: (turn: Turn) => void;
  onAsk: (question: string) => void;
  speak: (text: string) => void;
}

export function TurnView({ turn, chat, site, strings, last, feedback, onEdit, onAgain, onAskWholeBook, onAskLatest, onAsk, speak }: TurnProps) {
  const { record, question, selected } = turn;
  const { end } = record;
  const idle = last && !chat.running;
  const verdict = useLiveAnswer(chat, record, (read) => read.verdict);
  const isNarrow = verdict !== null && searchedPart(turn) !== "book";
  const searchedFor = useLiveAnswer(chat, record, (read) => read.searchedFor);
  return (
    <article class="turn" data-turn={turn.questionId}>
      {selected && <blockquote class="about" dir="auto">{shortened(selected.text, 160)}</blockquote>}
      <h2 class="asked" dir={directionOfText(question)} lang={languageOf(question) || undefined}>
        <span class="unseen" dir="auto">{strings.youAsked} </span>
        {question}
      </h2>
      {searchedFor && <p class="searched" dir="auto">{filled(strings.searchedFor, { text: searchedFor })}</p>}
      {isNarrow && <p class="searched" dir="auto">{searchedText(turn, strings)}</p>}
      {record.askedAgain && <p class="searched">{strings.askedAgain}</p>}
      <AnswerText {...{ record, chat, site, strings, speak }} />
      <Notices {...{ turn, site, strings }} />
      {end && !end.unknown && <Retry {...{ turn, strings, idle, onAgain }} />}
      <LiveSources {...{ record, chat, site, strings }} />
      {end && (end.kind !== "failed" || end.unknown) && (
        <p class="actions">
          {idle && end.unknown === "version" && (
            <button type="button" class="again" onClick={() => onAskLatest(turn)}>{strings.searchLatest}</button>
          )}
          {idle && (end.unknown ? end.unknown === "page" : isNarrow && verdict !== "covered") && (
            <button type="button" class="again" onClick={() => onAskWholeBook(turn)}>{strings.searchBook}</button>
          )}
          {idle && !end.unknown && <button type="button" class="quiet" onClick={() => onEdit(turn)}>{strings.edit}</button>}
          {idle && (end.kind === "done" || end.kind === "stopped") && (
            <button type="button" class="quiet" onClick={() => onAgain(turn)}>{strings.answerAgain}</button>
          )}
          {feedback && !end.unknown && <Feedback turn={turn} strings={strings} />}
        </p>
      )}
      {idle && end?.kind === "done" && <FollowUps {...{ record, strings, onAsk }} />}
    </article>
  );
}

// That a part of the book alone was searched, by the name of the page that was open then.
function searchedText(turn: Turn, strings: Strings): string {
  const text = searchedPart(turn) === "page" ? strings.searchedPage : strings.searchedChapter;
  return filled(text, { title: turn.pageTitle ?? strings.scopePage });
}

type AnswerProps = Pick<TurnProps, "chat" | "site" | "strings"> & { record: AnswerRecord };

function AnswerText({ record, chat, site, strings, speak }: AnswerProps & Pick<TurnProps, "speak">) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<AnswerView | null>(null);
  useEffect(() => {
    if (!box.current) return;
    box.current.replaceChildren();
    const made = new AnswerView(box.current, record, strings, site, chat.heard.has(record) ? speak : undefined);
    view.current = made;
    made.update();
    const unfollow = chat.follow(record, () => made.update());
    return () => {
      unfollow();
      made.drop();
    };
  }, [record]);
  useEffect(() => {
    if (record.end) view.current?.settle();
  }, [record, record.end]);
  return <div class="text" data-waiting={strings.searching} ref={box} />;
}

// The sources come before the first word, in the middle of the stream.
function LiveSources({ record, chat, site, strings }: AnswerProps) {
  if (!useLiveAnswer(chat, record, ({ sources }) => sources.length)) return null;
  return <div class="sources"><Sources {...{ record, site, strings }} /></div>;
}

function Notices({ turn, site, strings }: Pick<TurnProps, "turn" | "site" | "strings">) {
  const { record } = turn;
  const { verdict, citations, end } = record;
  const unsupported = citations?.unsupported ?? [];
  return (
    <div class="notices">
      {/* A refusal says so itself, as quoted passages say that the book may not answer. */}
      {end && verdict === "uncertain" && !isQuoted(record) && (
        <Notice title={verdictSentence("uncertain", searchedPart(turn), strings)} text={strings.uncertainText} />
      )}
      {unsupported.length > 0 && (
        <div class="notice">
          <strong>{strings.check}</strong> <span>{strings.checkText}</span>
          <ul>{unsupported.map((text) => <li key={text}><Sentence kind="statement" {...{ text, record, site, strings }} /></li>)}</ul>
        </div>
      )}
      {end?.kind === "stopped" && <Notice title={strings.stopped} text={strings.stoppedText} />}
      {end?.kind === "incomplete" && <Notice title={strings.incomplete} text={end.message ?? strings.lost} />}
      {end?.kind === "failed" && <Notice title={strings.noAnswer} text={end.message ?? strings.lost} alert />}
    </div>
  );
}

// Whether the answer is one of quotations, which no model wrote.
function isQuoted({ model, marks }: AnswerRecord): boolean {
  return model === null && !marks.length;
}

function Notice({ title, text, alert = false }: { title: string; text: string; alert?: boolean }) {
  return <div class="notice" role={alert ? "alert" : undefined}><strong>{title}</strong> <span dir="auto">{text}</span></div>;
}

// A question that was refused for a while can be sent again after it. A clock that is set back makes no wait longer.
function Retry({ turn, strings, idle, onAgain }: Pick<TurnProps, "turn" | "strings" | "onAgain"> & { idle: boolean }) {
  const { end } = turn.record;
  const left = () => Math.ceil(((end?.retryAt ?? 0) - Date.now()) / 1_000);
  const [wait, setWait] = useState(() => (left() > MAX_RETRY_AFTER_SECONDS ? 0 : left()));
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(Math.min(wait - 1, left())), 1_000);
    return () => clearTimeout(timer);
  }, [wait]);
  if (!idle || (end?.kind !== "failed" && end?.kind !== "incomplete")) return null;
  return (
    <p class="actions">
      <button type="button" class="again" aria-disabled={wait > 0} onClick={() => wait <= 0 && onAgain(turn)}>
        {strings.tryAgain}
        {wait > 0 && ` (${wait})`}
      </button>
    </p>
  );
}

function Feedback({ turn, strings }: Pick<TurnProps, "turn" | "strings">) {
  const [given, setGiven] = useState<boolean | null>(null);
  const give = (helpful: boolean) => {
    setGiven(helpful);
    announce("feedback", { helpful, question: turn.question, messageId: turn.answerId });
  };
  if (given !== null) return <span role="status">{strings.thanks}</span>;
  return (
    <>
      <button type="button" class="quiet" onClick={() => give(true)}>{strings.helpful}</button>
      <button type="button" class="quiet" onClick={() => give(false)}>{strings.notHelpful}</button>
    </>
  );
}

// What was read and not cited lies beside the question: a way to go on.
function FollowUps({ record, strings, onAsk }: { record: AnswerRecord; strings: Strings; onAsk: (question: string) => void }) {
  const { citations, verdict } = record;
  // Of what was read for a question that the book does not cover, a refusal names what is near.
  const others = (verdict === "not_covered" ? citations?.cited.map(({ source }) => source) : citations?.also_read) ?? [];
  const read = others.flatMap((number) => record.sources.find((source) => source.number === number) ?? []);
  const asked = subjects(read).slice(0, 2).map((heading) => asQuestion(heading, strings.followUp));
  return <Suggestions label={strings.suggestions} questions={asked} onAsk={onAsk} />;
}
