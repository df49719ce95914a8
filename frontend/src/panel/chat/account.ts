// Who asks: a reader of the site (`getToken`), an account of the service, a guest kept on this device, or nobody.
//
// A session is stored only after the reader signed in, signed up, or asked for their conversations to be kept.

import { claimsOf, takeConfirmationLink, type LinkedSession } from "../../link.js";
import type { GetToken, Options } from "../../options.js";
import { text } from "./answer-record.js";
import { ChatError, Service } from "./service.js";

const RENEW_BEFORE_SECONDS = 30;
const TOKEN_MS = 10_000; // that a site may take to give its token

interface Session {
  access_token: string;
  refresh_token: string;
  /** In seconds since 1970. */
  expires_at: number;
}

interface User {
  id?: string;
  email?: string | null;
  name?: string | null;
  is_anonymous?: boolean;
}

interface Signed {
  user: User | null;
  session: Session | null;
  email_confirmation_required?: boolean;
}

interface Stored {
  session: Session;
  name: string;
  guest: boolean;
}

/** What is left where a session has ended by itself: whose it was. Signing out leaves nothing. */
interface Expired {
  expired: string;
  guest: boolean;
}

/** The reader's account with the service. */
export class Account {
  #kept: Stored | Expired | null = null;
  #renewing: Promise<string | null> | null = null;
  #listeners = new Set<() => void>();
  #service: Service;
  #key: string;
  #options: Options;
  #isKept = true;

  constructor(options: Options) {
    this.#service = new Service(options);
    this.#options = options;
    this.#key = `bookrag-account:${options.api}`;
    this.#kept = this.#read();
    // Another tab signed in or out, or renewed the session.
    addEventListener("storage", ({ key }) => {
      if (key === this.#key || key === null) this.#follow(this.#read());
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted && this.#isKept) this.#follow(this.#read());
    });
  }

  get #stored(): Stored | null {
    return storedOf(this.#kept);
  }

  /** Who is signed in, or was until the session ended by itself; null for nobody, "" where a token does not say. */
  get reader(): string | null {
    const { expired, session } = (this.#kept ?? {}) as Partial<Stored & Expired>;
    return expired ?? (session ? (claimsOf(session.access_token).sub ?? "") : null);
  }

  /** The name of who is signed in; null for a guest and for nobody. */
  get name(): string | null {
    return this.#stored && !this.#stored.guest ? this.#stored.name : null;
  }

  /** Whether conversations are kept for a guest on this device. */
  get isGuest(): boolean {
    return this.#stored?.guest ?? false;
  }

  /** Whether the site itself says who asks. */
  get isSites(): boolean {
    return this.#options.getToken !== null;
  }

  /** Whether the service keeps a history for who asks. */
  get hasHistory(): boolean {
    return this.isSites || this.#stored !== null;
  }

  /** Whether the session ended by itself: the reader is told, and asks on as a guest. */
  hasExpired = false;

  /** What became of a confirmation link: its account is signed in, or it is no longer good. */
  link: "taken" | "refused" | null = null;

  /** Called where another tab has signed the reader out, or somebody else has signed in. */
  onLeave = (): void => undefined;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The access token for a call; null for nobody. An expired one is renewed, once for all tabs. */
  readonly token = async (renew = false): Promise<string | null> => {
    if (this.#options.getToken) return tokenOf(this.#options.getToken, renew);
    const session = this.#stored?.session;
    if (!session) return null;
    if (!renew && session.expires_at > Date.now() / 1000 + RENEW_BEFORE_SECONDS) return session.access_token;
    this.#renewing ??= this.#renew(session.access_token).finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  async signIn(email: string, password: string): Promise<void> {
    this.#take(await this.#service.post<Signed>("/api/auth/signin", { email, password }, false), email);
  }

  /** Makes an account; a guest's conversations become the account's. True where the address has to be confirmed first. */
  async signUp(email: string, password: string, name: string): Promise<boolean> {
    const body = { email, password, ...(name ? { name } : {}) };
    const service = new Service(this.#options, this.token); // with the guest's token
    const signed = await service.post<Signed>("/api/auth/signup", body);
    this.#take(signed, email);
    return signed.session === null;
  }

  /**
   * Signs in with the session of a confirmation link, where the page was reached by one; true where that is another reader's
   * than the one here before. Anybody can send a link with a session of their own, so `agree` asks a reader who has one
   * before it is replaced.
   */
  async takeLink(agree: (name: string) => boolean): Promise<boolean> {
    if (this.isSites || !this.#options.accounts) return false; // the site sees to it
    const linked = takeConfirmationLink(this.#options.page !== null);
    if (linked === undefined) return false;
    const signed = linked && (await this.#accountOf(linked));
    const isAnother = this.#isAnother(signed?.user?.id);
    if (signed && isAnother) {
      if (this.#stored && !agree(nameOf(signed.user))) return false;
      await this.signOut();
    }
    this.link = signed ? "taken" : "refused";
    if (signed) this.#take(signed, "");
    else this.#set(this.#kept, false);
    return signed !== null && isAnother;
  }

  /** A link's session with its account; null where the service refuses it. While the service is away it is believed. */
  async #accountOf(session: LinkedSession): Promise<Signed | null> {
    const service = new Service(this.#options, () => Promise.resolve(session.access_token));
    try {
      if (session.expires_at > Date.now() / 1000) return { user: await service.json<User>("/api/auth/user"), session };
      const { refresh_token } = session;
      return await this.#service.post<Signed>("/api/auth/refresh", { refresh_token }, false);
    } catch (error) {
      if (error instanceof ChatError && error.status >= 400 && error.status < 429) return null;
      const { sub = "", email = "" } = claimsOf(session.access_token);
      return { user: { id: sub, email }, session };
    }
  }

  /** Asks the service for the name of who is signed in, where it could not be asked when the session was taken. */
  async learnName(): Promise<void> {
    if (this.name !== "") return;
    const user = await new Service(this.#options, this.token).json<User>("/api/auth/user").catch(() => null);
    if (user && this.#stored) this.#set({ ...this.#stored, name: nameOf(user) });
  }

  /** Makes a guest of this browser, so that its conversations are kept. */
  async keepAsGuest(): Promise<void> {
    const signed = await this.#service.json<Signed>("/api/auth/guest", { method: "POST" }, false);
    this.#take(signed, "");
  }

  async signOut(): Promise<void> {
    const session = this.#stored?.session;
    this.#set(null);
    if (!session) return;
    const headers = { authorization: `Bearer ${session.access_token}`, "content-type": "application/json" };
    const body = JSON.stringify({ refresh_token: session.refresh_token });
    // The device has forgotten it in any case.
    await this.#service.call("/api/auth/signout", { method: "POST", headers, body }, false).catch(() => undefined);
  }

  async #renew(used: string): Promise<string | null> {
    const locked = async () => {
      const kept = this.#read() ?? this.#kept;
      const stored = storedOf(kept);
      if (stored?.session.access_token === used) return this.#exchange(stored);
      this.#follow(kept); // another tab was first
      return stored?.session.access_token ?? null;
    };
    if (!("locks" in navigator)) return locked();
    return navigator.locks.request(this.#key, locked).catch((error: unknown) => {
      // Refused with the storage, as to a frame without an origin: the session is shared with no other tab.
      if (error instanceof DOMException && error.name === "SecurityError") return locked();
      throw error;
    });
  }

  async #exchange(stored: Stored): Promise<string | null> {
    const body = { refresh_token: stored.session.refresh_token };
    const signed = await this.#service.post<Signed>("/api/auth/refresh", body, false).catch((error: unknown) => {
      if ((error as { status?: number }).status === 401) return null;
      throw error; // the service is away: the session stays
    });
    this.hasExpired = !signed?.session;
    this.#set(signed?.session ? { ...stored, session: signed.session } : { expired: this.reader ?? "", guest: stored.guest });
    return signed?.session?.access_token ?? null;
  }

  #take({ user, session }: Signed, email: string): void {
    if (!session) return;
    const isAnother = !this.#stored && this.#isAnother(claimsOf(session.access_token).sub);
    this.hasExpired = false;
    this.#set({ session, name: nameOf(user) || email, guest: user?.is_anonymous ?? false });
    if (isAnother) this.onLeave();
  }

  // Whether the reader `id` is another one than the one here. A guest whose session is over may have any account by now.
  #isAnother(id = ""): boolean {
    const isFormerGuest = !this.#stored && this.#kept?.guest;
    return this.reader !== null && this.reader !== id && !isFormerGuest;
  }

  // Takes over what another tab has made of the account.
  #follow(kept: Stored | Expired | null): void {
    const before = this.reader;
    this.hasExpired = kept !== null && !storedOf(kept) && (this.hasExpired || this.#stored !== null);
    this.#set(kept, false);
    if (before !== null && before !== this.reader) this.onLeave();
  }

  #set(kept: Stored | Expired | null, write = true): void {
    this.#kept = kept;
    if (write) this.#write();
    for (const listener of this.#listeners) listener();
  }

  #read(): Stored | Expired | null {
    try {
      return keptOf(JSON.parse(localStorage.getItem(this.#key) ?? "null"));
    } catch {
      return null; // storage is switched off, or holds something else
    }
  }

  #write(): void {
    try {
      if (this.#kept) localStorage.setItem(this.#key, JSON.stringify(this.#kept));
      else localStorage.removeItem(this.#key);
      this.#isKept = true;
    } catch {
      this.#isKept = false; // full or switched off: the session lives on in this document
    }
  }
}

// A site's own function may reject, throw, hang, or give something else. The reader's question is then not sent as a
// guest's, which would be kept in no history; it can be sent again.
async function tokenOf(getToken: GetToken, renew: boolean): Promise<string | null> {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error(`no answer in ${TOKEN_MS / 1000} s`)), TOKEN_MS);
  });
  try {
    const token: unknown = await Promise.race([Promise.resolve({ renew }).then(getToken), late]);
    if (token == null || token === "") return null;
    if (isToken(token)) return token;
    throw new TypeError("neither a token nor null");
  } catch (error) {
    console.error("bookrag: getToken gave no token", error);
    throw new ChatError("no_token");
  } finally {
    clearTimeout(timer);
  }
}

// What a tab of any version of the panel may have stored, with what of it is of its type; null where it signs nobody in.
function keptOf(item: unknown): Stored | Expired | null {
  const { session, name, guest, expired } = (item ?? {}) as Partial<Record<keyof (Stored & Expired), unknown>>;
  const isGuest = guest === true;
  if (text(expired) !== null) return { expired: String(expired), guest: isGuest };
  const { access_token, refresh_token, expires_at } = (session ?? {}) as Partial<Record<keyof Session, unknown>>;
  if (!isToken(access_token) || text(refresh_token) === null) return null;
  return {
    session: { access_token, refresh_token: String(refresh_token), expires_at: Number(expires_at) || 0 },
    name: text(name) ?? "",
    guest: isGuest,
  };
}

// Whether it can stand in a request's head.
function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7E]+$/.test(value);
}

function storedOf(kept: Stored | Expired | null): Stored | null {
  return kept && "session" in kept ? kept : null;
}

function nameOf(user: User | null): string {
  return user?.name ?? user?.email ?? "";
}
