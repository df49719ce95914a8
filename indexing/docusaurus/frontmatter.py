"""Front matter: the text between the first two `---` of a file, and the page's settings in it.

Docusaurus uses two readers, which disagree about where it ends: gray-matter for the settings, and remark-frontmatter to
cut it out of the page. Both are followed, because there are pages where this matters.
"""

import contextlib
import datetime as dt
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from indexing.docusaurus.javascript_text import number_text, trim, trim_start
from indexing.docusaurus.yaml import Timestamp, YamlError, load_yaml

_FENCE = re.compile(r"---[ \t]*(?:\r\n|\n|\r|\Z)")
_CLOSING = re.compile(r"(?:^|(?<=\n)|(?<=\r))---[ \t]*(?:\r\n|\n|\r|\Z)")
_LINE_END = re.compile(r"\r\n|\n|\r")
_LEVELS = (2, 6)  # of headings in the table of contents
_ISO_DATE = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})(?![0-9])")
_MONTHS, _MOST_DAYS = 12, 31
_MOST_SAFE = 2**53 - 1  # the largest integer that JavaScript represents exactly
_WEB_ADDRESS = re.compile(r"(?:https?|wss?|ftp):/*[^\s/?#\[\]<>^|]+(?:[/?#].*)?", re.IGNORECASE)
_WEB_SCHEME = re.compile(r"(?:https?|wss?|ftp):", re.IGNORECASE)
_RELATIVE_URI = re.compile(r"[A-Za-z0-9\-._~%!$&'()*+,;=:@/?#]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MAX_SETTINGS = 100_000  # characters; no front matter is longer, and an unclosed one is the whole file


class FrontMatterError(ValueError):
    """The front matter stops Docusaurus' build; `line` is the line in the file, from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The settings of one page, after validation."""

    id: str | None = None
    title: str | None = None
    slug: str | None = None
    draft: bool = False
    unlisted: bool = False
    parse_number_prefixes: bool = True
    mdx_format: str | None = None
    values: dict[str, Any] = field(default_factory=dict)  # all settings, as they were written


def cut_settings(text: str) -> tuple[dict[str, Any], str]:
    """The front matter, and the text in which the title is searched; raises FrontMatterError."""
    if not text.startswith("---") or text[3:4] == "-":
        return {}, text
    rest = text[3:]
    first_line = re.match(r"[^\r\n]*", rest)
    language = trim(first_line[0]) if first_line and _LINE_END.search(rest) else ""
    if language:
        rest = rest[rest.index("\n") if "\n" in rest else len(rest) :]
    end = rest.find("\n---")
    settings, content = (rest, "") if end < 0 else (rest[:end], rest[end + 4 :])
    if content.startswith("\r"):
        content = content[1:]
    if content.startswith("\n"):
        content = content[1:]
    if all(_is_comment(line) for line in settings.split("\n")):
        return {}, content
    return _parse(language.lower(), settings), content


def cut_body(text: str) -> tuple[str, int]:
    """The text that is rendered, and the line of the file that it begins on, from 1."""
    opening = _FENCE.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if not closing:
        return text, 1
    cut = text[: closing.end()]
    return text[closing.end() :], 1 + len(_LINE_END.findall(cut))


def line_of_setting(text: str, error: FrontMatterError) -> int:
    """The line, from 1, of the setting that `error` names first in backticks; the error's own if it names none."""
    name = re.search(r"`([\w-]+)", str(error))
    if error.line > 1 or name is None:
        return error.line
    for number, line in enumerate(text.splitlines(), 1):
        if number > 1 and line.startswith("---"):
            break
        if re.match(rf"""["']?{re.escape(name[1])}["']?\s*:""", line):
            return number
    return error.line


def _is_comment(line: str) -> bool:
    """Whether the line is blank, or a comment that is more than its `#`."""
    start = trim_start(line)
    return not start or (start.startswith("#") and len(start) > 1)


def _parse(language: str, settings: str) -> dict[str, Any]:
    if len(settings) > _MAX_SETTINGS:
        raise FrontMatterError(f"the front matter is not closed, or longer than {_MAX_SETTINGS} characters")
    try:
        if language == "json":
            value = json.loads(settings)
        elif language in {"", "yaml", "yml"}:
            value = load_yaml(settings)
        else:
            raise FrontMatterError(f"front matter in the language {language!r} cannot be read")
    except YamlError as exc:
        raise FrontMatterError(f"the front matter is not valid YAML: {exc}", exc.line + 1) from exc
    except (json.JSONDecodeError, RecursionError) as exc:
        raise FrontMatterError(f"the front matter is not valid JSON: {exc}") from exc
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrontMatterError("the front matter is not a mapping of names to values")
    return value


def validate(values: dict[str, Any]) -> FrontMatter:
    """The settings that decide addresses and titles; raises FrontMatterError if Docusaurus' build would stop."""
    for name in ("hide_title", "hide_table_of_contents"):
        _boolean(values, name, default=False)
    for name in ("sidebar_key", "sidebar_label", "sidebar_class_name", "pagination_label"):
        _string(values, name)
    for name in ("pagination_next", "pagination_prev", "displayed_sidebar"):
        if values.get(name) is not None:
            _string(values, name)
    _string(values, "description", empty=True)
    _check_lists(values)
    _check_numbers(values)
    _check_uri(values, "image")
    if values.get("custom_edit_url"):
        _check_uri(values, "custom_edit_url")
    _check_last_update(values)
    if not isinstance(values.get("sidebar_custom_props", {}), dict):
        raise FrontMatterError("`sidebar_custom_props` must be a mapping of names to values")
    draft = _boolean(values, "draft", default=False)
    unlisted = _boolean(values, "unlisted", default=False)
    if draft and unlisted:
        raise FrontMatterError("a page cannot be draft and unlisted at the same time")
    mdx = values.get("mdx")
    return FrontMatter(
        id=_string(values, "id"),
        title=_string(values, "title", empty=True),
        slug=_string(values, "slug"),
        draft=draft,
        unlisted=unlisted,
        parse_number_prefixes=_boolean(values, "parse_number_prefixes", default=True),
        mdx_format=str(mdx["format"]) if isinstance(mdx, dict) and "format" in mdx else None,
        values=values,
    )


def _check_last_update(values: dict[str, Any]) -> None:
    if "last_update" not in values:
        return
    update = values["last_update"]
    if not isinstance(update, dict) or not {"author", "date"} & set(update):
        raise FrontMatterError("`last_update` must have an author or a date")
    author = update.get("author", "x")
    if not isinstance(author, str) or not author:
        raise FrontMatterError("`last_update.author` must be a string that is not empty")
    if "date" in update and not _is_date(update["date"]):
        raise FrontMatterError("`last_update.date` must be a date, such as 2026-11-28")


def _is_date(value: Any) -> bool:
    """Whether JavaScript can make a date of `value`; besides ISO dates it accepts most texts with a number."""
    if isinstance(value, Timestamp | dt.date):
        return True
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.isfinite(value)
    if not isinstance(value, str) or not re.search(r"[0-9]", value):
        return False
    iso = _ISO_DATE.match(value)
    return iso is None or (1 <= int(iso[1]) <= _MONTHS and 1 <= int(iso[2]) <= _MOST_DAYS)


def _string(values: dict[str, Any], name: str, *, empty: bool = False) -> str | None:
    if name not in values:
        return None
    value = values[name]
    text = _text(value)
    if text is None:
        raise FrontMatterError(f"`{name}` must be a string")
    if not text and not empty:
        raise FrontMatterError(f"`{name}` must not be empty")
    return text


def _text(value: Any) -> str | None:
    """`value` as Docusaurus converts it to a string; None if it does not."""
    if isinstance(value, str):
        return value
    if isinstance(value, Timestamp):
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return None


def _boolean(values: dict[str, Any], name: str, *, default: bool) -> bool:
    if name not in values:
        return default
    value = values[name]
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise FrontMatterError(f"`{name}` must be true or false")
    return value


def _check_lists(values: dict[str, Any]) -> None:
    for name in ("keywords", "tags"):
        if name in values and not isinstance(values[name], list):
            raise FrontMatterError(f"`{name}` must be a list")
    if "keywords" in values and not (values["keywords"] and all(_text(word) for word in values["keywords"])):
        raise FrontMatterError("`keywords` must be a list of strings")
    for tag in values.get("tags", []):
        named = isinstance(tag, dict) and set(tag) == {"label", "permalink"} and all(map(_text, tag.values()))
        if not named and not _text(tag):
            raise FrontMatterError("`tags` has an entry that is not a tag")


def _check_numbers(values: dict[str, Any]) -> None:
    _number(values, "sidebar_position", 0)
    lowest = _number(values, "toc_min_heading_level", _LEVELS[0])
    highest = _number(values, "toc_max_heading_level", _LEVELS[1])
    if not _LEVELS[0] <= lowest <= highest <= _LEVELS[1]:
        raise FrontMatterError("`toc_min_heading_level` and `toc_max_heading_level` must lie between 2 and 6, in order")


def _number(values: dict[str, Any], name: str, default: float) -> float:
    value = values.get(name, default)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST_SAFE:
        return value
    raise FrontMatterError(f"`{name}` must be a number")


def _check_uri(values: dict[str, Any], name: str) -> None:
    value = values.get(name, "/")
    if not isinstance(value, str) or not _is_uri(value):
        raise FrontMatterError(f"`{name}` must be a URL: a path, or an address, without spaces")


def _is_uri(text: str) -> bool:
    if _WEB_SCHEME.match(text):
        return _WEB_ADDRESS.fullmatch(text) is not None
    if _SCHEME.match(text):
        return True
    first = re.split(r"[/?#]", text, maxsplit=1)[0]
    return _RELATIVE_URI.fullmatch(text) is not None and ":" not in first and text != "//"
