// What a page asks for when it opens the panel: `window.bookrag.open`, an element or an address.

import type { OpenRequest } from "../options.js";

/** What of a page's request to open the panel is of its type; the rest is named in the console. */
export function checkedRequest(request: OpenRequest): OpenRequest {
  const { question, selection, submit } = isTable(request) ? request : {};
  const kept: OpenRequest = {};
  if (typeof question === "string") kept.question = question;
  if (typeof selection === "string") kept.selection = selection;
  if (typeof submit === "boolean") kept.submit = submit;
  const wrong = !isTable(request) || Object.entries(request).some(([name, value]) => value !== undefined && !Object.hasOwn(kept, name));
  if (wrong) console.warn("bookrag: open takes {question, selection, submit}, two texts and true or false");
  return kept;
}

function isTable(item: unknown): item is object {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}
