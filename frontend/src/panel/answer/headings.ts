// Which headings of passages a reader could ask about: those that name a subject, and not a part that most pages have.
//
// The server has the patterns, in `engines/understanding/book_terms.py`, and leaves the same headings out of a refusal.

import patterns from "../../../../engines/understanding/headings.json";
import type { Source } from "../chat/answer-record.js";

const anyOf = (pieces: string[]) => `(?:${pieces.join("|")})`;
const AROUND = "[^\\p{L}\\p{N}]*";
const NO_SUBJECT = new RegExp(
  `^${AROUND}(?:${anyOf(patterns.recap)}|` +
    `(?:\\d+(?:\\.\\d+)*[.)]?\\s+)?(?:(?:${anyOf(patterns.adjectives)}\\s+)*${anyOf(patterns.generic)}|` +
    `${anyOf(patterns.numbered)}s?\\s*#?(?:\\d+|[a-z]|one|two|three)` +
    `(?:\\s*[:.–—-]\\s*(?:test|quiz|summary|overview|introduction))?))${AROUND}$`,
  "iu",
);

/** The innermost headings of passages that name a subject and stand on one page alone, each once. */
export function subjects(sources: Source[]): string[] {
  const pages = new Map<string, Set<string>>();
  for (const { heading_path: path, url } of sources) {
    const heading = path?.at(-1);
    if (!heading || NO_SUBJECT.test(heading)) continue;
    pages.set(heading, (pages.get(heading) ?? new Set()).add(url.replace(/#.*$/, "")));
  }
  return [...pages].filter(([, where]) => where.size === 1).map(([heading]) => heading);
}
