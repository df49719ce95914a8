// Signing in, signing up and signing out, in place of the conversation.

import { useState } from "preact/hooks";
import { failureText } from "../chat/failures.js";
import type { Parts } from "../panel.js";
import { filled } from "../strings.js";
import { useOnce } from "./panel-hooks.js";
import { Removal } from "./removal.js";

interface Props extends Parts {
  onDone: () => void;
  onSignOut: () => void;
}

/** Signing in, signing up and signing out. */
export function AccountView({ account, chat, strings, onDone, onSignOut }: Props) {
  const [creating, setCreating] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [leaving, setLeaving] = useState(false); // whether a guest is asked before signing out
  const once = useOnce();
  const submit = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const field = (name: string) => (fields.get(name) as string | null) ?? "";
    setBusy(true);
    try {
      const { isGuest } = account;
      const confirm = creating && (await account.signUp(field("email"), field("password"), field("name")));
      if (!creating) await account.signIn(field("email"), field("password"));
      if (!confirm && !(creating && isGuest)) await chat.keepInHistory(isGuest); // a guest's history becomes the new account's
      void account.moveHistory();
      if (confirm) setProblem(strings.confirmEmail);
      else onDone();
    } catch (error) {
      setProblem(failureText(error, strings));
    }
    setBusy(false);
  };
  const change = () => {
    setCreating(!creating);
    setProblem(""); // it was of the other form
  };
  if (account.name !== null) {
    return (
      <section class="view" aria-label={strings.account} tabIndex={-1}>
        <h2>{strings.account}</h2>
        <p>{filled(strings.signedInAs, { name: account.name })}</p>
        <p><button type="button" class="again" onClick={onSignOut}>{strings.signOut}</button></p>
      </section>
    );
  }
  return (
    <section class="view" aria-label={strings.account} tabIndex={-1}>
      <h2>{creating ? strings.signUp : strings.signIn}</h2>
      {account.isGuest && (
        <div class="soft guest">
          <p role="status">{leaving ? strings.leaveGuest : strings.guest}</p>
          <Removal
            remove={strings.signOut}
            forGood={strings.signOutForGood}
            keep={strings.stay}
            isAsked={leaving}
            onAsk={setLeaving}
            onRemove={onSignOut}
          />
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          void once("submit", () => submit(form)); // Enter may be struck again meanwhile
        }}
      >
        {creating && <label>{strings.name}<input name="name" autocomplete="name" maxLength={100} /></label>}
        <label>{strings.email}<input name="email" type="email" required autocomplete="email" dir="ltr" /></label>
        <label>
          {strings.password}
          <input name="password" type="password" required autocomplete={creating ? "new-password" : "current-password"} dir="ltr" />
        </label>
        {problem && <p class="notice" role="alert">{problem}</p>}
        {/* With a key: else the notice becomes this paragraph, whose buttons are made anew. */}
        <p key="actions" class="actions">
          <button type="submit" class="primary" aria-disabled={busy}>{creating ? strings.signUp : strings.signIn}</button>
          <button type="button" class="quiet" onClick={change}>{creating ? strings.signIn : strings.signUp}</button>
        </p>
      </form>
    </section>
  );
}
