// The reader's earlier conversations, in place of the one at hand.

import { useEffect, useRef, useState } from "preact/hooks";
import { asObject, text } from "../chat/answer-record.js";
import { failureText } from "../chat/failures.js";
import { ChatError } from "../chat/service.js";
import type { Parts } from "../panel.js";
import { useOnce } from "./panel-hooks.js";
import { Removal } from "./removal.js";

interface Listed {
  id: string;
  title: string | null;
  /** Null where it is not known. */
  updated: Date | null;
}

// The conversations of a list of the service that can be read.
function listedOf(conversations: unknown): Listed[] {
  if (!Array.isArray(conversations)) throw new ChatError("damaged");
  return conversations.flatMap((item) => {
    const { id, title, updated_at: at } = asObject(item);
    const updated = new Date(text(at) ?? NaN);
    return typeof id === "string" ? [{ id, title: text(title), updated: isNaN(+updated) ? null : updated }] : [];
  });
}

/** The reader's earlier conversations, the newest first; for somebody without an account, the way to keep them. */
export function History({ account, chat, service, strings, locale, onDone }: Parts & { onDone: () => void }) {
  const [listed, setListed] = useState<Listed[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const [removing, setRemoving] = useState<string | null>(null); // the conversation whose deletion is to be confirmed
  const view = useRef<HTMLElement>(null);
  const known = account.hasHistory;
  const load = async (after: string | null) => {
    const query = after ? `?cursor=${encodeURIComponent(after)}` : "";
    try {
      const page = asObject(await service.json(`/api/conversations${query}`));
      const found = listedOf(page.conversations);
      setListed((before) => [...(after ? (before ?? []) : []), ...found]);
      setCursor(text(page.next_cursor));
      setProblem("");
    } catch (error) {
      setProblem(failureText(error, strings));
    }
  };
  const once = useOnce();
  const attempt = (name: string, work: () => Promise<void>) =>
    void once(name, work).catch((error: unknown) => setProblem(failureText(error, strings)));
  const keep = async () => {
    await account.keepAsGuest();
    await chat.keepInHistory();
    await load(null);
  };
  useEffect(() => {
    if (!known) return;
    void load(null);
    void account.moveHistory().then((hasMoved) => (hasMoved ? load(null) : undefined));
  }, [known]);
  const remove = async (id: string) => {
    await service.call(`/api/conversations/${encodeURIComponent(id)}`, { method: "DELETE" });
    setRemoving(null);
    setListed((before) => before?.filter((each) => each.id !== id) ?? null);
    if (id === chat.id) chat.startAnew();
    view.current?.focus(); // the pressed button is gone
  };
  return (
    <section class="view" aria-label={strings.earlier} tabIndex={-1} ref={view}>
      <h2>{strings.earlier}</h2>
      {!known && (
        <>
          <p>{strings.needAccount}</p>
          <p><button type="button" class="again" onClick={() => attempt("keep", keep)}>{strings.keep}</button></p>
          <p class="soft">{strings.keepText}</p>
        </>
      )}
      {problem && <p class="notice" role="alert">{problem}</p>}
      {account.isPartlyMoved && <p class="notice" role="alert">{strings.partlyMoved}</p>}
      {chat.isPartlyKept && <p class="notice" role="alert">{strings.partlyKept}</p>}
      {known && listed?.length === 0 && <p>{strings.noEarlier}</p>}
      <ul class="listed">
        {known && listed?.map(({ id, title, updated }) => (
          <li key={id}>
            <button type="button" class="entry" dir="auto" onClick={() => attempt("show", () => chat.load(id).then(onDone))}>
              {title ?? strings.conversation}
              {updated && (
                <time dateTime={updated.toISOString()}>{updated.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })}</time>
              )}
            </button>
            <Removal
              remove={strings.remove}
              forGood={strings.removeForGood}
              keep={strings.keepIt}
              title={title ?? strings.conversation}
              isAsked={id === removing}
              onAsk={(isAsked) => setRemoving(isAsked ? id : null)}
              onRemove={() => attempt(`remove ${id}`, () => remove(id))}
            />
          </li>
        ))}
      </ul>
      {cursor && <p><button type="button" class="again" onClick={() => attempt("more", () => load(cursor))}>{strings.more}</button></p>}
    </section>
  );
}
