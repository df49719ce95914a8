"""`bookrag accounts`: manages the local accounts, which have no e-mail for resetting a password."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from app.cli.output import console
from storage.environment import read_settings
from storage.errors import ConfigurationError, InputError, NotFoundError
from storage.settings import StorageSettings

if TYPE_CHECKING:
    from storage.accounts.sqlite_store import LocalAccounts

accounts_app = typer.Typer(help="The accounts of this machine: list them, replace a lost password, delete one.")

T = TypeVar("T")
Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]
NEW_PASSWORD_BYTES = 12


@accounts_app.command("list")
def list_accounts(
    search: Annotated[str, typer.Argument(help="Only addresses that contain this.")] = "",
) -> None:
    """List the accounts, newest first."""
    found = _ask(lambda accounts: accounts.users(search))
    table = Table("address", "since", "conversations", "id")
    for user in found:
        table.add_row(user.email, user.created_at[:10], str(user.conversations), str(user.id))
    console().print(table if found else "There is no such account." if search else "There are no accounts.")


@accounts_app.command()
def password(
    email: Email,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the new password from standard input; otherwise one is made.")
    ] = False,
) -> None:
    """Replace a lost password and end all sessions of the account."""
    made = None if from_stdin else secrets.token_urlsafe(NEW_PASSWORD_BYTES)
    new = made or _line_of_stdin()
    _require(email, found=_ask(lambda accounts: accounts.replace_password(email, new)))
    if made:
        console().print(f"The new password of {email}:", made)
    else:
        console().print("The password was replaced.")


@accounts_app.command()
def delete(
    email: Email,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking for confirmation.")] = False,
) -> None:
    """Delete an account with its profile, its sessions and its conversations."""
    if not yes:
        typer.confirm(f"Delete {email} and everything that belongs to it?", abort=True, err=True)
    _require(email, found=_ask(lambda accounts: accounts.delete_by_email(email)))
    console().print("The account was deleted.")


def _line_of_stdin() -> str:
    """The first line of standard input; raises InputError if it is not UTF-8, which no sign-in could repeat."""
    line = sys.stdin.buffer.readline().rstrip(b"\r\n")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise InputError("The password on standard input is not UTF-8.") from None


def _require(email: str, *, found: bool) -> None:
    if not found:
        raise NotFoundError(f"There is no account with the address {email}.")


def _ask(work: "Callable[[LocalAccounts], Awaitable[T]]") -> T:
    """The result of `work` on the local accounts."""
    from storage.reader_stores import open_local_accounts  # imports cryptography, which no other command needs

    settings = read_settings(StorageSettings)
    if settings.supabase_url:
        raise ConfigurationError("SUPABASE_URL is set: the project's dashboard manages its accounts.")

    async def opened() -> T:
        async with open_local_accounts(settings) as accounts:
            return await work(accounts)

    return asyncio.run(opened())
