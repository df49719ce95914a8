// What stands in the panel in place of the conversation: earlier conversations, and the reader's account.

import { useEffect, useState } from "preact/hooks";
import type { Account } from "./account.js";
import { sentence, type Chat } from "./chat.js";
import { filled, type Strings } from "./strings.js";
import { ChatError, type Service } from "./wire.js";

interface Listed {
  id: string;
  title: string | null;
  updated_at: string;
}

interface Props {
  account: Account;
  chat: Chat;
  service: Service;
  strings: Strings;
  locale: string;
  onDone: () => void;
}

function said(error: unknown, strings: Strings): string {
  if (error instanceof ChatError) return sentence(error, strings);
  console.error(error);
  return strings.unreachable;
}

/** The reader's earlier conversations, the newest first; for somebody without an account, the way to keep them. */
export function History({ account, chat, service, strings, locale, onDone }: Props) {
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
      setProblem(said(error, strings));
    }
  };
  const attempt = (work: Promise<void>) => void work.catch((error: unknown) => setProblem(said(error, strings)));
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
          <p><button type="button" class="again" onClick={() => attempt(keep())}>{strings.keep}</button></p>
          <p class="soft">{strings.keepText}</p>
        </>
      )}
      {problem && <p class="notice" role="alert">{problem}</p>}
      {known && listed?.length === 0 && <p>{strings.noEarlier}</p>}
      <ul class="listed">
        {known && listed?.map(({ id, title, updated_at: updated }) => (
          <li key={id}>
            <button type="button" class="entry" dir="auto" onClick={() => attempt(chat.load(id).then(onDone))}>
              {title ?? strings.conversation}
              <time dateTime={updated}>{new Date(updated).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })}</time>
            </button>
            <button type="button" class="quiet" aria-label={`${strings.remove}: ${title ?? strings.conversation}`} onClick={() => attempt(remove(id))}>
              {strings.remove}
            </button>
          </li>
        ))}
      </ul>
      {cursor && <p><button type="button" class="again" onClick={() => void load(cursor)}>{strings.more}</button></p>}
    </section>
  );
}

/** Signing in, signing up and signing out. */
export function AccountView({ account, chat, strings, onDone, onSignOut }: Props & { onSignOut: () => void }) {
  const [creating, setCreating] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const field = (name: string) => (fields.get(name) as string | null) ?? "";
    setBusy(true);
    try {
      const { isGuest } = account;
      const confirm = creating && (await account.signUp(field("email"), field("password"), field("name")));
      if (!creating) await account.signIn(field("email"), field("password"));
      if (!confirm && !(creating && isGuest)) await chat.keepInHistory(isGuest); // a guest's history becomes the new account's
      if (confirm) setProblem(strings.confirmEmail);
      else onDone();
    } catch (error) {
      setProblem(said(error, strings));
    }
    setBusy(false);
  };
  if (account.name !== null) {
    return (
      <section class="view" aria-label={strings.account}>
        <h2>{strings.account}</h2>
        <p>{filled(strings.signedInAs, { name: account.name })}</p>
        <p><button type="button" class="again" onClick={onSignOut}>{strings.signOut}</button></p>
      </section>
    );
  }
  return (
    <section class="view" aria-label={strings.account}>
      <h2>{creating ? strings.signUp : strings.signIn}</h2>
      {account.isGuest && (
        <p class="soft">
          {strings.guest} · <button type="button" class="quiet" onClick={onSignOut}>{strings.signOut}</button>
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        {creating && <label>{strings.name}<input name="name" autocomplete="name" maxLength={100} /></label>}
        <label>{strings.email}<input name="email" type="email" required autocomplete="email" dir="ltr" /></label>
        <label>
          {strings.password}
          <input name="password" type="password" required autocomplete={creating ? "new-password" : "current-password"} dir="ltr" />
        </label>
        {problem && <p class="notice" role="alert">{problem}</p>}
        <p class="actions">
          <button type="submit" class="primary" disabled={busy}>{creating ? strings.signUp : strings.signIn}</button>
          <button type="button" class="quiet" onClick={() => setCreating(!creating)}>{creating ? strings.signIn : strings.signUp}</button>
        </p>
      </form>
    </section>
  );
}
