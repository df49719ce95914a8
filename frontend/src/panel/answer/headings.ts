// Which headings of passages a reader could ask about: those that name a subject, and not a part that most pages have.
//
// The server has the patterns, in `engines/understanding/book_terms.py`, and leaves the same headings out of a refusal.

import patterns from "../../../../engines/understanding/headings.json";
import type { Source } from "../chat/answer-record.js";
import { filled } from "../strings.js";

const anyOf = (pieces: string[]) => `(?:${pieces.join("|")})`;
const AROUND = "[^\\p{L}\\p{N}]*";
const NO_SUBJECT = new RegExp(
  `^${AROUND}(?:${anyOf(patterns.recap)}|` +
    `(?:\\d+(?:\\.\\d+)*[.)]?\\s+)?(?:(?:${anyOf(patterns.adjectives)}\\s+)*${anyOf(patterns.generic)}|` +
    `${anyOf(patterns.numbered)}s?\\s*#?(?:\\d+|[a-z]|one|two|three)` +
    `(?:\\s*[:.–—-]\\s*(?:test|quiz|summary|overview|introduction))?))${AROUND}$`,
  "iu",
);

/** Whether a heading says what its section is about. */
export function namesSubject(heading: string): boolean {
  return !NO_SUBJECT.test(heading);
}

/** The question of a heading: itself where it is one, else `template` with it. Its number is no part of what it is about. */
export function asQuestion(heading: string, template: string): string {
  const subject = heading.replace(/^\d+(?:\.\d+)*[.):]?\s+/, "");
  return /[?？؟]$/.test(subject) ? subject : filled(template, { heading: subject });
}

/** The innermost headings of passages that name a subject and stand on one page alone, each once. */
export function subjects(sources: Source[]): string[] {
  const pages = new Map<string, Set<string>>();
  for (const { heading_path: path, url } of sources) {
    const heading = path?.at(-1);
    if (!heading || !namesSubject(heading)) continue;
    pages.set(heading, (pages.get(heading) ?? new Set()).add(url.replace(/#.*$/, "")));
  }
  return [...pages].filter(([, where]) => where.size === 1).map(([heading]) => heading);
}
