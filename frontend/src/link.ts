// What a confirmation link leaves in the address's fragment: a session, or that the link is no longer good.

/**
 * Whether the open page was reached by a confirmation link. On the chat page (`isOurs`) any session is one of the service's
 * accounts; a book's page may have fragments of another service.
 */
export function isConfirmationLink(isOurs = false): boolean {
  const fragment = fragmentOf();
  if (fragment.has("error_code")) return isOurs || fragment.has("error_description");
  return ["access_token", "refresh_token", ...(isOurs ? [] : ["type"])].every((name) => fragment.has(name));
}

export interface LinkedSession {
  access_token: string;
  refresh_token: string;
  /** In seconds since 1970. */
  expires_at: number;
}

/**
 * Takes the link's session out of the address, where it could be bookmarked or shared. Undefined where the page was reached
 * otherwise, null where the link is no longer good.
 */
export function takeConfirmationLink(isOurs: boolean): LinkedSession | null | undefined {
  const fragment = fragmentOf();
  if (!isConfirmationLink(isOurs)) return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  const [access_token, refresh_token] = [fragment.get("access_token"), fragment.get("refresh_token")];
  if (!access_token || !refresh_token) return null;
  const ends = Number(fragment.get("expires_at")) || Date.now() / 1000 + (Number(fragment.get("expires_in")) || 0);
  return { access_token, refresh_token, expires_at: ends };
}

/** What a token says of its reader, unchecked: for comparing and for showing a name. */
export function claimsOf(token: string): { sub?: string; email?: string } {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? claims : {};
  } catch {
    return {};
  }
}

function fragmentOf(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
