"""The addresses that clients may send, and Pydantic's validation errors as sentences for them.

Called by `app.errors` and `app.chat_request`. Pydantic's own messages are for programmers ("Input should be a valid
string"), and name the members of a union by their validators.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

# Other clients may make a link of an address. So it is one of http or https, or a relative one, which has no colon
# before its first slash (RFC 3986). What a browser reads as `javascript:`, with blanks or control characters within or
# before it, is neither; nor is `data:`, `vbscript:` or `file:`.
_LINK = r"([Hh][Tt][Tt][Pp][Ss]?:|[^:/?#]*([/?#]|$))"
PAGE_ADDRESS = rf"^\s*{_LINK}"
LinkAddress = Annotated[str, Field(pattern=f"^{_LINK}")]
PageAddress = Annotated[str, Field(pattern=PAGE_ADDRESS, max_length=2_000)]
ADDRESS_RULE = "must be an address of http or https, or a relative one"

_MOST_FIELDS = 5
_SENT_IN = frozenset(("body", "query", "path", "header", "cookie"))
_UNION_PARTS = frozenset(("bool", "str", "int", "float", "constrained-str", "constrained-int"))
_RULES = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_too_long": "may have {max_length:,} characters at most",
    "string_too_short": "must have {min_length:,} characters at least",
    "too_long": "may have {max_length:,} entries at most",
    "too_short": "must have {min_length:,} entries at least",
    "greater_than_equal": "must be {ge} at least",
    "less_than_equal": "must be {le} at most",
    "greater_than": "must be greater than {gt}",
    "less_than": "must be less than {lt}",
    "string_pattern_mismatch": ADDRESS_RULE,  # no other pattern is used
    "string_unicode": "must be text without lone surrogates",
}


def describe_validation(errors: Iterable[Mapping[str, Any]]) -> str:
    """Which fields are wrong and why, one sentence each, without repeating what was sent."""
    rules: dict[str, list[str]] = {}
    for error in errors:
        if error["type"] == "json_invalid":
            return "The body is not JSON."
        said = rules.setdefault(_field(error["loc"]), [])
        if (rule := _rule(error)) not in said:
            said.append(rule)
    sentences = [f"{field} {' or '.join(said)}." for field, said in rules.items()]
    return " ".join(sentences[:_MOST_FIELDS]) or "The request is not valid."


def _field(location: Iterable[str | int]) -> str:
    """The field's path, `messages.0.role`, without the names of union members that Pydantic appends."""
    parts = list(location)
    sent_in = parts[:1] if parts[:1] and parts[0] in _SENT_IN else []
    named = parts[len(sent_in) :]
    while len(named) > 1 and _is_part_of_a_union(named[-1]):
        named.pop()
    return ".".join(map(str, named)) or "The body"


def _is_part_of_a_union(name: str | int) -> bool:
    return isinstance(name, str) and (name in _UNION_PARTS or "[" in name)


def _rule(error: Mapping[str, Any]) -> str:
    rule = _RULES.get(error["type"])
    if rule is None:
        return "is not valid"
    if error["type"] == "string_too_short" and error["ctx"]["min_length"] == 1:
        return "must not be empty"
    return rule.format(**error.get("ctx", {}))
