// What a reader is told of a failure.

import { filled, type Strings } from "../strings.js";
import { ChatError } from "./service.js";

/** The sentence that tells a reader of a failed call; `otherwise` for a fault of this panel, which the console has. */
export function failureText(error: unknown, strings: Strings, otherwise: string = strings.unreachable): string {
  if (!(error instanceof ChatError)) {
    console.error(error);
    return otherwise;
  }
  const wait = error.retryAfterSeconds ? ` ${filled(strings.waitSeconds, { seconds: error.retryAfterSeconds })}` : "";
  // The service's sentence is for who calls it.
  if (error.unknown) return error.unknown === "page" ? strings.pageUnknown : strings.versionUnknown;
  if (error.message) return error.message + wait;
  if (error.failure === "http") return filled(strings.httpError, { status: error.status });
  const sentences = { unreachable: strings.unreachable, lost: strings.lost, damaged: strings.damaged, too_large: strings.tooLarge, no_token: strings.noToken };
  return sentences[error.failure];
}
