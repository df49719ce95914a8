// The conversation: its questions with their answers, whose citations lead to the page; before the first question, a welcome.

import type { RefObject } from "preact";
import { announce } from "../../options.js";
import type { Turn } from "../chat/turns.js";
import { copyCode, prefetchSource, sourceOfLink } from "../answer/answer-links.js";
import type { Frame } from "./frame.js";
import type { Parts } from "../panel.js";
import { placeIn } from "../chat/answer-record.js";
import { asQuestion, namesSubject } from "../answer/headings.js";
import { Suggestions } from "../answer/suggestions.js";
import { LoadedTurn } from "../answer/turn-loading.js";
import type { Voice } from "./live-regions.js";

interface Props {
  parts: Parts;
  frame: Frame;
  voice: Voice;
  hidden: boolean;
  log: RefObject<HTMLDivElement | null>;
  /** Told whether the page that a citation led to is missing. */
  onArrived: (isGone: boolean) => void;
  onEdit: (turn: Turn) => void;
  onAgain: (turn: Turn) => void;
  onAskWholeBook: (turn: Turn) => void;
  onAskLatest: (turn: Turn) => void;
  onAsk: (question: string) => void;
}

export function Conversation({ parts, frame, voice, hidden, log, onArrived, onEdit, onAgain, onAskWholeBook, onAskLatest, onAsk }: Props) {
  const { options, strings, chat, site } = parts;
  const leadThere = async (event: MouseEvent) => {
    const found = sourceOfLink(event, chat);
    if (!found) return;
    const { record, source } = found;
    announce("cited", { url: source.url, title: source.title });
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = site.resolve(source.url);
    if (!target || !site.isInside(target)) return;
    event.preventDefault();
    const covering = frame.isCovering();
    if (covering) frame.close(false);
    const isThere = await site.open(placeIn(record, source), covering || event.detail === 0);
    if (isThere !== null) onArrived(!isThere);
  };
  return (
    <div
      class="log"
      role="region"
      aria-label={strings.conversation}
      aria-busy={chat.running !== null}
      tabIndex={options.page ? undefined : 0} // the chat page scrolls as a whole
      hidden={hidden}
      ref={log}
      onClick={(event) => { void leadThere(event); void copyCode(event, strings, voice.tell); }}
      onPointerOver={(event) => prefetchSource(event, chat, site)}
      onFocusIn={(event) => prefetchSource(event, chat, site)}
    >
      {chat.turns.length === 0 && <Welcome {...parts} onAsk={onAsk} />}
      {chat.turns.map((turn, at) => (
        <LoadedTurn
          key={turn.questionId}
          {...{ turn, chat, site, strings, onEdit, onAgain, onAskWholeBook, onAskLatest, onAsk, speak: voice.speak }}
          last={at === chat.turns.length - 1}
          feedback={options.feedback}
        />
      ))}
    </div>
  );
}

function Welcome({ strings, site, options, onAsk }: Parts & { onAsk: (question: string) => void }) {
  const onPage = site.isBookPage ? [strings.summarize, strings.simpler] : [];
  const ofPage = (site.isBookPage ? site.headings : [])
    .filter(namesSubject)
    .slice(0, 2)
    .map((heading) => asQuestion(heading, strings.explainHeading));
  return (
    <div class="welcome">
      <p class="lead">{strings.welcome}</p>
      <p>{strings.about}</p>
      <Suggestions label={strings.suggestions} questions={[...options.suggestions, ...onPage, ...ofPage]} onAsk={onAsk} />
    </div>
  );
}
