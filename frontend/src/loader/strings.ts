// The words that stand on the page before the panel is loaded.

const WORDS = {
  en: { title: "Ask the book", about: "Ask about this", code: "Ask about this code", failed: "The assistant could not be loaded." },
  ur: { title: "کتاب سے پوچھیں", about: "اس کے بارے میں پوچھیں", code: "اس کوڈ کے بارے میں پوچھیں", failed: "معاون لوڈ نہیں ہو سکا۔" },
};

export type LoaderWords = (typeof WORDS)["en"];

/** The loader's words in the language of `locale`, with those of the option `messages` that go by the same name. */
export function wordsFor(locale: string, own: Record<string, Partial<Record<string, string>>>): LoaderWords {
  const language = locale.split("-")[0] ?? locale;
  const mine = own[locale] ?? own[language] ?? {};
  const words = { ...(language === "ur" ? WORDS.ur : WORDS.en) };
  if (mine.title) words.title = mine.title;
  if (mine.askAboutThis) words.about = mine.askAboutThis;
  if (mine.askAboutCode) words.code = mine.askAboutCode;
  if (mine.loadFailed) words.failed = mine.loadFailed;
  return words;
}
