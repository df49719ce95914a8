// Questions that are asked by a click, and what is shortened to stand beside others.

/** Questions that are asked by a click. */
export function Suggestions({ label, questions, onAsk }: { label: string; questions: string[]; onAsk: (question: string) => void }) {
  if (!questions.length) return null;
  return (
    <ul class="suggestions" aria-label={label}>
      {[...new Set(questions)].map((question) => (
        <li key={question}>
          <button type="button" dir="auto" onClick={() => onAsk(question)}>{question}</button>
        </li>
      ))}
    </ul>
  );
}

/** The start of a text, cut between words. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/\s\S*$/, "")} …`;
}
