"""GoTrue's HTTP interface, as far as this project uses it; users and sessions are rows of the schema `auth`.

The rules are those of GoTrue 2.196, as observed on a real server. docs/supabase.md lists what is not imitated.
"""

import asyncio
import hashlib
import json
import re
import secrets
import string
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jwt
import psycopg
from psycopg.rows import dict_row
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.supabase_keys import ProjectSigning

VERSION_HEADER = "x-supabase-api-version"
API_VERSION = {VERSION_HEADER: "2024-01-01"}
MAX_PASSWORD_BYTES = 72  # bcrypt reads no more
HASHING_SECONDS = 0.02  # bcrypt takes longer; two sign-ups at once still meet in the database
CHARACTER_SETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
TOKEN_CHARACTERS = 12
LEAKED_PASSWORD = "a password from a data leak"

Endpoint = Callable[[Request, dict[str, Any]], Awaitable[Response]]


class AuthApiError(Exception):
    """An error with GoTrue's code."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more

    def response(self, request: Request) -> Response:
        """The body that a client understands: without the version header it is the older one."""
        if request.headers.get(VERSION_HEADER, "") >= API_VERSION[VERSION_HEADER]:
            body = {"code": self.code, "message": self.message, **self.more}
        else:
            body = {"code": self.status, "error_code": self.code, "msg": self.message, **self.more}
        return JSONResponse(body, self.status, headers=API_VERSION)


@dataclass
class Bucket:
    """A token bucket, as GoTrue's limiter has one for each address."""

    burst: float
    per_second: float
    level: float = field(init=False)
    seen_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.burst

    def take(self) -> bool:
        """Whether there was one left."""
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.seen_at) * self.per_second)
        self.seen_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


LIMITS = {"token": (30, 150 / 300), "anonymous": (30, 30 / 3_600)}  # GoTrue's defaults


class AuthApi:
    """`/auth/v1`."""

    def __init__(self, database_url: str, signing: ProjectSigning, publishable_key: str) -> None:
        self._database_url = database_url
        self._signing = signing
        self._key = publishable_key
        self._connection: psycopg.AsyncConnection[dict[str, Any]] | None = None
        self.options: dict[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        """Forget tokens, letters and counts."""
        self.refresh_tokens: dict[str, tuple[str, str, bool]] = {}  # token → (session id, user id, used)
        self._children: dict[str, str] = {}  # refresh tokens that were used, and what each was exchanged for
        self.signed_in_at: dict[str, int] = {}  # by session id
        self.letters: list[dict[str, str]] = []
        self._captcha_tokens: set[str] = set()
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._signins = 0

    def take(self, options: dict[str, Any]) -> None:
        """Go on with these options."""
        self.options = options

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/auth/v1/.well-known/jwks.json", self._jwks),
            Route("/auth/v1/.well-known/openid-configuration", self._openid),
            Route("/auth/v1/verify", self._verify),
            Route("/auth/v1/health", self._handled(self._health)),
            Route("/auth/v1/settings", self._handled(self._settings)),
            Route("/auth/v1/signup", self._handled(self._signup), methods=["POST"]),
            Route("/auth/v1/token", self._handled(self._token), methods=["POST"]),
            Route("/auth/v1/logout", self._handled(self._logout), methods=["POST"]),
            Route("/auth/v1/user", self._handled(self._user), methods=["GET", "PUT"]),
        ]

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()

    def _handled(self, endpoint: Endpoint) -> Endpoint:
        async def handled(request: Request) -> Response:
            if request.headers.get("apikey") != self._key:  # the gateway's answer, not GoTrue's
                return JSONResponse({"message": "Invalid API key", "hint": "Double check your API key."}, 401)
            try:
                body = await request.json() if request.method != "GET" and await request.body() else {}
                return await endpoint(request, body)
            except AuthApiError as error:
                return error.response(request)

        return handled  # type: ignore[return-value]  # Starlette calls it with the request alone

    async def _jwks(self, request: Request) -> Response:
        return JSONResponse(self._signing.key_set(), headers={"cache-control": "public, max-age=600"})

    async def _openid(self, request: Request) -> Response:
        issuer = self._signing.issuer
        return JSONResponse({"issuer": issuer, "jwks_uri": f"{issuer}/.well-known/jwks.json"}, 200 if issuer else 404)

    async def _health(self, request: Request, body: dict[str, Any]) -> Response:
        return JSONResponse({"version": "v2.196.0", "name": "GoTrue", "description": "GoTrue is a user registration"})

    async def _settings(self, request: Request, body: dict[str, Any]) -> Response:
        external = {
            "email": not self.options["email_disabled"],
            "anonymous_users": not self.options["guests_disabled"],
            "phone": False,
        }
        return JSONResponse(
            {
                "external": external,
                "disable_signup": self.options["signup_disabled"],
                "mailer_autoconfirm": not self.options["confirm_addresses"],
                "phone_autoconfirm": False,
                "sms_provider": "",
                "saml_enabled": False,
            }
        )

    # Sign-up ---------------------------------------------------------------------------------------------------------

    async def _signup(self, request: Request, body: dict[str, Any]) -> Response:
        self._check_captcha(body)
        if self.options["signup_disabled"]:
            raise AuthApiError(422, "signup_disabled", "Signups not allowed for this instance")
        email, password = body.get("email"), body.get("password")
        if not email and not password:
            return await self._signup_guest(request, body)
        if self.options["email_disabled"]:
            raise AuthApiError(400, "email_provider_disabled", "Email signups are disabled")
        email = self._check_email(email)
        self._check_password(password)
        found = await self._find("email", email)
        if found and found["email_confirmed_at"]:
            if not self.options["confirm_addresses"]:
                raise AuthApiError(422, "user_already_exists", "User already registered")
            # Somebody who tries an address does not learn whether it has an account.
            hidden: dict[str, Any] = {"id": str(uuid4()), "identities": [], "user_metadata": body.get("data") or {}}
            return JSONResponse(_user_json(found) | hidden)
        await self._before_user_created()
        await asyncio.sleep(HASHING_SECONDS)
        user = found or await self._insert(email, password, body.get("data") or {})
        if self.options["confirm_addresses"]:
            self._send_letter(user, email, "signup")
            return JSONResponse(_user_json(user), headers=API_VERSION)
        return await self._new_session(user)

    async def _signup_guest(self, request: Request, body: dict[str, Any]) -> Response:
        if self.options["guests_disabled"]:
            raise AuthApiError(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
        self._limit(request, "anonymous")
        await self._before_user_created()
        return await self._new_session(await self._insert(None, None, body.get("data") or {}))

    async def _before_user_created(self) -> None:
        """The hook of this name, which a project may have."""
        hook = self.options["hook"]
        if hook == "timeout":
            raise AuthApiError(422, "hook_timeout_after_retry", "Failed to reach hook after maximum retries")
        if hook:
            raise AuthApiError(400, "unknown", hook)

    # Sessions --------------------------------------------------------------------------------------------------------

    async def _token(self, request: Request, body: dict[str, Any]) -> Response:
        self._limit(request, "token")  # one bucket for sign-ins and refreshes
        if request.query_params.get("grant_type") == "refresh_token":
            return await self._refresh(body.get("refresh_token", ""))
        self._check_captcha(body)
        self._signins += 1
        limit = self.options["limit_signins_to"]
        if limit is not None and self._signins > limit:
            raise AuthApiError(429, "over_request_rate_limit", "Request rate limit reached")
        if self.options["email_disabled"]:
            raise AuthApiError(422, "email_provider_disabled", "Email logins are disabled")
        user = await self._find("email", str(body.get("email", "")).lower())
        if user is not None and _is_banned(user):
            raise AuthApiError(400, "user_banned", "User is banned")
        if user is None or user["encrypted_password"] != _hash(body.get("password", "")):
            raise AuthApiError(400, "invalid_credentials", "Invalid login credentials")
        if user["email_confirmed_at"] is None:
            raise AuthApiError(400, "email_not_confirmed", "Email not confirmed")
        return await self._new_session(user)

    async def _refresh(self, token: str) -> Response:
        if not re.fullmatch(rf"[a-z0-9]{{{TOKEN_CHARACTERS}}}", token):
            raise AuthApiError(400, "validation_failed", "Refresh token is not valid")
        session_id, user_id, used = self.refresh_tokens.get(token, ("", "", False))
        user = await self._find("id", user_id) if user_id else None
        if user is None:
            raise AuthApiError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        if _is_banned(user):
            raise AuthApiError(400, "user_banned", "Invalid Refresh Token: User Banned")
        sessions = await self._sql("select created_at from auth.sessions where id = %s", session_id)
        if not sessions:
            raise AuthApiError(400, "session_not_found", "Invalid Refresh Token: No Valid Session Found")
        self.signed_in_at[session_id] = int(sessions[0]["created_at"].timestamp())
        child = self._children.get(token)
        if used and child and not self.refresh_tokens[child][2]:  # the client may not have had the answer
            return self._session_response(user, session_id, child)
        if used:  # was copied: the whole family is worth nothing any more
            for each, (of_session, of_user, _) in self.refresh_tokens.items():
                if of_session == session_id:
                    self.refresh_tokens[each] = of_session, of_user, True
            raise AuthApiError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        self.refresh_tokens[token] = session_id, user_id, True
        # `auth.users.last_sign_in_at` stays as it was.
        await self._sql("update auth.sessions set refreshed_at = now() at time zone 'utc' where id = %s", session_id)
        self._children[token] = self._new_refresh_token(session_id, user)
        return self._session_response(user, session_id, self._children[token])

    async def _logout(self, request: Request, body: dict[str, Any]) -> Response:
        user, session_id = await self._bearer(request)
        scope = request.query_params.get("scope", "global")
        ended = await self._sql(
            """
            delete from auth.sessions
            where user_id = %s and (%s = 'global' or (id::text = %s) = (%s = 'local')) returning id::text
            """,
            user["id"],
            scope,
            session_id,
            scope,
        )
        ids = {row["id"] for row in ended}
        self.refresh_tokens = {key: value for key, value in self.refresh_tokens.items() if value[0] not in ids}
        return Response(status_code=204)

    async def _new_session(self, user: dict[str, Any]) -> Response:
        session_id = str(uuid4())
        await self._sql("insert into auth.sessions (id, user_id) values (%s, %s)", session_id, user["id"])
        await self._sql("update auth.users set last_sign_in_at = now() where id = %s", user["id"])
        return self._session_response(user, session_id)

    def _session_response(self, user: dict[str, Any], session_id: str, refresh_token: str | None = None) -> Response:
        return JSONResponse(self._session_json(user, session_id, refresh_token), headers=API_VERSION)

    def _new_refresh_token(self, session_id: str, user: dict[str, Any]) -> str:
        alphabet = string.ascii_lowercase + string.digits
        refresh_token = "".join(secrets.choice(alphabet) for _ in range(TOKEN_CHARACTERS))
        self.refresh_tokens[refresh_token] = session_id, str(user["id"]), False
        return refresh_token

    def _session_json(self, user: dict[str, Any], session_id: str, refresh_token: str | None = None) -> dict[str, Any]:
        claims = self._signing.claims(
            str(user["id"]),
            session_id=session_id,
            is_anonymous=user["is_anonymous"],
            email=user["email"] or "",
            phone="",
            # A refresh leaves the time of the sign-in as it was.
            amr=[{"method": "password", "timestamp": self.signed_in_at.setdefault(session_id, int(time.time()))}],
            user_metadata=user["raw_user_meta_data"],  # all of it, in every token
        )
        return {
            "access_token": self._signing.sign(claims),
            "token_type": "bearer",
            "expires_in": 3600,
            "expires_at": int(time.time()) + 3600,
            "refresh_token": refresh_token or self._new_refresh_token(session_id, user),
            "user": _user_json(user),
        }

    # The user --------------------------------------------------------------------------------------------------------

    async def _user(self, request: Request, body: dict[str, Any]) -> Response:
        user, session_id = await self._bearer(request)
        if request.method == "PUT":
            user = await self._change(user, session_id, body)
        factors = await self._sql("select id::text, status from auth.mfa_factors where user_id = %s", user["id"])
        more = [{**row, "factor_type": "totp", "created_at": _now(), "updated_at": _now()} for row in factors]
        return JSONResponse(_user_json(user) | ({"factors": more} if more else {}), headers=API_VERSION)

    async def _change(self, user: dict[str, Any], session_id: str, body: dict[str, Any]) -> dict[str, Any]:
        email, password = body.get("email"), body.get("password")
        if email:
            email = self._check_email(email)
        if password is not None:
            self._check_password(password)
        if (email or password) and await self._needs_second_factor(user, session_id):
            raise AuthApiError(401, "insufficient_aal", "AAL2 session is required to update email or password")
        if user["is_anonymous"] and password and not email:
            raise AuthApiError(422, "validation_failed", "Updating password of an anonymous user without an email")
        if email:
            other = await self._find("email", email)
            if other and other["id"] != user["id"]:
                raise AuthApiError(422, "email_exists", "A user with this email address has already been registered")
        if password is not None:
            if self.options["reauthentication"]:
                raise AuthApiError(400, "reauthentication_needed", "Password update requires reauthentication")
            if user["encrypted_password"] == _hash(password):
                raise AuthApiError(422, "same_password", "New password should be different from the old password.")
        by_letter = self.options["confirm_addresses"] or not user["is_anonymous"]
        if email and email != user["email"] and by_letter:
            self._require_pause(user)  # nothing is changed where it is too early for another letter
        if password is not None:
            await self._sql("update auth.users set encrypted_password = %s where id = %s", _hash(password), user["id"])
        metadata = {**user["raw_user_meta_data"], **(body.get("data") or {})}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        await self._sql("update auth.users set raw_user_meta_data = %s where id = %s", json.dumps(metadata), user["id"])
        if email and email != user["email"]:
            await self._change_email(user, email, by_letter=by_letter)
        changed = await self._find("id", str(user["id"]))
        assert changed is not None
        return changed

    async def _needs_second_factor(self, user: dict[str, Any], session_id: str) -> bool:
        query = """
            select 1 from auth.mfa_factors f, auth.sessions s
            where f.user_id = %s and f.status = 'verified' and s.id::text = %s and s.aal = 'aal1'
        """
        return bool(await self._sql(query, user["id"], session_id))

    async def _change_email(self, user: dict[str, Any], email: str, *, by_letter: bool) -> None:
        if by_letter:
            await self._sql("update auth.users set email_change = %s where id = %s", email, user["id"])
            self._send_letter(user, email, "email_change")
            return
        await self._sql(
            "update auth.users set email = %s, email_confirmed_at = now(), is_anonymous = false where id = %s",
            email,
            user["id"],
        )
        await self._identify(str(user["id"]), email, {})

    # Letters ---------------------------------------------------------------------------------------------------------

    def _send_letter(self, user: dict[str, Any], email: str, kind: str) -> None:
        if self.options["own_mailer"]:
            raise AuthApiError(
                400, "email_address_not_authorized", f'Email address "{email}" cannot be used as it is not authorized'
            )
        self._require_pause(user)
        letter = {"to": email, "user_id": str(user["id"]), "type": kind, "token": secrets.token_hex(28)}
        self.letters.append(letter)

    def _require_pause(self, user: dict[str, Any]) -> None:
        """Refuse a second letter to one user until the pause is over; in the tests it never ends."""
        pause = self.options["letter_pause_seconds"]
        if pause and any(letter["user_id"] == str(user["id"]) for letter in self.letters):
            message = f"For security purposes, you can only request this after {pause} seconds."
            raise AuthApiError(429, "over_email_send_rate_limit", message)

    async def _verify(self, request: Request) -> Response:
        """The link of a letter: confirms the address and leads to the site with a session in the fragment."""
        token = request.query_params.get("token")
        letter = next((letter for letter in self.letters if letter["token"] == token), None)
        if letter is not None:  # a later one to the same user has made it worthless
            letter = next(each for each in reversed(self.letters) if each["user_id"] == letter["user_id"])
            letter = letter if letter["token"] == token else None
        site = request.query_params.get("redirect_to", "https://book.example/")
        if letter is None:
            error = "error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid+or+has+expired"
            return RedirectResponse(f"{site}#{error}", 303)
        self.letters.remove(letter)
        changed = await self._sql(
            """
            update auth.users set email = %s, email_change = '', email_confirmed_at = now(), is_anonymous = false
            where id = %s returning *
            """,
            letter["to"],
            letter["user_id"],
        )
        await self._identify(letter["user_id"], letter["to"], {})
        session_id = str(uuid4())
        await self._sql("insert into auth.sessions (id, user_id) values (%s, %s)", session_id, letter["user_id"])
        session = self._session_json(changed[0], session_id)
        names = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
        fragment = "&".join(f"{name}={session[name]}" for name in names) + f"&type={letter['type']}"
        return RedirectResponse(f"{site}#{fragment}", 303)

    # Rules -----------------------------------------------------------------------------------------------------------

    def _limit(self, request: Request, kind: str) -> None:
        """GoTrue's limiter: by what the configured header says, else by the caller, which is one server for all."""
        if not self.options["rate_limits"]:
            return
        header = self.options["rate_limit_header"]
        caller = request.headers.get(header) if header else None
        caller = caller or (request.client.host if request.client else "")
        bucket = self._buckets.setdefault((kind, caller), Bucket(*LIMITS[kind]))
        if not bucket.take():
            raise AuthApiError(429, "over_request_rate_limit", "Request rate limit reached")

    def _check_captcha(self, body: dict[str, Any]) -> None:
        """The check of tokens, `right` or `right-1`, `right-2` and so on; each is good once."""
        wanted = self.options["captcha"]
        if not wanted:
            return
        given = (body.get("gotrue_meta_security") or {}).get("captcha_token") or ""
        is_right = given == wanted or given.startswith(f"{wanted}-")
        if not is_right or given in self._captcha_tokens:
            reason = "invalid-input-response" if given else "no captcha response (captcha_token) found in request"
            reason = "timeout-or-duplicate" if is_right else reason
            raise AuthApiError(400, "captcha_failed", f"captcha protection: request disallowed ({reason})")
        self._captcha_tokens.add(given)

    def _check_email(self, email: Any) -> str:
        if not isinstance(email, str) or "@" not in email:
            raise AuthApiError(400, "validation_failed", "Unable to validate email address: invalid format")
        return email.lower()

    def _check_password(self, password: Any) -> None:
        if not isinstance(password, str) or not password:
            raise AuthApiError(400, "validation_failed", "Signup requires a valid password")
        if len(password.encode()) > MAX_PASSWORD_BYTES:
            raise AuthApiError(400, "validation_failed", "Password cannot be longer than 72 characters")
        reasons, messages = [], []
        if len(password) < 8:
            reasons.append("length")
            messages.append("Password should be at least 8 characters.")
        if self.options["password_characters"] and not all(set(password) & set(each) for each in CHARACTER_SETS):
            reasons.append("characters")
            listed = ", ".join(CHARACTER_SETS)
            messages.append(f"Password should contain at least one character of each: {listed}.")
        if not reasons and password == LEAKED_PASSWORD:
            reasons.append("pwned")
            messages.append("Password is known to be weak and easy to guess, please choose a different one.")
        if reasons:
            raise AuthApiError(422, "weak_password", " ".join(messages), weak_password={"reasons": reasons})

    async def _bearer(self, request: Request) -> tuple[dict[str, Any], str]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = self._signing.check(token)
        except jwt.InvalidTokenError as exc:
            raise AuthApiError(403, "bad_jwt", "invalid JWT: unable to parse or verify signature") from exc
        session_id = claims.get("session_id", "")
        if not await self._sql("select 1 from auth.sessions where id::text = %s", session_id):
            raise AuthApiError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        user = await self._find("id", claims["sub"])
        if user is None:
            raise AuthApiError(403, "user_not_found", "User from sub claim in JWT does not exist")
        if _is_banned(user):
            raise AuthApiError(403, "user_banned", "User is banned")
        return user, session_id

    # Rows ------------------------------------------------------------------------------------------------------------

    async def _insert(self, email: str | None, password: str | None, data: dict[str, Any]) -> dict[str, Any]:
        user_id = uuid4()
        try:
            await self._sql(
                """
                insert into auth.users
                    (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, is_anonymous)
                values (%s, %s, %s, case when %s then null else now() end, %s, %s)
                """,
                user_id,
                email,
                _hash(password) if password else None,
                self.options["confirm_addresses"] and email is not None,
                json.dumps(data),
                email is None,
            )
        except psycopg.errors.UniqueViolation as exc:  # two sign-ups at once
            raise AuthApiError(500, "unexpected_failure", "Database error saving new user") from exc
        if email is not None:
            await self._identify(str(user_id), email, data)
        user = await self._find("id", str(user_id))  # read again, for triggers may have changed it
        assert user is not None
        return user

    async def _identify(self, user_id: str, email: str, data: dict[str, Any]) -> None:
        """Store the identity of an e-mail address; at a sign-up it has a copy of all metadata."""
        await self._sql(
            """
            insert into auth.identities (provider_id, user_id, identity_data, provider) values (%s, %s, %s, 'email')
            on conflict (provider_id, provider)
                do update set identity_data = identities.identity_data || jsonb_build_object('email', %s::text)
            """,
            user_id,
            user_id,
            json.dumps({**data, "sub": user_id, "email": email, "email_verified": False, "phone_verified": False}),
            email,
        )

    async def _find(self, column: str, value: str) -> dict[str, Any] | None:
        rows = await self._sql(f"select * from auth.users where {column} = %s", value)
        return rows[0] if rows else None

    async def _sql(self, query: str, *values: Any) -> list[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._database_url, autocommit=True, row_factory=dict_row
            )
        cursor = await self._connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()  # the real one is bcrypt; nobody's account is kept here


def _is_banned(user: dict[str, Any]) -> bool:
    return user["banned_until"] is not None and user["banned_until"].timestamp() > time.time()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _user_json(user: dict[str, Any]) -> dict[str, Any]:
    created = user["created_at"].isoformat()
    return {
        "id": str(user["id"]),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user["email"] or "",
        "phone": "",
        "new_email": user["email_change"] or None,
        "app_metadata": {"provider": "email"},
        "user_metadata": user["raw_user_meta_data"],
        "identities": [],
        "created_at": created,
        "updated_at": created,
        "is_anonymous": user["is_anonymous"],
    }
