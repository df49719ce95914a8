// A button for what cannot be taken back.

import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  /** The words of the three buttons. */
  remove: string;
  forGood: string;
  keep: string;
  /** What is removed, as screen readers say it behind each word. */
  title?: string;
  isAsked: boolean;
  /** Called with whether the reader is to be asked. */
  onAsk: (isAsked: boolean) => void;
  onRemove: () => void;
}

/**
 * Asks the reader first, as what is removed is gone. The focus is then on the way back, and a second press of two removes
 * nothing.
 */
export function Removal({ remove, forGood, keep, title, isAsked, onAsk, onRemove }: Props) {
  const asking = useRef<HTMLButtonElement>(null);
  const back = useRef<HTMLButtonElement>(null);
  const isKept = useRef(false);
  useLayoutEffect(() => {
    if (isAsked) back.current?.focus();
    else if (isKept.current) asking.current?.focus();
    isKept.current = false;
  }, [isAsked]);
  const name = (word: string) => (title === undefined ? {} : { "aria-label": `${word}: ${title}` });
  if (!isAsked) {
    return <button type="button" class="quiet" ref={asking} {...name(remove)} onClick={() => onAsk(true)}>{remove}</button>;
  }
  const stay = () => {
    isKept.current = true;
    onAsk(false);
  };
  return (
    <>
      <button key="for good" type="button" class="quiet" {...name(forGood)} onClick={({ detail }) => detail < 2 && onRemove()}>{forGood}</button>
      <button key="keep" type="button" class="quiet" ref={back} {...name(keep)} onClick={stay}>{keep}</button>
    </>
  );
}
