"""What GoTrue says on the wire, as far as this project asks it; users are rows of `auth.users`."""

import hashlib
import json
import secrets
import time
from typing import Any
from uuid import uuid4

import jwt
import psycopg
from psycopg.rows import dict_row
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.supabase_keys import ProjectSigning

API_VERSION = {"x-supabase-api-version": "2024-01-01"}


class AuthApiError(Exception):
    """An error with GoTrue's code."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = JSONResponse({"code": code, "message": message, **more}, status, headers=API_VERSION)


class AuthApi:
    """`/auth/v1`."""

    def __init__(self, database_url: str, signing: ProjectSigning) -> None:
        self._database_url = database_url
        self._signing = signing
        self._connection: psycopg.AsyncConnection[dict[str, Any]] | None = None
        self.take({"confirm_addresses": False, "limit_signins_to": None})
        self.reset()

    def reset(self) -> None:
        """Forget all sessions."""
        self.sessions: dict[str, str] = {}  # session id → user id
        self.refresh_tokens: dict[str, tuple[str, bool]] = {}  # token → (session id, used)
        self._signins = 0

    def take(self, options: dict[str, Any]) -> None:
        """Go on with these options."""
        self.confirm_addresses = bool(options["confirm_addresses"])
        self.limit_signins_to: int | None = options["limit_signins_to"]

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/auth/v1/.well-known/jwks.json", self._jwks),
            Route("/auth/v1/signup", self._handled(self._signup), methods=["POST"]),
            Route("/auth/v1/token", self._handled(self._token), methods=["POST"]),
            Route("/auth/v1/logout", self._handled(self._logout), methods=["POST"]),
            Route("/auth/v1/user", self._handled(self._user), methods=["GET", "PUT"]),
        ]

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()

    def _handled(self, endpoint: Any) -> Any:
        async def handled(request: Request) -> Response:
            try:
                body = await request.json() if request.method != "GET" and await request.body() else {}
                result: Response = await endpoint(request, body)
            except AuthApiError as error:
                return error.response
            return result

        return handled

    async def _jwks(self, request: Request) -> Response:
        return JSONResponse(self._signing.key_set(), headers={"cache-control": "public, max-age=600"})

    async def _signup(self, request: Request, body: dict[str, Any]) -> Response:
        email, password = body.get("email"), body.get("password")
        if not email and not password:
            user = await self._insert(None, None, body.get("data") or {})
            return self._session_response(user, str(uuid4()))
        email = self._check(email, password)
        if await self._find("email", email):
            raise AuthApiError(422, "user_already_exists", "User already registered")
        user = await self._insert(email, password, body.get("data") or {})
        if self.confirm_addresses:
            return JSONResponse(_user_json(user))
        return self._session_response(user, str(uuid4()))

    async def _token(self, request: Request, body: dict[str, Any]) -> Response:
        if request.query_params.get("grant_type") == "refresh_token":
            return await self._refresh(body.get("refresh_token", ""))
        self._signins += 1
        if self.limit_signins_to is not None and self._signins > self.limit_signins_to:
            raise AuthApiError(429, "over_request_rate_limit", "Request rate limit reached")
        user = await self._find("email", str(body.get("email", "")).lower())
        if user is None or user["encrypted_password"] != _hash(body.get("password", "")):
            raise AuthApiError(400, "invalid_credentials", "Invalid login credentials")
        if user["email_confirmed_at"] is None:
            raise AuthApiError(400, "email_not_confirmed", "Email not confirmed")
        return self._session_response(user, str(uuid4()))

    async def _refresh(self, token: str) -> Response:
        session_id, used = self.refresh_tokens.get(token, ("", False))
        user_id = self.sessions.get(session_id)
        if user_id is None:
            raise AuthApiError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        if used:
            del self.sessions[session_id]
            raise AuthApiError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        self.refresh_tokens[token] = session_id, True
        user = await self._find("id", user_id)
        if user is None:
            raise AuthApiError(403, "user_not_found", "User from sub claim in JWT does not exist")
        return self._session_response(user, session_id)

    async def _logout(self, request: Request, body: dict[str, Any]) -> Response:
        _, session_id = await self._bearer(request)
        self.sessions.pop(session_id, None)
        return Response(status_code=204)

    async def _user(self, request: Request, body: dict[str, Any]) -> Response:
        user, _ = await self._bearer(request)
        if request.method == "GET":
            return JSONResponse(_user_json(user), headers=API_VERSION)
        email = body.get("email")
        if user["is_anonymous"] and body.get("password") and not email:
            raise AuthApiError(422, "validation_failed", "Updating password of an anonymous user without an email")
        email = self._check(email, body.get("password"))
        if await self._find("email", email):
            raise AuthApiError(422, "email_exists", "A user with this email address has already been registered")
        column = "new_email" if self.confirm_addresses else "email"
        changed = await self._sql(
            f"""
            update auth.users set {column} = %s, encrypted_password = %s, is_anonymous = %s,
                email_confirmed_at = case when %s then null else now() end,
                raw_user_meta_data = raw_user_meta_data || %s
            where id = %s returning *
            """,
            email,
            _hash(body.get("password", "")),
            self.confirm_addresses,
            self.confirm_addresses,
            json.dumps(body.get("data") or {}),
            user["id"],
        )
        return JSONResponse(_user_json(changed[0]), headers=API_VERSION)

    def _check(self, email: Any, password: Any) -> str:
        if not isinstance(email, str) or "@" not in email:
            raise AuthApiError(400, "validation_failed", f"Unable to validate email address: {email} is invalid")
        if not isinstance(password, str) or len(password) < 8:
            reasons = {"weak_password": {"reasons": ["length"]}}
            raise AuthApiError(422, "weak_password", "Password should be at least 8 characters.", **reasons)
        return email.lower()

    async def _bearer(self, request: Request) -> tuple[dict[str, Any], str]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = self._signing.check(token)
        except jwt.InvalidTokenError as exc:
            raise AuthApiError(403, "bad_jwt", "invalid JWT: unable to parse or verify signature") from exc
        session_id = claims.get("session_id", "")
        if session_id not in self.sessions:
            raise AuthApiError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        user = await self._find("id", claims["sub"])
        if user is None:
            raise AuthApiError(403, "user_not_found", "User from sub claim in JWT does not exist")
        return user, session_id

    def _session_response(self, user: dict[str, Any], session_id: str) -> Response:
        self.sessions[session_id] = str(user["id"])
        refresh_token = secrets.token_urlsafe(9)
        self.refresh_tokens[refresh_token] = session_id, False
        claims = self._signing.claims(
            str(user["id"]),
            session_id=session_id,
            is_anonymous=user["is_anonymous"],
            email=user["email"] or "",
            user_metadata=user["raw_user_meta_data"],
        )
        body = {
            "access_token": self._signing.sign(claims),
            "token_type": "bearer",
            "expires_in": 3600,
            "expires_at": int(time.time()) + 3600,
            "refresh_token": refresh_token,
            "user": _user_json(user),
        }
        return JSONResponse(body, headers=API_VERSION)

    async def _insert(self, email: str | None, password: str | None, data: dict[str, Any]) -> dict[str, Any]:
        rows = await self._sql(
            """
            insert into auth.users (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, is_anonymous)
            values (%s, %s, %s, case when %s then null else now() end, %s, %s) returning *
            """,
            uuid4(),
            email,
            _hash(password) if password else None,
            self.confirm_addresses and email is not None,
            json.dumps(data),
            email is None,
        )
        return rows[0]

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


def _user_json(user: dict[str, Any]) -> dict[str, Any]:
    created = user["created_at"].isoformat()
    return {
        "id": str(user["id"]),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user["email"] or "",
        "phone": "",
        "new_email": user["new_email"],
        "app_metadata": {"provider": "email"},
        "user_metadata": user["raw_user_meta_data"],
        "identities": [],
        "created_at": created,
        "updated_at": created,
        "is_anonymous": user["is_anonymous"],
    }
