// The question's form: what it is about, its field, and how far around the open page to look.

import type { Ref } from "preact";
import type { Scope } from "../../options.js";
import type { Selected } from "../chat/turns.js";
import { MAX_QUESTION, type Draft } from "../chat/draft.js";
import { Icon, IconButton } from "../icons.js";
import type { Parts } from "../panel.js";
import { filled, type Strings } from "../strings.js";
import { shortened } from "../answer/suggestions.js";

interface Props {
  parts: Parts;
  draft: Draft;
  /** Whether the page that a citation led to is missing. */
  gone: boolean;
  field: Ref<HTMLTextAreaElement>;
  hidden: boolean;
  onStop: () => void;
  onStopEditing: () => void;
}

export function QuestionForm({ parts, draft, gone, field, hidden, onStop, onStopEditing }: Props) {
  const { options, strings, site } = parts;
  return (
    <form
      class="ask"
      hidden={hidden}
      aria-label={strings.question}
      onSubmit={(event) => {
        event.preventDefault();
        draft.send();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing || !draft.isEditing) return;
        event.preventDefault();
        event.stopPropagation(); // the panel stays open
        onStopEditing();
      }}
    >
      <FormNotices {...{ parts, gone }} />
      {draft.isCut && <p class="notice" role="alert">{filled(strings.tooLong, { count: MAX_QUESTION })}</p>}
      {draft.isEditing && (
        <div class="chip">
          <p id="bookrag-editing">{strings.editing}</p>
          <IconButton label={strings.stopEditing} path="M6 6l12 12M18 6L6 18" onClick={onStopEditing} />
        </div>
      )}
      {draft.selected && <Chip {...{ selected: draft.selected, scope: draft.scope, strings }} onChange={draft.select} />}
      <Field {...{ parts, draft, field, onStop }} />
      {site.isBookPage && <ScopeChoice {...{ scope: draft.scope, version: site.version, strings }} onChange={draft.setScope} />}
      <p id="bookrag-keys" class={options.page ? "keys" : "unseen"}>{options.page ? strings.keysOfPage : strings.keys}</p>
    </form>
  );
}

function FormNotices({ parts: { options, strings, account, chat }, gone }: Pick<Props, "parts" | "gone">) {
  return (
    <>
      {account.link === "refused" && <p class="notice" role="alert">{strings.linkRefused}</p>}
      {account.link === "taken" && !options.page && (
        <p class="notice" role="status">{filled(strings.signedInAs, { name: account.name ?? "" })}</p>
      )}
      {account.hasExpired && <p class="notice" role="alert">{strings.signedOut}</p>}
      {gone && <p class="notice" role="alert">{strings.pageGone}</p>}
      {account.isPartlyMoved && <p class="notice" role="alert">{strings.partlyMoved}</p>}
      {chat.isPartlyKept && <p class="notice" role="alert">{strings.partlyKept}</p>}
    </>
  );
}

function Field({ parts: { strings, chat }, draft, field, onStop }: Pick<Props, "parts" | "draft" | "field" | "onStop">) {
  return (
    <div class="field">
      <textarea
        ref={field}
        id="bookrag-question"
        rows={1}
        dir="auto"
        maxLength={MAX_QUESTION}
        aria-label={strings.question}
        aria-describedby={draft.isEditing ? "bookrag-editing bookrag-keys" : "bookrag-keys"}
        placeholder={strings.placeholder}
        autocomplete="off"
        enterkeyhint="send"
        value={draft.text}
        {...{ onbeforeinput: (event: InputEvent) => draft.setCut(isTooMuch(event)) }} // under this name in every browser
        onInput={(event) => draft.setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // 229: Safari ends a composition before this event, which still belongs to it.
          // eslint-disable-next-line @typescript-eslint/no-deprecated
          if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          draft.send();
        }}
      />
      {/* Two elements: one that becomes the other while it is clicked would send what is written, as the browser asks for its
          type last. Nor is the second click of two meant for the one that has just come. */}
      {chat.running ? (
        <button key="stop" type="button" class="round" aria-label={strings.stop} onClick={({ detail }) => detail < 2 && onStop()}><Icon path="M7 7h10v10H7z" /></button>
      ) : (
        <button key="ask" type="submit" class="round" aria-label={strings.ask} onClick={(event) => event.detail > 1 && event.preventDefault()}><Icon path="M12 19V5m-6 6 6-6 6 6" /></button>
      )}
    </div>
  );
}

// Whether what is about to be written or pasted is more than the field takes, which says nothing of the rest.
function isTooMuch({ currentTarget, data }: InputEvent): boolean {
  const { value, selectionStart, selectionEnd } = currentTarget as HTMLTextAreaElement;
  return value.length - selectionEnd + selectionStart + (data?.length ?? 0) > MAX_QUESTION;
}

interface ScopeProps {
  scope: Scope;
  /** The version that is searched; null for the latest. */
  version: string | null;
  strings: Strings;
  onChange: (scope: Scope) => void;
}

function ScopeChoice({ scope, version, strings, onChange }: ScopeProps) {
  return (
    <div class="scope">
      <label>
        {strings.scope}{" "}
        <select value={scope} onChange={(event) => onChange(event.currentTarget.value as Scope)}>
          <option value="book">{strings.scopeBook}</option>
          <option value="chapter">{strings.scopeChapter}</option>
          <option value="page">{strings.scopePage}</option>
        </select>
      </label>
      {version && <span>{strings.version} <bdi>{version}</bdi></span>}
    </div>
  );
}

interface ChipProps {
  selected: Selected;
  scope: Scope;
  strings: Strings;
  onChange: (selected: Selected | null) => void;
}

function Chip({ selected, scope, strings, onChange }: ChipProps) {
  const further = { book: strings.withBook, chapter: strings.withChapter, page: strings.withPage }[scope];
  return (
    <div class="chip" role="group" aria-label={strings.selection}>
      <blockquote dir="auto">{shortened(selected.text, 140)}</blockquote>
      <label>
        <input type="checkbox" checked={selected.withBook} onChange={(event) => onChange({ ...selected, withBook: event.currentTarget.checked })} />
        {further}
      </label>
      <IconButton label={strings.removeSelection} path="M6 6l12 12M18 6L6 18" onClick={() => onChange(null)} />
    </div>
  );
}
