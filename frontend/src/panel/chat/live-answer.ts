// Keeps a view up to date while its answer is being written.

import { useEffect, useState } from "preact/hooks";
import type { AnswerRecord } from "./answer-record.js";
import type { Chat } from "./chat.js";

/** What `read` gives of the answer in `record`; the view is drawn again with each piece of the answer that changes it. */
export function useLiveAnswer<Shown>(chat: Chat, record: AnswerRecord, read: (record: AnswerRecord) => Shown): Shown {
  const [shown, show] = useState(() => read(record));
  useEffect(() => {
    const update = () => show(() => read(record));
    update(); // pieces may have come since the view was drawn: an effect runs after the next frame
    return chat.follow(record, update);
  }, [record]);
  return shown;
}
