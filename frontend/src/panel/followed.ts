// What a view shows of an answer's record, kept up to date while the answer is being written.

import { useEffect, useState } from "preact/hooks";
import type { Chat } from "./chat.js";
import type { AnswerRecord } from "./record.js";

/** What `read` gives of `record`; the view is drawn again when that changes. */
export function useFollowed<Shown>(chat: Chat, record: AnswerRecord, read: (record: AnswerRecord) => Shown): Shown {
  const [shown, show] = useState(() => read(record));
  useEffect(() => {
    const update = () => show(() => read(record));
    update(); // pieces may have come since the view was drawn: an effect runs after the next frame
    return chat.follow(record, update);
  }, [record]);
  return shown;
}
