"""What PostgREST says on the wire, as far as this project asks it: role and claims are set for one transaction each."""

import asyncio
import json
from typing import Any, LiteralString, cast

import jwt
import psycopg
from psycopg import sql
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.supabase_keys import ProjectSigning

CONNECTIONS = 8
CLOCK_LEEWAY_SECONDS = 30
OPERATORS: dict[str, LiteralString] = {"eq": "=", "neq": "<>", "lt": "<", "gt": ">", "lte": "<=", "gte": ">="}
NOT_FILTERS = {"select", "order", "limit", "offset", "on_conflict", "columns"}
STATUS = {"23505": 409, "23503": 409, "23514": 400, "22P02": 400, "22P05": 400, "42883": 404, "42P01": 404}
RENAMED = {"42883": "PGRST202", "42P01": "PGRST205"}


class RestApi:
    """`/rest/v1`."""

    def __init__(self, database_url: str, signing: ProjectSigning, publishable_key: str) -> None:
        self._database_url = database_url
        self._signing = signing
        self._key = publishable_key
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/rest/v1/rpc/{name}", self._answer, methods=["POST"]),
            Route("/rest/v1/{name}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"]),
        ]

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._idle:
            await connection.close()

    async def _answer(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.headers.get("apikey") != self._key:
            return JSONResponse({"message": "Invalid API key", "hint": "Double check your API key."}, 401)
        try:
            claims = {"role": "anon"} if token in ("", self._key) else self._signing.check(token, CLOCK_LEEWAY_SECONDS)
        except jwt.ExpiredSignatureError:
            return _error(401, "PGRST303", "JWT expired")
        except jwt.InvalidTokenError:
            return _error(401, "PGRST301", "No suitable key or wrong key type")
        body = await request.json() if await request.body() else None
        async with self._slots:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                return await self._in_transaction(connection, request, claims, body)
            finally:
                self._idle.append(connection)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._database_url)

    async def _in_transaction(
        self, connection: psycopg.AsyncConnection[Any], request: Request, claims: dict[str, Any], body: Any
    ) -> Response:
        role = claims.get("role", "anon")
        try:
            async with connection.transaction():
                await connection.execute(
                    "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                    (role, json.dumps(claims)),
                )
                named = request.headers.get("accept-profile", "public")
                if named != "public" and named not in (exposed := await _exposed_schemas(connection)):
                    hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
                    return _error(406, "PGRST106", f"Invalid schema: {named}", hint=hint)
                query, values = await _statement(connection, request, body)
                cursor = await connection.execute(query, values)
                result = await cursor.fetchone()
        except psycopg.Error as error:
            return _database_error(error, role)
        status = {"POST": 201, "GET": 200}.get(request.method, 200)
        is_function = "/rpc/" in request.url.path
        # The body is made by the database, as PostgREST has it made.
        body_text = (result[0] if result else None) or "null"
        return Response(body_text, 200 if is_function else status, media_type="application/json")


async def _exposed_schemas(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    """As a project is set up at first, or by `alter role authenticator set pgrst.db_schemas`."""
    query = "select unnest(rolconfig) from pg_roles where rolname = 'authenticator'"
    settings = dict(row[0].split("=", 1) for row in await (await connection.execute(query)).fetchall())
    return [name.strip() for name in settings.get("pgrst.db_schemas", "public, graphql_public").split(",")]


async def _statement(
    connection: psycopg.AsyncConnection[Any], request: Request, body: Any
) -> tuple[sql.Composed, list[Any]]:
    name = request.path_params["name"]
    if "/rpc/" in request.url.path:
        return await _call(connection, name, body or {})
    table = sql.Identifier("public", name)
    where, values = _where(request)
    if request.method == "GET":
        return _select(request, table, where, values)
    if request.method == "DELETE":
        changed = sql.SQL("delete from {} {} returning *").format(table, where)
        return _returning(changed), values
    if request.method == "PATCH":
        assignments = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(column)) for column in body)
        changed = sql.SQL(
            "update {} t set {} from (select * from jsonb_populate_record(null::{}, %s)) s {} returning t.*"
        ).format(table, assignments, table, _where(request, "t")[0])
        return _returning(changed), [json.dumps(body), *values]
    return _insert(request, table, body)


def _insert(request: Request, table: sql.Identifier, body: Any) -> tuple[sql.Composed, list[Any]]:
    rows = body if isinstance(body, list) else [body]
    columns = [sql.Identifier(column) for column in rows[0]]
    listed = sql.SQL(", ").join(columns)
    conflict: sql.Composable = sql.SQL("")
    if "resolution=merge-duplicates" in request.headers.get("prefer", ""):
        conflict = sql.SQL("on conflict ({}) do update set {}").format(
            sql.Identifier(request.query_params["on_conflict"]),
            sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(column) for column in columns),
        )
    changed = sql.SQL(
        "insert into {} ({}) select {} from jsonb_populate_recordset(null::{}, %s) {} returning *"
    ).format(table, listed, listed, table, conflict)
    return _returning(changed), [json.dumps(rows)]


def _select(
    request: Request, table: sql.Identifier, where: sql.Composable, values: list[Any]
) -> tuple[sql.Composed, list[Any]]:
    chosen = request.query_params.get("select", "*")
    columns: sql.Composable = sql.SQL("*")
    if chosen != "*":
        columns = sql.SQL(", ").join(sql.Identifier(column) for column in chosen.split(","))
    query = sql.SQL("select coalesce(jsonb_agg(to_jsonb(q)), '[]')::text from (select {} from {} {} limit 1000) q")
    return query.format(columns, table, where), values


def _returning(changed: sql.Composed) -> sql.Composed:
    return sql.SQL("with q as ({}) select coalesce(jsonb_agg(to_jsonb(q)), '[]')::text from q").format(changed)


def _where(request: Request, alias: LiteralString | None = None) -> tuple[sql.Composable, list[Any]]:
    conditions: list[sql.Composable] = []
    values: list[Any] = []
    for column, condition in request.query_params.multi_items():
        if column in NOT_FILTERS:
            continue
        operator, _, value = condition.partition(".")
        name = sql.Identifier(alias, column) if alias else sql.Identifier(column)
        conditions.append(sql.SQL("{}::text {} %s").format(name, sql.SQL(OPERATORS[operator])))
        values.append(value)
    if not conditions:
        return sql.SQL(""), []
    return sql.SQL("where {}").format(sql.SQL(" and ").join(conditions)), values


async def _call(
    connection: psycopg.AsyncConnection[Any], name: str, arguments: dict[str, Any]
) -> tuple[sql.Composed, list[Any]]:
    types = _TYPES.get(name) or await _types_of(connection, name)
    if types is None or not arguments.keys() <= types.keys():
        raise psycopg.errors.UndefinedFunction
    _TYPES[name] = types
    named = sql.SQL(", ").join(
        sql.SQL("{} => %s::" + cast("LiteralString", types[argument])).format(sql.Identifier(argument))
        for argument in arguments
    )
    values = [json.dumps(value) if types[argument] == "jsonb" else value for argument, value in arguments.items()]
    return sql.SQL("select to_jsonb(public.{}({}))::text").format(sql.Identifier(name), named), values


_TYPES: dict[str, dict[str, Any]] = {}  # PostgREST, too, reads the schema once


async def _types_of(connection: psycopg.AsyncConnection[Any], name: str) -> dict[str, Any] | None:
    """A function's parameters and their types; None where there is no such function."""
    cursor = await connection.execute(
        """
        select p.proargnames,
            array(select format_type(t, null) from unnest(p.proargtypes::oid[]) with ordinality u(t, n) order by n)
        from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = %s
        """,
        (name,),
    )
    found = await cursor.fetchone()
    return dict(zip(found[0] or [], found[1], strict=False)) if found else None


def _database_error(error: psycopg.Error, role: str) -> Response:
    code = error.sqlstate or "XX000"
    details = error.diag.message_detail
    if code.startswith("PT"):
        return _error(int(code[2:]), code, error.diag.message_primary, details)
    if code == "42501":
        return _error(401 if role == "anon" else 403, code, error.diag.message_primary)
    return _error(STATUS.get(code, 500), RENAMED.get(code, code), error.diag.message_primary, details)


def _error(
    status: int, code: str, message: str | None, details: str | None = None, hint: str | None = None
) -> Response:
    return JSONResponse({"code": code, "message": message, "details": details, "hint": hint}, status)
