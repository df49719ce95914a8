// What a screen reader is told: the answer by sentences, and what else happens in the panel.

import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { element, languageOf } from "../dom.js";

const MAX_SPOKEN = 3_000; // characters of one sentence or block
const SPOKEN_MS = 5_000; // a screen reader has taken the text by then, which would stand in the document twice

export interface Voice {
  /** Says what happened, in place of what was said before. */
  tell: (text: string) => void;
  /** Reads out a piece of an answer, after the pieces before it. */
  speak: (text: string) => void;
  /** Takes back what has not been read out yet; this happens by itself where nothing was said for a while. */
  silence: () => void;
  status: RefObject<HTMLParagraphElement | null>;
  spoken: RefObject<HTMLDivElement | null>;
}

export function useVoice(): Voice {
  const status = useRef<HTMLParagraphElement>(null);
  const spoken = useRef<HTMLDivElement>(null);
  const timer = useRef(0);
  const silence = () => spoken.current?.replaceChildren();
  return {
    tell: (text) => {
      if (status.current) status.current.textContent = text;
    },
    speak: (text) => {
      const said = text.slice(0, MAX_SPOKEN).trim();
      if (!said) return;
      spoken.current?.append(element("p", { dir: "auto", lang: languageOf(said) }, said));
      clearTimeout(timer.current);
      timer.current = window.setTimeout(silence, SPOKEN_MS);
    },
    silence,
    status,
    spoken,
  };
}

/** The live regions that `useVoice` speaks through. */
export function LiveRegions({ status, spoken }: Voice) {
  return (
    <>
      <p class="unseen" role="status" ref={status} />
      <div class="unseen" aria-live="polite" aria-relevant="additions" ref={spoken} />
    </>
  );
}
