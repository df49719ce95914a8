// The reader's earlier conversations, in place of the one at hand.

import { useEffect, useState } from "preact/hooks";
import { failureText } from "../chat/failures.js";
import type { Parts } from "../panel.js";
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
    setListed((before) => before?.filter((each) => each.id !== id) ?? null);
    if (id === chat.id) chat.startAnew();
  };
  return (
    <section class="view" aria-label={strings.earlier}>
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
            <button type="button" class="quiet" aria-label={`${strings.remove}: ${title ?? strings.conversation}`} onClick={() => attempt(`remove ${id}`, () => remove(id))}>
              {strings.remove}
            </button>
          </li>
        ))}
      </ul>
      {cursor && <p><button type="button" class="again" onClick={() => attempt("more", () => load(cursor))}>{strings.more}</button></p>}
    </section>
  );
}
