// The direction in which a language is written.

const RIGHT_TO_LEFT = new Set(["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);

/** `name` as a language tag that browsers take: some sites name their languages otherwise (`pt_BR`). English for none. */
export function languageTag(name: string): string {
  try {
    return Intl.getCanonicalLocales(name.trim().replaceAll("_", "-"))[0] ?? "en";
  } catch {
    return "en";
  }
}

/** The direction in which the language of `locale` is written. */
export function directionOf(locale: string): "rtl" | "ltr" {
  return RIGHT_TO_LEFT.has(locale.split("-")[0] ?? locale) ? "rtl" : "ltr";
}
