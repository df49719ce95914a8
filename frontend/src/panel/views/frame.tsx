// What the panel stands in: on a book's page a dialog, modal on phones and beside the text on wide screens; on the chat page
// the document itself.

import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { directionOf } from "../../direction.js";
import { announce } from "../../options.js";
import { giveRoomBack, makeRoom } from "../host/page-room.js";
import type { Parts } from "../panel.js";
import { loadTurnView } from "../answer/turn-loading.js";

/** Where the panel covers the whole screen. */
const PHONE = "(max-width: 40rem), (max-height: 26rem)";

export interface Frame {
  dialog: RefObject<HTMLDialogElement | null>;
  /** Opens the panel, if it is closed, and puts the focus into the question's field. */
  show: () => void;
  /** Closes the panel; the focus returns to where it was, unless `back` is false. */
  close: (back?: boolean) => void;
  /** Makes room beside the text anew, after the page or the window has changed. */
  fit: () => void;
  /** Whether the panel covers the whole screen. */
  isCovering: () => boolean;
}

export function useFrame({ options, site, chat }: Parts, field: RefObject<HTMLTextAreaElement | null>): Frame {
  const dialog = useRef<HTMLDialogElement>(null);
  const returnTo = useRef<Element | null>(null);
  const fit = () => {
    if (options.layout === "beside" && dialog.current?.open) makeRoom(dialog.current, () => site.article);
  };
  const standAboveKeyboard = useKeyboard(dialog);
  const open = (panel: HTMLDialogElement) => {
    returnTo.current = activeElement();
    if (matchMedia(PHONE).matches) panel.showModal();
    else panel.show();
    standAboveKeyboard(); // another field may have brought it up
    fit();
    chat.open = true;
    chat.keep();
    announce("opened");
  };
  const show = () => {
    if (dialog.current && !dialog.current.open) open(dialog.current);
    // On the chat page of a phone the keyboard would pop up with the page.
    if (!options.page || matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
    void loadTurnView();
  };
  const close = (back = true) => {
    if (!dialog.current?.open) return;
    dialog.current.close();
    giveRoomBack(() => site.article);
    chat.open = false;
    chat.keep();
    announce("closed");
    if (back && returnTo.current instanceof HTMLElement) returnTo.current.focus({ preventScroll: true });
  };
  useResizing(dialog, show, fit);
  return { dialog, show, close, fit, isCovering: () => dialog.current?.matches(":modal") ?? false };
}

// Turned on its side or made wider, the panel becomes what fits there; what has the focus in it keeps it, with its caret. One
// that was moved to a page's new body is no longer modal.
function useResizing(dialog: RefObject<HTMLDialogElement | null>, show: () => void, fit: () => void): void {
  useEffect(() => {
    const phone = matchMedia(PHONE);
    const become = () => {
      const panel = dialog.current;
      if (!panel?.open || panel.matches(":modal") === phone.matches) return;
      const focused = activeElement();
      panel.close();
      show();
      if (focused instanceof HTMLElement && panel.contains(focused)) focused.focus({ preventScroll: true });
    };
    phone.addEventListener("change", become);
    document.addEventListener("bookrag:route", become);
    addEventListener("resize", fit);
    return () => {
      document.removeEventListener("bookrag:route", become);
      phone.removeEventListener("change", become);
      removeEventListener("resize", fit);
    };
  }, []);
}

// A phone's keyboard covers the lower part of the window, which keeps its height: the panel stands above it. What a reader
// has magnified keeps its size. Gives what does it at once.
function useKeyboard(dialog: RefObject<HTMLDialogElement | null>): () => void {
  const view = window.visualViewport;
  const fit = () => {
    const panel = dialog.current;
    if (!panel || !view) return;
    const isCovered = panel.matches(":modal") && view.scale <= 1 && view.height < innerHeight;
    panel.style.blockSize = isCovered ? `${view.height}px` : "";
    panel.style.insetBlock = isCovered ? `${view.offsetTop}px auto` : "";
  };
  useEffect(() => {
    const events = ["resize", "scroll"];
    for (const event of events) view?.addEventListener(event, fit);
    return () => events.forEach((event) => view?.removeEventListener(event, fit));
  }, []);
  return fit;
}

interface Props {
  parts: Parts;
  dialog: RefObject<HTMLDialogElement | null>;
  onClose: () => void;
  children: ComponentChildren;
}

export function FrameView({ parts: { options, strings, locale }, dialog, onClose, children }: Props) {
  if (options.page) {
    return (
      <div class="page">
        <a class="skip" href="#bookrag-question">{strings.skip}</a>
        {children}
      </div>
    );
  }
  return (
    <dialog
      ref={dialog}
      class="panel"
      dir={directionOf(locale)}
      lang={locale}
      aria-labelledby="bookrag-title"
      onKeyDown={(event) => {
        const isShortcut = event.key.toLowerCase() === options.shortcut && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
        if ((event.key === "Escape" || isShortcut) && !event.isComposing) {
          event.preventDefault();
          onClose();
        }
        event.stopPropagation(); // the site's own shortcuts are not meant
      }}
      onKeyPress={(event) => event.stopPropagation()}
      onKeyUp={(event) => event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {children}
    </dialog>
  );
}

// What has the focus, inside shadow roots as well.
function activeElement(): Element | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}
