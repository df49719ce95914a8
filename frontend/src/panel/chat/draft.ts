// The question that a reader is writing: its text, what it is about, how far to look, and the question that it replaces.

import { useState } from "preact/hooks";
import type { OpenRequest, Scope } from "../../options.js";
import type { Parts } from "../panel.js";
import type { Selected, Turn } from "./turns.js";

/** The longest question that the service takes, in characters. */
export const MAX_QUESTION = 8_000;

export interface Draft {
  text: string;
  setText: (text: string) => void;
  /** Whether the text was longer than a question may be, and was cut. */
  isCut: boolean;
  setCut: (isCut: boolean) => void;
  /** Asks what is written. */
  send: () => void;
  selected: Selected | null;
  select: (selected: Selected | null) => void;
  /** How far around the open page to look: all of the book where no page of it is open. */
  scope: Scope;
  setScope: (scope: Scope) => void;
  /** Whether the text is the panel's own, which gives way to what the reader types. */
  isProposed: boolean;
  /** Puts an asked question, with what it is about, back into the form; the next question replaces it. */
  edit: (turn: Turn) => void;
  /** Whether the next question replaces the last one. */
  isEditing: boolean;
  /** Empties the field; the question that was to be replaced stays. */
  stopEditing: () => void;
  /** Takes over what a page's element, address or call asks. */
  take: (request: OpenRequest) => void;
  /** Asks `question`, by default about what is selected; true where it was sent. */
  ask: (question: string, about?: Selected | null) => boolean;
  /** Asks a question again, of the whole book; what is being written stays. */
  askWholeBook: (turn: Turn) => void;
  askLatest: (turn: Turn) => void;
  /** Forgets all but the text, and that as well where it edits a question. */
  reset: () => void;
  /** Takes up what the tab has kept of it with the conversation. */
  restore: () => void;
}

/** The draft of `parts`'s conversation; `onAsked` is called once a question was sent. */
export function useDraft({ options, strings, chat, site, account }: Parts, onAsked: () => void): Draft {
  const [text, setText] = useState("");
  const [isCut, setCut] = useState(false);
  const [selected, select] = useState<Selected | null>(null);
  const [chosen, setScope] = useState<Scope>(options.scope);
  const [editing, setEditing] = useState<Turn | null>(null);
  const [isProposed, setProposed] = useState(false);
  const scope = site.isBookPage ? chosen : "book";
  const isEditing = editing !== null && editing === chat.turns.at(-1);
  chat.draft = { text: isProposed ? "" : text, scope: chosen, selected, isEditing };

  const put = (wanted: string) => {
    setProposed(false);
    setText(wanted.slice(0, MAX_QUESTION).replace(/[\ud800-\udbff]$/, "")); // not the half of a sign
    if (wanted.length > MAX_QUESTION) setCut(true);
  };
  const write = (wanted: string) => {
    setCut(false);
    put(wanted);
  };
  const ask = (question: string, about: Selected | null = selected, edited: Turn | null = null) => {
    if (chat.running || !question.trim()) return false;
    if (question === text) write(""); // else what is being written stays
    setEditing(null);
    account.link = null;
    account.isPartlyMoved = false; // the reader was told
    chat.ask(question.trim(), about, scope, edited);
    onAsked();
    return true;
  };
  return {
    text,
    setText: (written) => {
      put(written); // the field's own limit does not bind what a script or an extension writes into it
      if (!written) setEditing(null);
    },
    isCut,
    setCut,
    send: () => ask(text, selected, editing),
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
    askLatest: ({ question, selected: about, scope: searched }) => {
      if (chat.running) return;
      site.searchLatest();
      chat.ask(question, about, searched);
      onAsked();
    },
    isProposed,
    edit: (turn) => {
      setEditing(turn);
      write(turn.question);
      select(turn.selected);
    },
    isEditing,
    stopEditing: () => {
      setEditing(null);
      write("");
    },
    take: ({ question, selection, submit }) => {
      const about = selection ? { text: selection, withBook: true } : selected;
      select(about);
      if (question) setEditing(null); // it is another one
      if (question && submit && question.length <= MAX_QUESTION && ask(question, about)) return;
      if (question) write(question);
      else if (selection && !text) {
        put(strings.askAbout);
        setProposed(true);
      }
    },
    reset: () => {
      select(null);
      if (editing) write(""); // the question that was to be replaced is in the field
      setEditing(null);
    },
    restore: () => {
      const kept = chat.draft;
      if (!kept) return;
      write(kept.text);
      setScope(kept.scope);
      select(kept.selected);
      setEditing(kept.isEditing ? (chat.turns.at(-1) ?? null) : null);
    },
  };
}
