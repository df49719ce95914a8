// The panel: header, conversation and the question's form, in its frame. All of the chat page, too.

import type { ComponentChildren } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { OpenRequest, Options } from "../options.js";
import type { Account } from "./chat/account.js";
import { QuestionForm } from "./views/question-form.js";
import type { Chat } from "./chat/chat.js";
import type { Turn } from "./chat/turns.js";
import { Conversation } from "./views/conversation.js";
import { loadTurnView } from "./answer/turn-loading.js";
import { useDraft } from "./chat/draft.js";
import { useChatPage, useFocusKept, useKeepOnLeave, useOutcome, usePageChange } from "./views/panel-hooks.js";
import { FrameView, useFrame } from "./views/frame.js";
import { Header } from "./views/header.js";
import type { Site } from "./host/site.js";
import type { Strings } from "./strings.js";
import { AccountView } from "./views/account-view.js";
import { History } from "./views/history.js";
import { LiveRegions, useVoice } from "./views/live-regions.js";
import type { Service } from "./chat/service.js";

export interface Parts {
  options: Options;
  strings: Strings;
  locale: string;
  chat: Chat;
  site: Site;
  service: Service;
  account: Account;
}

/** What the panel's owner calls once it stands. */
export interface Controls {
  open: (request: OpenRequest) => void;
  close: () => void;
  /** Takes up what the tab has kept. */
  restore: () => void;
}

export type View = "conversation" | "history" | "account";

export function PanelView({ parts, onReady }: { parts: Parts; onReady: (controls: Controls) => void }) {
  const { strings, chat } = parts;
  const redraw = useRedrawing(parts);
  const [view, setView] = useState<View>("conversation");
  const [gone, setGone] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const log = useRef<HTMLDivElement>(null);
  const voice = useVoice();
  const frame = useFrame(parts, field);
  const asked = () => {
    voice.silence();
    voice.tell(strings.searching);
    setView("conversation");
    setGone(false);
  };
  const draft = useDraft(parts, asked);
  const focus = () => field.current?.focus();
  const talk = () => setView("conversation");

  const startAnew = () => {
    chat.startAnew();
    draft.reset();
    voice.silence();
    talk();
    focus();
  };
  const opened = () => {
    if (draft.isEditing) draft.stopEditing(); // the question is of the conversation before
    talk();
  };
  const forget = () => {
    startAnew(); // the next person at this screen reads nothing of it
    draft.setText("");
  };
  const signOut = async () => {
    forget();
    await parts.account.signOut();
    voice.tell(strings.leftAccount);
  };
  const open = (request: OpenRequest) => {
    const { selection } = request;
    if (selection && parts.site.hasFormulas) void parts.site.sourceOf(selection).then((said) => show({ ...request, selection: said }));
    else show(request);
  };
  const show = (request: OpenRequest) => {
    draft.take(request);
    frame.show();
    redraw();
    void loadTurnView().then(redraw);
  };

  const restore = () => {
    chat.restore();
    draft.restore();
  };

  useEffect(() => onReady({ open, close: frame.close, restore }));
  useEffect(() => {
    if (draft.isProposed) field.current?.select();
  }, [draft.isProposed]);
  usePageChange(() => {
    redraw();
    frame.fit();
  });
  const takenUp = () => {
    draft.reset();
    draft.restore();
    talk();
    if (chat.open) frame.show();
    else frame.close(false);
  };
  useKeepOnLeave(parts, log, takenUp);
  parts.account.onLeave = () => {
    // A later document of the tab may have begun another conversation since, which stays.
    if (chat.takeUp()) takenUp();
    else forget();
    draft.setText("");
  };
  useChatPage(parts, voice.tell);
  const refocus = () => {
    const view = log.current?.parentElement?.querySelector<HTMLElement>(".view");
    // A field that has the focus brings up the keyboard of a device that has no other.
    (view ?? (matchMedia("(hover: hover)").matches ? field : log).current)?.focus({ preventScroll: true });
  };
  useOutcome(parts, voice, log, refocus);
  useFocusKept(log, refocus);

  return (
    <FrameView {...{ parts, dialog: frame.dialog, onClose: frame.close }}>
      <Header {...{ parts, view }} onView={setView} onNew={startAnew} onClose={() => frame.close()} onSignOut={() => void signOut()} />
      <Main isPage={parts.options.page !== null}>
        {view === "history" && <History {...parts} onDone={opened} />}
        {view === "account" && <AccountView {...parts} onDone={talk} onSignOut={() => void signOut()} />}
        <Conversation
          {...{ parts, frame, voice, log, hidden: view !== "conversation", onArrived: setGone }}
          onEdit={(turn: Turn) => { draft.edit(turn); focus(); }}
          onAgain={(turn: Turn) => { asked(); chat.again(turn); }}
          onAskWholeBook={draft.askWholeBook}
          onAskLatest={draft.askLatest}
          onAsk={draft.ask}
        />
      </Main>
      <QuestionForm
        {...{ parts, draft, gone, field }}
        hidden={view !== "conversation"}
        onStop={() => { chat.stop(); focus(); }}
        onStopEditing={() => { draft.stopEditing(); focus(); }}
      />
      <LiveRegions {...voice} />
    </FrameView>
  );
}

// Draws the panel again when the conversation or the account has changed, or when it is called.
function useRedrawing({ chat, account }: Parts): () => void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => chat.subscribe(() => redraw(0)), []);
  useEffect(() => account.subscribe(() => redraw(0)), []);
  return () => redraw(0);
}

function Main({ isPage, children }: { isPage: boolean; children: ComponentChildren }) {
  return isPage ? <main>{children}</main> : <>{children}</>;
}
