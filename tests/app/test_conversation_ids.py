"""Which ids of conversations count as random: those of the usual generators, and none that people write."""

import random
import string
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.conversation_ids import is_hard_to_guess
from tests.tables import each_row

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
BASE_36 = string.digits + string.ascii_lowercase
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MADE = 10_000


def drawn(made: random.Random, alphabet: str, length: int) -> str:
    """So many characters of an alphabet."""
    return "".join(made.choices(alphabet, k=length))


def written(number: int, alphabet: str, length: int = 1) -> str:
    """A number in the digits of an alphabet."""
    digits = ""
    while number or len(digits) < length:
        number, digit = divmod(number, len(alphabet))
        digits = alphabet[digit] + digits
    return digits


def milliseconds(made: random.Random) -> int:
    """A moment from 2020 to 2035, in milliseconds."""
    return made.randrange(1_577_000_000_000, 2_051_000_000_000)


def cuid(made: random.Random) -> str:
    """As cuid 2.1 makes it: time, counter, fingerprint, random characters."""
    counter, fingerprint = written(made.randrange(60), BASE_36, 4), drawn(made, BASE_36, 4)
    return f"c{written(milliseconds(made), BASE_36)}{counter}{fingerprint}{drawn(made, BASE_36, 8)}"


GENERATORS: dict[str, Callable[[random.Random], str]] = {
    "crypto.randomUUID": lambda made: str(uuid.UUID(int=made.getrandbits(128), version=4)),
    "UUID without hyphens": lambda made: uuid.UUID(int=made.getrandbits(128), version=4).hex,
    "UUID in capitals": lambda made: str(uuid.UUID(int=made.getrandbits(128), version=4)).upper(),
    "32 hexadecimal digits": lambda made: f"{made.getrandbits(128):032x}",
    "nanoid": lambda made: drawn(made, LETTERS_AND_DIGITS + "_-", 21),
    "the AI SDK's generateId": lambda made: drawn(made, LETTERS_AND_DIGITS, 16),
    "cuid": cuid,
    "cuid2": lambda made: drawn(made, string.ascii_lowercase, 1) + drawn(made, BASE_36, 23),
    "ulid": lambda made: written(milliseconds(made), CROCKFORD, 10) + drawn(made, CROCKFORD, 16),
    "words before it": lambda made: f"robotics-textbook-chat-{drawn(made, LETTERS_AND_DIGITS + '_-', 21)}",
}


@pytest.mark.parametrize("count", [MADE // 10, pytest.param(MADE, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("name", GENERATORS)
def test_ids_of_generators_count_as_random(name: str, count: int) -> None:
    made = random.Random(name)
    taken_for_words = [id_ for id_ in (GENERATORS[name](made) for _ in range(count)) if not is_hard_to_guess(id_)]
    assert taken_for_words == []


def test_16_characters_of_one_case_are_just_enough() -> None:
    made = random.Random("base 36")
    taken_for_words = [id_ for id_ in (drawn(made, BASE_36, 16) for _ in range(MADE)) if not is_hard_to_guess(id_)]
    assert len(taken_for_words) <= MADE / 400, taken_for_words


@pytest.mark.parametrize(
    ("name", "random_looking"),
    [
        ("1" * 32, False),  # it has the form of a UUID, of one digit
        # Typed by somebody who alternates letters and digits: it differs in nothing from a random one.
        ("k3j9x2m1q8s7d6f5", True),
        ("Ab3dE5gH7jK9mN1p", True),
    ],
)
def test_ids_at_the_edge_of_the_rule(name: str, random_looking: bool) -> None:
    assert is_hard_to_guess(name) is random_looking


HAND_MADE = (Path(__file__).parent / "hand_made_ids.txt").read_text(encoding="ascii").split()


@each_row("name", [*HAND_MADE, "", "x" * 200])
def test_ids_that_people_write_do_not(name: str) -> None:
    assert not is_hard_to_guess(name)


def test_ids_put_together_of_words_numbers_and_names_do_not() -> None:
    made = random.Random("words")
    words = ["chat", "book", "robotics", "user", "session", "gait", "sensor", "ahmed", "maria", "kapitel", "lecon"]
    numbers = ("42", "007", "2024", "2025-11-28", "101", "12345")
    joins: tuple[Callable[[list[str]], str], ...] = ("-".join, "_".join, ".".join, "".join, _camel_case)
    taken_for_random = []
    for _ in range(MADE // 4):
        parts = [made.choice(words if made.random() < 0.7 else numbers) for _ in range(made.randint(2, 9))]
        name = made.choice(joins)(parts)
        taken_for_random += [name] * is_hard_to_guess(name)
    assert len(taken_for_random) <= MADE / 4_000, taken_for_random


def _camel_case(parts: list[str]) -> str:
    return "".join(part.capitalize() for part in parts)


@given(st.text(max_size=60))
@example("मनीष منش")
@example("Ûwg_\x04ÝZ")
@example("k9V2xQ7mZ4tB8nL1\u0660\u0661")
def test_any_text_of_an_address_is_told(name: str) -> None:
    told = is_hard_to_guess(name)
    assert name.isascii() or not told
