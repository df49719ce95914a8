// Who is signed in. A confirmation link brings the session in its fragment; it is kept for as long as the tab lives.

const KEY = "bookrag.session";
const EARLY_SECONDS = 30; // before its end a token is renewed
const REPLACE = "You are signed in already. Sign in with this link instead?";
const EXPIRED = "This link has expired or was used before. Please sign up or sign in again.";

let session = restored();
let renewing = null;

/**
 * Takes what a confirmation link left in the address, and takes it out of there: it must not be bookmarked or shared.
 * Gives a sentence where the link is good for nothing, and null where all is well.
 */
export async function takeLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const failed = fragment.has("error_code") || fragment.has("error_description");
  if (!failed && !(fragment.has("access_token") && fragment.has("refresh_token"))) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (failed) return EXPIRED;
  const before = session;
  if (before && !confirm(REPLACE)) return null; // anybody can send a link with a session of their own
  keep({
    token: fragment.get("access_token"),
    refresh: fragment.get("refresh_token"),
    until: Number(fragment.get("expires_at")) || now() + (Number(fragment.get("expires_in")) || 0),
  });
  await account();
  if (session) return null; // kept where the server could not be asked: it may be good
  keep(before);
  return EXPIRED;
}

/** The signed-in reader's account as the server has it now; null for a guest without one, and where the session has ended. */
export async function account() {
  if (!session) return null;
  const response = await fetch("api/auth/user", { headers: await authorization() }).catch(() => null);
  if (response?.status === 401) keep(null);
  return response?.ok ? response.json() : null;
}

/** The header of a request for the signed-in reader; none for anybody else. */
export async function authorization() {
  if (session && session.until - EARLY_SECONDS < now()) {
    renewing ??= renew().finally(() => (renewing = null)); // a refresh token is good for one use
    await renewing;
  }
  return session ? { authorization: `Bearer ${session.token}` } : {};
}

/** Ends the session, here and on the server. */
export async function signOut() {
  const headers = { "content-type": "application/json", ...(await authorization()) };
  const body = JSON.stringify(session ? { refresh_token: session.refresh } : {}); // for a token that has expired
  keep(null);
  await fetch("api/auth/signout", { method: "POST", headers, body }).catch(() => {});
}

async function renew() {
  const response = await fetch("api/auth/refresh", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refresh_token: session.refresh }),
  }).catch(() => null);
  if (response?.ok) {
    const { access_token, refresh_token, expires_in } = await response.json();
    keep({ token: access_token, refresh: refresh_token, until: now() + expires_in });
  } else if (response && response.status < 429) keep(null);
}

function keep(value) {
  session = value;
  try {
    if (value) sessionStorage.setItem(KEY, JSON.stringify(value));
    else sessionStorage.removeItem(KEY);
  } catch {
    // switched off: it lives on in this page
  }
}

function restored() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return typeof kept?.token === "string" && typeof kept.refresh === "string" ? kept : null;
  } catch {
    return null;
  }
}

function now() {
  return Date.now() / 1000;
}
