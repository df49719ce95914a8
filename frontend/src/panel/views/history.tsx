// The reader's earlier conversations, in place of the one at hand.

import { useEffect, useRef, useState } from "preact/hooks";
import { failureText } from "../chat/failures.js";
import type { Parts } from "../panel.js";
import type { Strings } from "../strings.js";
import { useOnce } from "./panel-hooks.js";

interface Listed {
  id: string;
  title: string | null;
  updated_at: string;
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
      const page = await service.json<{ conversations: Listed[]; next_cursor: string | null }>(`/api/conversations${query}`);
      setListed((before) => [...(after ? (before ?? []) : []), ...page.conversations]);
      setCursor(page.next_cursor);
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
    if (known) void load(null);
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
      {chat.isPartlyKept && <p class="notice" role="alert">{strings.partlyKept}</p>}
      {known && listed?.length === 0 && <p>{strings.noEarlier}</p>}
      <ul class="listed">
        {known && listed?.map(({ id, title, updated_at: updated }) => (
          <li key={id}>
            <button type="button" class="entry" dir="auto" onClick={() => attempt("show", () => chat.load(id).then(onDone))}>
              {title ?? strings.conversation}
              <time dateTime={updated}>{new Date(updated).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })}</time>
            </button>
            <Removal
              {...{ strings, title: title ?? strings.conversation, isAsked: id === removing }}
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

interface RemovalProps {
  strings: Strings;
  title: string;
  isAsked: boolean;
  /** Called with whether the reader is to be asked. */
  onAsk: (isAsked: boolean) => void;
  onRemove: () => void;
}

// What is deleted is gone, so the reader is asked first. The focus, and what stands under the pointer, is then the way
// back: a double press deletes nothing.
function Removal({ strings, title, isAsked, onAsk, onRemove }: RemovalProps) {
  const remove = useRef<HTMLButtonElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  const isKept = useRef(false);
  useEffect(() => {
    if (isAsked) keep.current?.focus();
    else if (isKept.current) remove.current?.focus();
    isKept.current = false;
  }, [isAsked]);
  const name = (word: string) => ({ "aria-label": `${word}: ${title}` });
  if (!isAsked) {
    return <button type="button" class="quiet" ref={remove} {...name(strings.remove)} onClick={() => onAsk(true)}>{strings.remove}</button>;
  }
  const back = () => {
    isKept.current = true;
    onAsk(false);
  };
  return (
    <>
      <button key="for good" type="button" class="quiet" {...name(strings.removeForGood)} onClick={onRemove}>{strings.removeForGood}</button>
      <button key="keep" type="button" class="quiet" ref={keep} {...name(strings.keepIt)} onClick={back}>{strings.keepIt}</button>
    </>
  );
}
