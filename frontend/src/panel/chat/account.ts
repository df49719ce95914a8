// Who asks: a reader of the site (`getToken`), an account of the service, a guest kept on this device, or nobody.
//
// A session is stored only after the reader signed in, signed up, or asked for their conversations to be kept.

import { claimsOf, takeConfirmationLink, type LinkedSession } from "../../link.js";
import type { GetToken, Options } from "../../options.js";
import { text } from "./answer-record.js";
import { moveHistory, type Move } from "./guest-history.js";
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

/** The guest of this device before an account was signed in to, who comes back where not all of its history was moved. */
interface Left {
  session: Session;
  /** The account that takes its conversations over; "" for none. */
  to: string;
}

interface Stored {
  session: Session;
  name: string;
  guest: boolean;
  left: Left | undefined;
}

/** What is left where a session has ended by itself: whose it was. Signing out leaves nothing. */
interface Expired {
  expired: string;
  guest: boolean;
  left: Left | undefined;
}

/** The reader's account with the service. */
export class Account {
  #kept: Stored | Expired | null = null;
  #renewing: Promise<string | null> | null = null;
  #moving: Promise<boolean> | null = null;
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

  /** Whether the account lacks conversations of the guest of this device, who has them still. */
  isPartlyMoved = false;

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
    if (!renew && isFresh(session)) return session.access_token;
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
      if (!this.isGuest) await this.signOut();
    }
    this.link = signed ? "taken" : "refused";
    if (signed) this.#take(signed, "", false); // whoever sent the link gets nothing of the guest's
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
    const { left } = this.#kept ?? {};
    if (left) {
      this.hasExpired = false;
      this.#set(guestOf(left));
      return;
    }
    const signed = await this.#service.json<Signed>("/api/auth/guest", { method: "POST" }, false);
    this.#take(signed, "");
  }

  async signOut(): Promise<void> {
    const session = this.#stored?.session;
    const { left } = this.#kept ?? {};
    this.isPartlyMoved = false;
    this.#set(left ? guestOf(left) : null);
    if (session) await this.#end(session);
  }

  /**
   * Moves the conversations of the guest who has signed in to this account into its history, or goes on where the page was
   * closed meanwhile; the guest's session ends once all of them are there. Whether there were any to be moved.
   */
  moveHistory(): Promise<boolean> {
    const move = this.#move;
    if (!move) return this.#moving ?? Promise.resolve(false);
    this.#moving ??= this.#moveAll(move).finally(() => (this.#moving = null));
    return this.#moving;
  }

  async #moveAll(move: Move): Promise<boolean> {
    const isWhole = await moveHistory(move).catch((error: unknown) => {
      if (!(error instanceof ChatError)) console.error(error); // a fault of this panel
      return false;
    });
    const stored = this.#stored;
    if (this.reader !== move.reader || !stored?.left) return true; // signed out meanwhile, or another tab was first
    this.isPartlyMoved = !isWhole;
    this.#set(isWhole ? { ...stored, left: undefined } : stored, isWhole);
    if (isWhole) await this.#end(stored.left.session);
    return true;
  }

  // The calls of a guest's move into this account; none is made once somebody else is here.
  get #move(): Move | null {
    const { reader } = this;
    if (!reader || this.#stored?.left?.to !== reader) return null;
    const service = (token: Service["token"]) => new Service(this.#options, async (renew) => {
      const given = await token(renew);
      if (this.reader !== reader) throw new ChatError("no_token");
      return given;
    });
    return { from: service(this.#leftToken), to: service(this.token), reader };
  }

  // The access token of the guest who was here before; null where there is none any more.
  readonly #leftToken = async (renew = false): Promise<string | null> => {
    const session = this.#stored?.left?.session;
    if (!session || (!renew && isFresh(session))) return session?.access_token ?? null;
    return this.#locked(async () => {
      const kept = this.#read() ?? this.#kept;
      if (kept?.left?.session.access_token !== session.access_token) {
        this.#follow(kept); // another tab was first
        return kept?.left?.session.access_token ?? null;
      }
      const renewed = await this.#renewed(session);
      const stored = this.#stored;
      if (stored?.left) this.#set({ ...stored, left: renewed && { ...stored.left, session: renewed } });
      else if (stored?.guest && renewed) this.#set({ ...stored, session: renewed }); // signed out meanwhile
      return renewed?.access_token ?? null;
    });
  };

  // Ends a session with the service.
  async #end(session: Session): Promise<void> {
    const headers = { authorization: `Bearer ${session.access_token}`, "content-type": "application/json" };
    const body = JSON.stringify({ refresh_token: session.refresh_token });
    // The device has forgotten it in any case.
    await this.#service.call("/api/auth/signout", { method: "POST", headers, body }, false).catch(() => undefined);
  }

  async #renew(used: string): Promise<string | null> {
    return this.#locked(async () => {
      const kept = this.#read() ?? this.#kept;
      const stored = storedOf(kept);
      if (stored?.session.access_token === used) return this.#exchange(stored);
      this.#follow(kept); // another tab was first
      return stored?.session.access_token ?? null;
    });
  }

  // Does what one tab at a time may do.
  async #locked<T>(locked: () => Promise<T>): Promise<T> {
    if (!("locks" in navigator)) return locked();
    return navigator.locks.request(this.#key, locked).catch((error: unknown) => {
      // Refused with the storage, as to a frame without an origin: the session is shared with no other tab.
      if (error instanceof DOMException && error.name === "SecurityError") return locked();
      throw error;
    });
  }

  async #exchange(stored: Stored): Promise<string | null> {
    const session = await this.#renewed(stored.session);
    this.hasExpired = !session;
    this.#set(session ? { ...stored, session } : { expired: this.reader ?? "", guest: stored.guest, left: stored.left });
    return session?.access_token ?? null;
  }

  // The session that follows on one; undefined where the service refuses it.
  async #renewed({ refresh_token }: Session): Promise<Session | undefined> {
    const signed = await this.#service.post<Signed>("/api/auth/refresh", { refresh_token }, false).catch((error: unknown) => {
      if ((error as { status?: number }).status === 401) return null;
      throw error; // the service is away: the session stays
    });
    return signed?.session ?? undefined;
  }

  // A guest who has signed in to another account gives it its conversations, where `isMoved`.
  #take({ user, session }: Signed, email: string, isMoved = true): void {
    if (!session) return;
    const { sub = "" } = claimsOf(session.access_token);
    const isAnother = !this.#stored && this.#isAnother(sub);
    const hasGuest = this.isGuest && this.reader !== sub;
    const left = hasGuest && this.#stored ? { session: this.#stored.session, to: isMoved ? sub : "" } : this.#kept?.left;
    this.hasExpired = false;
    this.#set({ session, name: nameOf(user) || email, guest: user?.is_anonymous ?? false, left });
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
  const { session, name, guest, expired, left } = (item ?? {}) as Partial<Record<keyof (Stored & Expired), unknown>>;
  const before = (left ?? {}) as Partial<Record<keyof Left, unknown>>;
  const guests = sessionOf(before.session);
  const shared = { guest: guest === true, left: guests ? { session: guests, to: text(before.to) ?? "" } : undefined };
  if (text(expired) !== null) return { expired: String(expired), ...shared };
  const own = sessionOf(session);
  return own && { session: own, name: text(name) ?? "", ...shared };
}

function sessionOf(item: unknown): Session | null {
  const { access_token, refresh_token, expires_at } = (item ?? {}) as Partial<Record<keyof Session, unknown>>;
  if (!isToken(access_token) || text(refresh_token) === null) return null;
  return { access_token, refresh_token: String(refresh_token), expires_at: Number(expires_at) || 0 };
}

function isFresh({ expires_at: end }: Session): boolean {
  return end > Date.now() / 1000 + RENEW_BEFORE_SECONDS;
}

function guestOf({ session }: Left): Stored {
  return { session, name: "", guest: true, left: undefined };
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
