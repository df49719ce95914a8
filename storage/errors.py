"""Every error that leaves `storage`, `engines` or `indexing`; `app` maps each class to a status and an exit code.

BookragError
├── ConfigurationError      a setting is missing or wrong
├── InputError              a given value or file cannot be used: a book folder, an evaluation set
├── CheckFailedError        a build or an export failed a check
├── IndexMissingError       no build is live
├── IndexMismatchError      the live build was made with other settings
├── BuildLockedError        another build is under way
├── NotFoundError           no such thing, or somebody else's
├── ModelError              the language model failed (see its code)
├── StorageUnavailableError a store does not answer
│   ├── NotKeptError          a turn can neither be stored nor wait
│   └── IndexUnavailableError the vector index does not answer
├── IdempotencyError        a key was used again for another question
├── ConversationBusyError   another answer of the conversation is still being written
├── CursorError             this store did not make the cursor
└── AccountError            a problem with an account (see each class)
    ├── AuthenticationError       no token, or none that can be trusted
    │   └── AccountGoneError          the token's account was deleted
    ├── CredentialsError          the address is unknown or the password wrong
    ├── RefreshTokenError         the token is expired, unknown or was used before
    ├── EmailNotConfirmedError    the address waits for its confirmation
    ├── AccountClosedError        the account is banned
    ├── SecondFactorError         the session lacks the account's second factor
    ├── CaptchaError              the check for robots failed
    ├── AccountExistsError        the address is taken
    ├── WeakPasswordError         the password is too easy to guess
    ├── AccountInputError         an address or a field is invalid
    ├── SignupDisabledError       new accounts, or guests, are turned off
    └── TooManyRequestsError      too many attempts
"""

from typing import ClassVar

# What readers are told by every store.
SIGN_IN_AGAIN = "Your session has ended. Please sign in again."
ACCOUNT_EXISTS = "There is an account with this e-mail address already."
ACCOUNT_GONE = "This account no longer exists."
BAD_CREDENTIALS = "The e-mail address or the password is wrong."
NOT_FOR_GUESTS = "A guest has no password. Sign up to have one."
KEY_REUSED = "This idempotency key was used for another question."
NO_CONVERSATION = "There is no such conversation."
HISTORY_AWAY = "The history cannot be reached just now. Please try again in a moment."


class BookragError(Exception):
    """An error with a stable code and a message that a reader may see; the cause goes to the log."""

    code: ClassVar[str] = "internal_error"


class ConfigurationError(BookragError):
    """A setting is missing or wrong; the message names its variable."""

    code = "configuration_error"


class InputError(BookragError):
    """A given value or file cannot be used; the message says what was looked for and where.

    A message that quotes what a reader sent has another one for the log beside it, `logged`, which does not.
    """

    code = "bad_input"

    def __init__(self, message: str, *, logged: str | None = None) -> None:
        super().__init__(message)
        self.logged = logged or message


class CheckFailedError(BookragError):
    """A check failed; the message says which and why."""

    code = "check_failed"


class IndexMissingError(BookragError):
    """No build is live yet."""

    code = "index_missing"


class IndexMismatchError(BookragError):
    """The live build was made with other settings; the message names those that differ."""

    code = "index_mismatch"


class BuildLockedError(BookragError):
    """Another build is under way; the message says whose and since when."""

    code = "build_locked"


class NotFoundError(BookragError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"


class StorageUnavailableError(BookragError):
    """A store does not answer."""

    code = "storage_unavailable"


class NotKeptError(StorageUnavailableError):
    """A turn could be neither stored nor queued: the disk is full, or the store will never accept it."""


class IndexUnavailableError(StorageUnavailableError):
    """The vector index does not answer; the message is for operators."""


class IdempotencyError(BookragError):
    """An idempotency key was used again for another question."""

    code = "idempotency_key_reused"


class ConversationBusyError(BookragError):
    """Another answer of the conversation is still being written."""

    code = "conversation_busy"


class CursorError(BookragError):
    """A cursor that this store did not make for this reader."""

    code = "invalid_cursor"


class AccountError(BookragError):
    """A problem with an account; the message says nothing of other accounts."""

    code = "account_error"


class AuthenticationError(AccountError):
    """There is no token, or none that can be trusted."""

    code = "not_authenticated"


class AccountGoneError(AuthenticationError):
    """The token is valid, but its account was deleted."""


class CredentialsError(AccountError):
    """The address is unknown or the password is wrong; the message does not say which."""

    code = "invalid_credentials"


class RefreshTokenError(AccountError):
    """The refresh token is expired, unknown or was used before."""

    code = "refresh_token_invalid"


class EmailNotConfirmedError(AccountError):
    """The address waits for its confirmation."""

    code = "email_not_confirmed"


class AccountClosedError(AccountError):
    """The account was closed by the operator."""

    code = "account_closed"


class SecondFactorError(AccountError):
    """The account has a second factor, which this session was started without."""

    code = "second_factor_required"


class CaptchaError(AccountError):
    """The CAPTCHA check failed."""

    code = "captcha_failed"


class AccountExistsError(AccountError):
    """There is an account with this address."""

    code = "user_already_exists"


class WeakPasswordError(AccountError):
    """The password is too easy to guess; the message says what it needs."""

    code = "weak_password"


class AccountInputError(AccountError):
    """An address or another field is invalid."""

    code = "validation_failed"


class SignupDisabledError(AccountError):
    """New accounts, or guests, are turned off."""

    code = "signup_disabled"


class TooManyRequestsError(AccountError):
    """Too many attempts; `retry_after_seconds` says when to come back."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
