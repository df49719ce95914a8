"""Translates Supabase Auth's errors to those of `storage.errors`; called by `storage.supabase_project`.

Some codes concern the reader's input: each has a message of its own. The others concern the operator: the reader is
told that it is not possible just now, and the log has code and route. Auth's own messages are never passed on, as they
may contain an e-mail address.
"""

import logging
import re
from typing import Any, Literal

import httpx
from supabase_auth.errors import AuthApiError, AuthError, AuthRetryableError, AuthUnknownError, AuthWeakPasswordError

from storage.errors import (
    ACCOUNT_EXISTS,
    BAD_CREDENTIALS,
    SIGN_IN_AGAIN,
    AccountClosedError,
    AccountExistsError,
    AccountInputError,
    AuthenticationError,
    BookragError,
    CaptchaError,
    CredentialsError,
    EmailNotConfirmedError,
    RefreshTokenError,
    SecondFactorError,
    SignupDisabledError,
    StorageUnavailableError,
    TooManyRequestsError,
    WeakPasswordError,
)

logger = logging.getLogger(__name__)

Route = Literal["sign-up", "upgrade", "sign-in", "guest", "refresh", "sign-out", "user", "keys", "health"]

AUTH_AWAY = "Signing in is not possible just now. Please try again in a moment."
CLOSED = "This account is closed."
TOO_MANY = "Too many attempts. Please wait a little."
OPERATOR = "This is not possible just now: a setting of this site's accounts has to be corrected by its operator."
_PAUSE = re.compile(r"after (\d{1,6}) seconds")
LETTER_LIMIT = "over_email_send_rate_limit"
LONGEST_RETRY_SECONDS = 3_600  # whatever a proxy before Auth says

_READERS: dict[str, BookragError] = {
    code: error
    for codes, error in (
        ("user_already_exists email_exists", AccountExistsError(ACCOUNT_EXISTS)),
        ("invalid_credentials", CredentialsError(BAD_CREDENTIALS)),
        (
            "email_not_confirmed",
            EmailNotConfirmedError("Please confirm your e-mail address with the link in our e-mail."),
        ),
        (
            "bad_jwt session_not_found session_expired user_not_found no_authorization",
            AuthenticationError(SIGN_IN_AGAIN),
        ),
        ("user_banned", AccountClosedError(CLOSED)),
        ("insufficient_aal", SecondFactorError("Please sign in with your second factor.")),
        (
            "signup_disabled anonymous_provider_disabled email_provider_disabled provider_disabled",
            SignupDisabledError("New accounts of this kind are not possible here."),
        ),
        (
            "validation_failed email_address_invalid",
            AccountInputError("The e-mail address or the password cannot be used."),
        ),
        ("captcha_failed", CaptchaError("The check that you are not a robot failed. Please try again.")),
        ("same_password", AccountInputError("This is the account's password already.")),
    )
    for code in codes.split()
}

# What the operator has to fix, and where; docs/supabase.md has the table.
_OPERATORS = {
    "captcha_failed": "CAPTCHA protection is on, and the site sends no captcha_token",
    "email_address_not_authorized": "set up an SMTP server: the built-in mailer only sends to the project's members",
    "reauthentication_needed": "turn 'Secure password change' off: new passwords are not confirmed by e-mail here",
    "hook_timeout": "an Auth hook does not answer",
    "hook_timeout_after_retry": "an Auth hook does not answer",
    "hook_payload_over_size_limit": "an Auth hook's response is too large",
    "hook_payload_invalid_content_type": "an Auth hook's response has a content type other than JSON",
}
_SIGN_INS = frozenset({"email_provider_disabled", "provider_disabled"})


def translate(error: AuthError, route: Route, *, captcha_sent: bool = False) -> BookragError:
    """The error to raise for one of Auth's; logs those that the operator has to fix."""
    response = getattr(error.__cause__, "response", None)
    status = response.status_code if isinstance(response, httpx.Response) else getattr(error, "status", None)
    code = error.code or ""
    if status == 429 or code.startswith("over_"):
        return _too_many(error, code, response)
    if isinstance(error, AuthRetryableError | AuthUnknownError):
        return _unavailable(error, route, status)
    if isinstance(error, AuthWeakPasswordError):
        return WeakPasswordError(_weakness(error))
    if code in _OPERATORS and not (code == "captcha_failed" and captcha_sent):
        logger.error("Supabase Auth refused %s, code %s: %s", route, code, _OPERATORS[code])
        return StorageUnavailableError(OPERATOR)
    if route == "refresh" and code and status in (400, 401, 403, 404, 422):
        return RefreshTokenError(CLOSED if code == "user_banned" else SIGN_IN_AGAIN)
    if route == "sign-in" and code in _SIGN_INS:
        return SignupDisabledError("Signing in with an e-mail address and a password is not possible here.")
    if code in _READERS:
        known = _READERS[code]
        return type(known)(str(known))  # a new instance, since a raised error keeps its traceback
    if route in ("sign-up", "upgrade", "guest") and isinstance(error, AuthApiError) and status in (400, 403, 422):
        # The refusal of a before-user-created hook has no code of its own.
        logger.warning("Supabase Auth refused %s, status %s, code %s: an Auth hook, or a setting", route, status, code)
        return SignupDisabledError("This site does not accept this sign-up.")
    return _unavailable(error, route, status)


class LetterPauseError(TooManyRequestsError):
    """An e-mail was sent to this account a moment ago; other accounts are not affected."""


def _too_many(error: AuthError, code: str, response: Any) -> TooManyRequestsError:
    seconds = _retry_after(error, response)
    if code != LETTER_LIMIT:
        return TooManyRequestsError(TOO_MANY, seconds)
    if _PAUSE.search(str(error)):
        return LetterPauseError(TOO_MANY, seconds)
    logger.error("Supabase Auth sends no more e-mails this hour: raise its limit of e-mails sent")
    return TooManyRequestsError(TOO_MANY, seconds)


def is_lost_race(error: AuthError) -> bool:
    """Whether two sign-ups raced in the database; Auth answers the one that lost with a bare status 500."""
    return isinstance(error, AuthApiError) and error.status == 500 and error.code == "unexpected_failure"


def _unavailable(error: AuthError, route: Route, status: Any) -> BookragError:
    if status == 401 and not error.code:  # the gateway's
        logger.error("The Supabase project refuses SUPABASE_PUBLISHABLE_KEY (%s)", route)
        return StorageUnavailableError(OPERATOR)
    logger.warning("Supabase Auth failed %s: %s, status %s, code %s", route, type(error).__name__, status, error.code)
    return StorageUnavailableError(AUTH_AWAY)


def _retry_after(error: AuthError, response: Any) -> int:
    """The seconds that the header or, for e-mails, the message names."""
    said = response.headers.get("retry-after", "") if isinstance(response, httpx.Response) else ""
    found = re.fullmatch(r"\s*(\d{1,6})\s*", said) or _PAUSE.search(str(error))
    return min(LONGEST_RETRY_SECONDS, max(1, int(found[1]))) if found else 0


def _weakness(error: AuthWeakPasswordError) -> str:
    """What the password lacks; of Auth's message only the numbers and character sets are used."""
    sentences = []
    if "length" in error.reasons:
        found = re.search(r"at least (\d{1,4}) characters", str(error))
        sentences.append(f"A password needs at least {found[1]} characters." if found else "The password is too short.")
    if "characters" in error.reasons:
        sets = {"abc": "a lower-case letter", "ABC": "an upper-case letter", "012": "a digit", "!@#": "a symbol"}
        wanted = [name for beginning, name in sets.items() if beginning in str(error)]
        sentences.append(f"A password needs {', '.join(wanted)}." if wanted else "The password needs other characters.")
    if "pwned" in error.reasons:
        sentences.append("This password is known from a data leak. Please choose another one.")
    return " ".join(sentences) or "This password is too easy to guess. Please choose another one."
