// What renders answers is loaded once the field has the focus: a reader can write before it is there.

import type { ComponentType } from "preact";
import { useEffect, useReducer } from "preact/hooks";
import { useLiveAnswer } from "../chat/live-answer.js";
import type { TurnProps } from "./turn.js";

type TurnComponent = ComponentType<TurnProps>;

let Loaded: TurnComponent | null = null;
let loading: Promise<TurnComponent | null> | null = null;

/** Loads what renders answers; null where that fails, and the next call tries again. */
export function loadTurnView(): Promise<TurnComponent | null> {
  loading ??= import("./turn.js").then(
    ({ TurnView }) => (Loaded = TurnView),
    (error: unknown) => {
      console.error("bookrag: answers stay plain text, as what renders them could not be loaded", error);
      return (loading = null);
    },
  );
  return loading;
}

/** Whether answers are rendered; until then they are plain text. */
export function isTurnViewLoaded(): boolean {
  return Loaded !== null;
}

/** A question with its answer; until its renderer is there, as plain text. */
export function LoadedTurn(props: TurnProps) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!Loaded) void loadTurnView().then(() => redraw(0));
  }, []);
  return Loaded ? <Loaded {...props} /> : <PlainTurn {...props} />;
}

function PlainTurn({ turn: { questionId, question, record }, chat, strings }: TurnProps) {
  const text = useLiveAnswer(chat, record, (read) => read.text);
  const said = text === "" ? (record.end?.message ?? strings.searching) : text;
  return (
    <article class="turn" data-turn={questionId}>
      <h2 class="asked" dir="auto">
        <span class="unseen" dir="auto">{strings.youAsked} </span>
        {question}
      </h2>
      <div class="text plain" dir="auto">{said}</div>
    </article>
  );
}
