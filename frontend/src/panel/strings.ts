// The panel's words. Languages beside English and Urdu come from the option `messages`.

import type { Scope } from "../options.js";

const en = {
  title: "Ask the book",
  welcome: "What would you like to understand?",
  about: "Answers come from this book alone, with a link to each passage. Where the book has no answer, you are told so.",
  question: "Question",
  placeholder: "Ask about the book…",
  ask: "Ask",
  stop: "Stop the answer",
  close: "Close",
  newConversation: "New conversation",
  conversation: "Conversation",
  keys: "Enter asks, Shift + Enter starts a new line, Escape closes.",
  keysOfPage: "Enter asks, Shift + Enter starts a new line, Escape stops an answer.",
  skip: "Skip to the question",
  language: "Language",
  version: "Version",
  latest: "latest",
  youAsked: "You asked:",
  searching: "Searching the book…",
  sources: "Sources",
  passagesFound: "Passages found",
  nearest: "Nearest sections",
  alsoRead: "Also read ({count})",
  passage: "Passage",
  source: "Source {number}: {title}",
  newTab: "opens in a new tab",
  weakSource: "Does not clearly support what was said.",
  notCovered: "Not covered by the book",
  notCoveredChapter: "Not covered by this chapter",
  notCoveredPage: "Not covered by this page",
  uncertain: "The book may not answer this",
  uncertainChapter: "This chapter may not answer this",
  uncertainPage: "This page may not answer this",
  uncertainText: "The sections below come nearest to the question.",
  check: "Check these statements",
  checkText: "No passage clearly supports them:",
  stopped: "Stopped",
  stoppedText: "You stopped this answer; it is not complete.",
  incomplete: "Not complete",
  noAnswer: "No answer",
  tryAgain: "Try again",
  answerAgain: "Answer again",
  edit: "Edit the question",
  editing: "Replaces your last question and its answer.",
  stopEditing: "Keep the question",
  copy: "Copy",
  copyCode: "Copy this code",
  copied: "Copied",
  notCopied: "Not copied",
  code: "Code",
  codeSpoken: "A piece of code.",
  table: "Table",
  formula: "Formula",
  picture: "Picture: {text}",
  diagram: "Diagram",
  searchedFor: "Searched for: {text}",
  searchedChapter: "Searched: the chapter of “{title}” alone",
  searchedPage: "Searched: “{title}” alone",
  searchBook: "Search the whole book",
  pageUnknown: "This page is not among those that can be searched.",
  versionUnknown: "This version of the book cannot be searched.",
  searchLatest: "Search the latest version",
  askedAgain: "The first answer was lost. The question was asked again.",
  unreachable: "The service cannot be reached. Check the connection and try again.",
  lost: "The connection was lost before the answer was finished.",
  fault: "The panel failed while it took this answer. Please try again.",
  noToken: "Your sign-in could not be checked. Please try again.",
  damaged: "The answer arrived damaged and is not complete.",
  tooLarge: "The answer is longer than can be shown here, so it was cut.",
  httpError: "The service answered with an error ({status}). Please try again.",
  waitSeconds: "Please try again in {seconds} s.",
  lengthReached: "The answer reached its longest length.",
  safetyStopped: "The language model's safety rules stopped the answer here.",
  complete: "Answer complete. Sources: {count}.",
  selection: "Selected text",
  removeSelection: "Remove the selected text",
  withBook: "Search the book too",
  withChapter: "Search this chapter too",
  withPage: "Search this page too",
  scope: "Search",
  scopeBook: "the whole book",
  scopeChapter: "this chapter",
  scopePage: "this page",
  summarize: "Summarize this page",
  simpler: "Explain this page in simple words",
  explainHeading: "What does the book say about “{heading}”?",
  askAbout: "What does this mean?",
  followUp: "What does the book say about “{heading}”?",
  suggestions: "Suggested questions",
  earlier: "Earlier conversations",
  noEarlier: "There are no earlier conversations.",
  more: "More",
  open: "Open",
  remove: "Delete",
  removeForGood: "Delete for good",
  keepIt: "Keep",
  back: "Back to the conversation",
  account: "Account",
  signIn: "Sign in",
  signUp: "Create an account",
  signOut: "Sign out",
  leftAccount: "Signed out.",
  email: "E-mail",
  password: "Password",
  name: "Name (optional)",
  signedInAs: "Signed in as {name}",
  signedOut: "You were signed out. Your text is still here.",
  confirmEmail: "Please confirm your e-mail address, then sign in.",
  linkRefused: "This link has expired or was used before. Please sign up or sign in again.",
  replaceSession: "You are signed in already. Sign in as {name} instead?",
  keep: "Keep my conversations on this device",
  keepText: "A guest account is made for this browser, so that you find your conversations again.",
  guest: "Guest on this device",
  leaveGuest: "Your conversations on this device cannot be opened again once you have signed out.",
  signOutForGood: "Sign out for good",
  stay: "Stay",
  partlyKept: "A part of this conversation could not be kept in your history.",
  partlyMoved: "A part of the conversations on this device could not be kept in your account. It is here again once you sign out.",
  needAccount: "Your conversations are kept once you sign in, or keep them on this device.",
  aborted: "The service ended this answer before it was finished.",
  empty: "The service sent no text. Please try again.",
  tooLong: "A question has at most {count} characters; the rest was left out.",
  pageGone: "This page is no longer in the book.",
  helpful: "Helpful",
  notHelpful: "Not helpful",
  thanks: "Thank you.",
  askAboutThis: "Ask about this",
  askAboutCode: "Ask about this code",
  loadFailed: "The assistant could not be loaded.",
};

export type Strings = Record<keyof typeof en, string>;

/** Our own words in the language of `locale` where it is not English; none where we have none, or they cannot be loaded. */
export async function loadWords(locale: string): Promise<Partial<Strings>> {
  return /^ur(?:-|$)/.test(locale) ? import("./urdu.js").then(({ ur }) => ur, () => ({})) : {};
}

/** Whether there are words for a language that a site names: `name` as it does, `locale` as a language tag. */
export function hasWords(name: string, locale: string, own: Record<string, Partial<Strings>>): boolean {
  return /^(?:en|ur)(?![a-z])/i.test(name) || locale in own || (locale.split("-")[0] ?? "") in own;
}

/** The names in a site's own words that none of the panel's has, each with its language: `de.titel`. */
export function unknownNames(own: Record<string, Partial<Strings>>): string[] {
  return Object.entries(own).flatMap(([language, words]) => Object.keys(words).filter((name) => !(name in en)).map((name) => `${language}.${name}`));
}

/** The panel's words in the language of `locale`: those of the site, else ours, else English. */
export function stringsFor(locale: string, own: Record<string, Partial<Strings>>, ours: Partial<Strings> = {}): Strings {
  const language = locale.split("-")[0] ?? locale;
  return { ...en, ...ours, ...own[language], ...own[locale] };
}

/** `text` with the values of its `{places}`. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** That what was searched may not, or does not, answer a question. */
export function verdictSentence(verdict: "uncertain" | "not_covered", searched: Scope, strings: Strings): string {
  const uncertain = { book: strings.uncertain, chapter: strings.uncertainChapter, page: strings.uncertainPage };
  const notCovered = { book: strings.notCovered, chapter: strings.notCoveredChapter, page: strings.notCoveredPage };
  return (verdict === "uncertain" ? uncertain : notCovered)[searched];
}
