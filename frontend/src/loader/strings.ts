// The words that stand on the page before the panel is loaded, by the names that the option `messages` has for them.

const EN = { title: "Ask the book", askAboutThis: "Ask about this", askAboutCode: "Ask about this code", loadFailed: "The assistant could not be loaded." };
const UR = { title: "کتاب سے پوچھیں", askAboutThis: "اس کے بارے میں پوچھیں", askAboutCode: "اس کوڈ کے بارے میں پوچھیں", loadFailed: "معاون لوڈ نہیں ہو سکا۔" };

export type LoaderWords = typeof EN;

/** The loader's words in the language of `locale`, with those of the option `messages` that go by the same name. */
export function wordsFor(locale: string, own: Record<string, Partial<LoaderWords>>): LoaderWords {
  const language = locale.split("-")[0] ?? locale;
  return { ...(language === "ur" ? UR : EN), ...own[language], ...own[locale] };
}
