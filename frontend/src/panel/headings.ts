// Which headings of passages a reader could ask about: those that name a subject, and not a part that most pages have.

import type { Source } from "./record.js";

// "Next Steps", "Key Concepts", "1.2 Overview"; the server leaves the same ones out of a refusal.
const GENERIC = new RegExp(
  "^[^\\p{L}\\p{N}]*(?:\\d+(?:\\.\\d+)*[.)]?\\s+)?(?:(?:quick|short|brief|chapter|module|lesson|basic|key|main|core|common|" +
    "important|final|complete|learning|practice|review|knowledge|your|the|an?|additional|further|what['’]?s?|up|see)\\s+)*" +
    "(?:introduction|intro|overview|background|motivation|prerequisites?|requirements?|getting started|usage|examples?|" +
    "exercises?|activit(?:y|ies)|challenges?|tasks?|notes?|tips?|warnings?|faqs?|questions?|answers?|solutions?|errors?|" +
    "issues|problems|mistakes|pitfalls|concepts?|points?|terms|definitions?|details|results?|output|discussion|" +
    "conclusions?|summary|recap|takeaways?|checklists?|resources|reading|references|appendix|glossary|contents|steps?|" +
    "next steps?|next|also|goals?|objectives?|outcomes?|quiz|check|review|welcome|about|options|parameters|how it works|" +
    "einleitung|einführung|überblick|voraussetzungen|beispiele?|hinweise?|aufgaben?|ausblick|fazit|zusammenfassung|" +
    "lernziele|nächste schritte|übungen|aperçu|prérequis|exemples?|remarques?|résumé|objectifs|exercices|" +
    "prochaines étapes|introducción|resumen|requisitos(?: previos)?|ejemplos?|notas?|conclusi[oó]n(?:es)?|objetivos|" +
    "ejercicios|recursos|próximos pasos|تعارف|جائزہ|خلاصہ|مثالیں?|مشقیں|پیش شرائط|نتیجہ)[^\\p{L}\\p{N}]*$",
  "iu",
);
const NUMBERED =
  /^(?:test|step|part|task|exercise|example|question|problem|case|phase|section|chapter|module|lesson|week|day|option|scenario|level|stage|terminal|figure|table|schritt|teil|aufgabe|beispiel|étape|partie|exercice|paso|parte|ejercicio)s?\s*#?(?:\d+|[a-z])\P{L}*$/iu;

/** The innermost headings of passages that name a subject and stand on one page alone, each once. */
export function subjects(sources: Source[]): string[] {
  const pages = new Map<string, Set<string>>();
  for (const { heading_path: path, url } of sources) {
    const heading = path?.at(-1);
    if (!heading || GENERIC.test(heading) || NUMBERED.test(heading)) continue;
    pages.set(heading, (pages.get(heading) ?? new Set()).add(url.replace(/#.*$/, "")));
  }
  return [...pages].filter(([, where]) => where.size === 1).map(([heading]) => heading);
}
