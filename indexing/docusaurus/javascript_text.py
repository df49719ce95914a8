"""JavaScript's white space, `trim` and text of numbers, which differ from Python's."""

import math

SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""JavaScript's `\\s`, for use inside a character class."""

DOT = r"[^\n\r\u2028\u2029]"
"""JavaScript's `.`."""

_TRIMMED = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_EXPONENT_FROM, _EXPONENT_BELOW = 21, -7  # decimal exponents at which JavaScript changes to `1e+21`, `1e-7`


def trim(text: str) -> str:
    """`text` without the white space at its ends."""
    return text.strip(_TRIMMED)


def trim_start(text: str) -> str:
    """`text` without the white space at its start."""
    return text.lstrip(_TRIMMED)


def trim_end(text: str) -> str:
    """`text` without the white space at its end."""
    return text.rstrip(_TRIMMED)


def number_text(number: float) -> str:
    """The result of `String(number)`."""
    value = _as_double(number)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point = int(exponent or 0) - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0")
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    """`digits` with the decimal point after the first `point` of them, as JavaScript writes it."""
    if len(digits) <= point <= _EXPONENT_FROM:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _EXPONENT_FROM:
        return f"{digits[:point]}.{digits[point:]}"
    if _EXPONENT_BELOW + 1 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{point - 1:+d}"


def _as_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
