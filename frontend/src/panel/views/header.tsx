// The panel's head: its title, and the ways to another conversation and to the account.
//
// On the chat page it also says whose account is signed in, and which language and version of the book are searched.

import type { PageOptions } from "../../options.js";
import { IconButton } from "../icons.js";
import type { Parts, View } from "../panel.js";
import { filled, type Strings } from "../strings.js";

interface Props {
  parts: Parts;
  view: View;
  onView: (view: View) => void;
  onNew: () => void;
  onClose: () => void;
  onSignOut: () => void;
}

export function Header({ parts: { options, strings, locale, chat, account }, view, onView, onNew, onClose, onSignOut }: Props) {
  const { page } = options;
  const name = page && account.name;
  const Bar = page ? "header" : "div";
  return (
    <Bar class="bar">
      <h1 id="bookrag-title">{options.title ?? strings.title}</h1>
      {view !== "conversation" && <IconButton label={strings.back} path="M15 6l-6 6 6 6" onClick={() => onView("conversation")} turns />}
      {page && <Edition {...{ page, strings, locale, version: options.version }} />}
      {chat.turns.length > 0 && <IconButton label={strings.newConversation} path="M12 5v14M5 12h14" onClick={onNew} />}
      {options.accounts && <IconButton label={strings.earlier} path="M12 8v4l3 2M4 12a8 8 0 1 0 3-6.2L4 8m0-4v4h4" onClick={() => onView("history")} />}
      {options.accounts && !account.isSites && !name && (
        <IconButton label={strings.account} path="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 8a7 7 0 0 1 14 0" onClick={() => onView("account")} />
      )}
      {name && (
        <p class="account">
          <span dir="auto">{filled(strings.signedInAs, { name })}</span>
          <button type="button" class="again" onClick={onSignOut}>{strings.signOut}</button>
        </p>
      )}
      {!page && <IconButton label={strings.close} path="M6 6l12 12M18 6L6 18" onClick={onClose} />}
    </Bar>
  );
}

// The choice stands in the page's address, so that it can be shared and nothing has to be stored.
function Edition({ page, strings, locale, version }: { page: PageOptions; strings: Strings; locale: string; version: string | null }) {
  const choose = (name: string, value: string) => {
    const query = new URLSearchParams(location.search);
    if (value) query.set(name, value);
    else query.delete(name);
    location.search = query.toString();
  };
  return (
    <>
      {page.locales.length > 1 && (
        <select aria-label={strings.language} value={locale} onChange={(event) => choose("locale", event.currentTarget.value)}>
          {page.locales.map((each) => <option key={each} value={each} lang={each}>{languageName(each)}</option>)}
        </select>
      )}
      {page.versions.length > 1 && (
        <select aria-label={strings.version} value={version ?? ""} onChange={(event) => choose("version", event.currentTarget.value)}>
          <option value="">{strings.latest}</option>
          {page.versions.map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
      )}
    </>
  );
}

// In the language itself: who reads it finds it.
function languageName(locale: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale; // a folder's name that is no language tag
  }
}
