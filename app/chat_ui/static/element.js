// Making elements, and telling which language a text is in.

/** An element with properties and children; strings become text, never markup. */
export function element(name, { lang, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (lang) made.lang = lang; // an empty one would mean that nobody knows it
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** "ur" for text in Urdu, which wants its own typeface and voice; "" where the page's own language may stand. */
export function languageOf(text) {
  const arabic = text.match(/[\u0600-\u06FF]/g)?.length ?? 0;
  return arabic > 10 && /[\u0679\u0688\u0691\u06BA\u06D2]/.test(text) ? "ur" : "";
}

/** Marks blocks of text that are in another language than the page. */
export function markLanguages(blocks) {
  for (const block of blocks) {
    const language = languageOf(block.textContent);
    if (language) block.lang = language;
  }
}
