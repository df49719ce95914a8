// The question that a reader is writing: its text, what it is about, how far to look, and the question that it replaces.

import { useState } from "preact/hooks";
import type { OpenRequest, Scope } from "../../options.js";
import type { Parts } from "../panel.js";
import type { Selected, Turn } from "./turns.js";

export interface Draft {
  text: string;
  setText: (text: string) => void;
  selected: Selected | null;
  select: (selected: Selected | null) => void;
  /** How far around the open page to look: all of the book where no page of it is open. */
  scope: Scope;
  setScope: (scope: Scope) => void;
  /** Puts an asked question back into the field; the next question replaces it. */
  edit: (turn: Turn) => void;
  /** Takes over what a page's element, address or call asks. */
  take: (request: OpenRequest) => void;
  /** Asks `question`, by default about what is selected; true where it was sent. */
  ask: (question: string, about?: Selected | null) => boolean;
  /** Asks a question again, of the whole book; what is being written stays. */
  askWholeBook: (turn: Turn) => void;
  /** Forgets all but the text. */
  reset: () => void;
}

/** The draft of `parts`'s conversation; `onAsked` is called once a question was sent. */
export function useDraft({ options, strings, chat, site, account }: Parts, onAsked: () => void): Draft {
  const [text, setText] = useState("");
  const [selected, select] = useState<Selected | null>(null);
  const [chosen, setScope] = useState<Scope>(options.scope);
  const [editing, setEditing] = useState<Turn | null>(null);
  const scope = site.isBookPage ? chosen : "book";

  const ask = (question: string, about: Selected | null = selected) => {
    if (chat.running || !question.trim()) return false;
    setText("");
    setEditing(null);
    account.link = null;
    chat.ask(question.trim(), about, scope, editing ?? undefined);
    onAsked();
    return true;
  };
  return {
    text,
    setText,
    selected,
    select,
    scope,
    setScope,
    ask,
    askWholeBook: ({ question, selected: about }) => {
      if (chat.running) return;
      chat.ask(question, about && { ...about, withBook: true }, "book");
      onAsked();
    },
    edit: (turn) => {
      setEditing(turn);
      setText(turn.question);
    },
    take: ({ question, selection, submit }) => {
      const about = selection ? { text: selection, withBook: true } : selected;
      select(about);
      if (question && submit && ask(question, about)) return;
      if (question) setText(question);
      else if (selection && !text) setText(strings.askAbout);
    },
    reset: () => {
      select(null);
      setEditing(null);
    },
  };
}
