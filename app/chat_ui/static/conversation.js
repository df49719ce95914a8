// The conversation: its id, its messages, and the body that asks the next question. Kept for as long as the tab lives.

const KEY = "bookrag.conversation";
const MAX_SENT_CHARACTERS = 60_000; // the server takes 256 KB, and a character may take four bytes

/** The messages of one conversation; a user message is {id, role, text}, an assistant message {id, role, record}. */
export class Conversation {
  constructor({ id = newId(), messages = [] } = {}) {
    this.id = id;
    this.messages = messages;
  }

  /** The conversation of this tab, or a new one. */
  static restore() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      if (typeof kept?.id === "string" && Array.isArray(kept.messages)) return new Conversation(kept);
    } catch {
      // storage is switched off, or holds something else
    }
    return new Conversation();
  }

  /** Keep it, where the browser lets us. */
  keep() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ id: this.id, messages: this.messages }));
    } catch {
      // full or switched off: it lives on in this page
    }
  }

  /** What `useChat` would send: the messages so far, the oldest left out where they are too many. */
  body(trigger = "submit-message", messageId = undefined) {
    const messages = [];
    let size = 0;
    for (const { id, role, text, record } of this.messages.toReversed()) {
      const said = role === "user" ? text : record.citations?.text || record.text;
      size += said.length;
      if (messages.length && size > MAX_SENT_CHARACTERS) break;
      if (said.trim()) messages.unshift({ id, role, parts: [{ type: "text", text: said }] });
    }
    return { id: this.id, messages, trigger, messageId };
  }
}

/** A UUID; `crypto.randomUUID` is missing where the page is not served from a secure context. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
