"""The question in what a reader copied around it: a chat log, a mail thread, subtitles, a form, a sheet of exercises.

Speakers, times, headers and labels are not part of the question. In a chat or a mail thread the question is the last
turn that asks; in a form, the field that asks. The other turns set the scene; who asks, when and where is not searched.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import regex

from engines.understanding import lexicon
from engines.understanding.message_parts import (
    FEWEST_TELLING,
    asked_in,
    is_of_a_log,
    names_its_subject,
    question_in,
    reads_as_prose,
    sentences_of,
    take_apart,
    telling_words,
)

_OF_THE_QUESTION, _LIKELY = 3, 2
_MOST_WORDS_OF_A_LABEL = 9
_READ_OF_A_LINE = 2_000  # characters

# Chats.
_MAY_HAVE_A_TURN = regex.compile(r"\d[:.]\d\d|[>\])]")
_OF_A_CHAT = {
    "clock": r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?(?:\s?[ap]\.?m\.?)?",
    "date": r"(?:\d{1,2}\.? \p{L}{3,9}\.?,?(?: \d{4})?|\p{L}{3,9}\.? \d{1,2}{ordinal_ending}?,?(?: \d{4})?)",
    "day": r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|{day_by_name}|(?:{short_day},? )?{date})",
    "stamp": r"(?:(?:{day}(?:,| {at_an_hour})?\s+|{day}T)?{clock}(?:Z|[+-]\d\d:?\d\d)?|{clock},?\s+{day}|{day})",
    # A name, a nickname or a number; a log's levels and paths are none.
    "name": (
        r"(?!(?:error|warn(?:ing)?|info|debug|fatal|trace|notice|critical|verbose|npm|https?)\b)"
        r"(?:[~@\p{L}][\p{L}\p{M}\p{N}_.'’@-]*(?: [\p{L}\p{N}(][\p{L}\p{M}\p{N}_.'’()-]*){0,3}|\+?\d[\d ()-]{6,18}\d)"
    ),
    "who": "(?P<who>{name})",
    "said": "(?P<said>.*)$",
}
_of_a_chat = partial(lexicon.rich_pattern, "chats", **_OF_A_CHAT)
_of_a_mail, _of_a_form, _of_a_sheet = (partial(lexicon.rich_pattern, group) for group in ("mails", "forms", "sheets"))

_LINE_OF_A_CHAT = _of_a_chat(
    r"^\[{stamp}\] ?{who}:\s{said}",  # [12/03/26, 14:22:10] Ali: …
    r"^{stamp}\s+[-–—]\s+{who}:\s{said}",  # 12/03/2026, 14:22 - Ali: …
    r"^(?:\[?{stamp}\]?\s*)?<[@+%~& ]?(?P<who>[\w\[\]\\`^{}|-]{1,20})>\s{said}",  # 14:22 <ali> …
    r"^(?P<who>[\w.-]{2,20})>\s{said}",  # ali> …
    r"^[(\[]{stamp}[)\]] {who}:\s{said}",
    r"^{who} [(\[]{stamp}[)\]]:\s?{said}",  # Ali (14:22): …
    r"^{stamp}\s+{from_whom} (?P<who>{name}?)(?:\s+{to_whom}\s+.{1,40}?)?:\s*{said}",  # 14:22:10 From Ali to Zoe: …
    r"^\[?{stamp}\]?\s+{who}:\s{said}",
)
_HEAD_OF_A_TURN = _of_a_chat(
    r"^{who}(?: APP| BOT)?(?:\s{2,}|\s*[—–|·•]\s*|,\s+|\s+(?=\[))[(\[]?{stamp}[)\]]?:?$",  # Ali  2:14 PM
    r"^{who}\s+{clock}$",
    r"^[(\[]{stamp}[)\]]\s+{who}:?$",  # [Yesterday 3:12 PM] Ali Raza
)
_ONLY_A_STAMP = _of_a_chat(r"^[(\[]?{stamp}[)\]]?$")
_ONLY_A_NAME = _of_a_chat("^{name}$")
_NOTICE = _of_a_chat(
    r"^\[?{stamp}\]?(?:,| -)?\s*(?:-!-|\*{1,3} |--> |<-- |{notice_begins}|.{0,60}\b{notice_word}\b)",
    r"^(?:{notice}|:\w+:\s*\d+)$",
)

# Subtitles.
_CUE_TIMES = regex.compile(r"^\s*\d[\d:.,]*\d\s*-->\s*\d[\d:.,]*\d")
_NO_CUE = regex.compile(r"^\s*(?:\d+|WEBVTT.*|NOTE\b.*)$")
_VOICE = regex.compile(r"^(?:<v[^>]*>|</?[ibuc][^>]*>|-\s|>>\s?)")

# Mails.
_QUOTED = regex.compile(r"^\s*(?:>\s?)+")
_WROTE = _of_a_mail(
    r"^\W*{before_a_day}\b.{6,120}\b(?:{wrote}|{wrote_on_a_day})\b.{0,60}:\s*$",
    r"^\W*[\p{L} .'’-]{2,50}\b{wrote}\s?:\s*$",
    r"^\W*{forwarded}\W*$",
)
_MAIL_HEADER = _of_a_mail(r"^\*{0,2}(?:(?P<subject>{subject_header})|{header})\s?:\*{0,2}\s*(?P<value>.*)$")
_REPLY_MARKS = _of_a_mail(r"^(?:{reply_mark}\s?:\s*)+")
_SALUTATION = _of_a_mail(r"^{salutation}\b(?:{title}\.|[^.?!:]){0,40}[,!:]?$")
_SIGNATURE = _of_a_mail(r"^(?:--\s*|_{5,}|{closing})[,.!\s]*$")

# Forms.
_HEADING = regex.compile(
    r"^\s*(?:#{2,6}\s+(?P<hash>.{1,80}?)\s*#*|(?:\*\*|__)(?P<bold>[^*_]{2,80}?):?(?:\*\*|__):?)\s*$"
)
_CHECKBOX = regex.compile(r"^\s*[-*+]?\s*(?:\[[ xX✓✔]?\]|[☐☑☒✅])\s+\S")
_LABELLED = regex.compile(
    r"^\s*(?:[-*+•]\s+|\(?\d{1,2}[.)]\s+)?(?:\*\*|__)?(?P<label>[\p{L}@][^:：*\n]{0,60}?)"
    r"\s?(?:[:：](?:\*\*|__)?|(?:\*\*|__)\s?[:：])(?:\s+|$)(?P<value>.*)$"
)
_LABEL_WITHIN = regex.compile(r"(?:^|(?<=[\s,;|/]))(?P<label>\p{L}[\p{L}.'’# /-]{0,38}?)\s?[:：]\s?")
_ROW = regex.compile(r"^\|\s*(?P<label>[^|]{1,60}?)\s*\|\s*(?P<value>[^|]*?)\s*\|$")
_DASHED = regex.compile(r"^\s*(?P<label>\p{L}[\p{L} ]{1,30}?)\s[-–—]\s(?P<value>.*)$")
_LEADING_LABEL = _of_a_form(  # of the field that is the question
    r"^(?:{before_question} )*{question}s?(?: (?:{behind_question}|\d{1,3}))?\s?\??$",
    r"^{asks_for_a_question}\??$",
)
_LIKELY_LABEL = _of_a_form("^(?:{before_matter} )*{matter}(?: {behind_matter})?$")
_ASIDE_LABEL = _of_a_form(r"^(?:{before_aside}(?:['’]s)? )*{aside}\.?\s?\??(?: ?\([^)]{1,12}\))?$")
_OTHER_LABEL = _of_a_form("^{other_field}$")
_ROLES = lexicon.words("roles")
_NAME = regex.compile(r"^@\w[\w.-]*$|^\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|\d{1,2})){0,2}$")

# Sheets.
_MARKS = r"[(\[]\s*\d{1,3}(?:\.\d)?\s?(?:{mark}|{mark_letter}|%)?\s*[)\]]"
_NUMBERED = _of_a_sheet(
    r"^\s*(?:{named}|\(?\d{1,2}\s?[.)]|\(?[a-h]\)|\(?[ivx]{1,4}\))\s*(?={marks}|\S)",
    named=r"(?:{exercise}|{exercise_rather})\.?\s*(?:{number_sign}\s*)?{number}{letter}?\s?[.:)\]–—-]*",
    number=r"\d{1,3}(?:\.\d{1,2})*\s?",
    letter=r"(?:\(?[a-h]\)|[a-h]\b)",
    marks=_MARKS,
)
_MARKS_AT_AN_EDGE = _of_a_sheet(r"^\s*{marks}\s*[:.–—-]?\s*", r"\s*{marks}\s*$", marks=_MARKS)
_MARKS_OF_A_SHEET = _of_a_sheet(r"[(\[]\s*\d{1,3}(?:\.\d)?\s?{mark}\s*[)\]]")
_NAMED_EXERCISE = _of_a_sheet(r"^\s*{exercise}\.?\s*(?:{number_sign}\s*)?\d{1,3}\b")
_LETTERED = regex.compile(r"^\s*\(?[a-h]\)\s")
_SHEET_TALK = _of_a_sheet(r"\b{rule}\b", r"\b{dated}\b.*\d", r"^{line_of_a_sheet}\b")


@dataclass(frozen=True, slots=True)
class Framed:
    """A message split into what asks and what surrounds it."""

    question: str
    topic: str  # what of the rest is searched beside it: where the question names no subject, all of it
    around: str  # the other turns, one per line


def framed(text: str, is_about_the_book: Callable[[str], bool] | None = None) -> Framed | None:
    """The question in a chat, subtitles, a mail, a form or a sheet; None for another text, or if nothing asks.

    People also ask each other unrelated things: what concerns the given book is preferred as the question.
    """
    lines = text.splitlines()
    for pieces_of in (_table, _cues, _turns, _mails, _fields, _exercises):
        pieces = pieces_of(lines)
        chosen = _that_ask(pieces, is_about_the_book)
        if chosen:
            others = [piece for piece in pieces if piece.weight and piece not in chosen]
            question = "\n".join(map(_question_in, chosen)).strip()
            before = pieces[: pieces.index(chosen[0])][-1:] if pieces_of is _cues else []
            # The fields of a form are about one thing. In a talk it may have been said before who asks about it.
            stands_alone = pieces_of is not _fields and names_its_subject(question)
            if is_about_the_book and not is_about_the_book(question):
                stands_alone = False
            topics = [piece for piece in others if not stands_alone or piece in before]
            return Framed(question, _lines_of(topics), _lines_of(piece for piece in others if piece not in topics))
    return None


def _lines_of(pieces: Iterable["_Piece"]) -> str:
    return "\n".join(line for piece in pieces for line in piece.lines if not _SHEET_TALK.search(line)).strip()


@dataclass(frozen=True, slots=True)
class _Piece:
    """One turn, mail or field."""

    lines: tuple[str, ...]
    who: str = ""
    weight: int = 1  # 3 for the field of the question, 2 where it may be one, 1 by itself, 0 for what is never searched


def _table(lines: list[str]) -> list[_Piece]:
    """The column of the question of a table with commas or tabs, as a form's answers are exported."""
    heads = lines[0].split("\t" if "\t" in lines[0] else ",") if lines else []
    column = next((at for at, head in enumerate(heads) if _LEADING_LABEL.match(head.strip(' "'))), None)
    if len(heads) < 2 or column is None or len(lines) < 2:
        return []
    try:
        rows = list(csv.reader(lines[1:], delimiter="\t" if "\t" in lines[0] else ","))
    except csv.Error:
        return []
    return [
        _Piece((row[column],), weight=_OF_THE_QUESTION) for row in rows if len(row) > column and row[column].strip()
    ]


def _cues(lines: list[str]) -> list[_Piece]:
    """The sentences of subtitles, without their times."""
    if not any(_CUE_TIMES.match(line) for line in lines):
        return []
    said = [_VOICE.sub("", line.strip()) for line in lines if not _CUE_TIMES.match(line) and not _NO_CUE.match(line)]
    return [_Piece((sentence,)) for sentence in sentences_of(" ".join(filter(None, said)))]


def _turns(lines: list[str]) -> list[_Piece]:
    """The turns of a chat whose lines have times, or nicknames in angle brackets."""
    pieces: list[tuple[str, list[str]]] = [("", [])]
    found, after_a_gap, one_line_each = 0, False, False
    for number, line in enumerate(lines):
        bare = line.strip().lstrip("\u200e").replace("**", "")
        if not bare:
            after_a_gap = True
            continue
        turn = _begins_a_turn(_LINE_OF_A_CHAT, bare)
        head = turn or _begins_a_turn(_HEAD_OF_A_TURN, bare)
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if head:
            found += 1
            one_line_each = turn is not None
            pieces.append((head["who"], [turn["said"].strip()] if turn and turn["said"].strip() else []))
        elif _NOTICE.match(bare):
            found += 1
        elif _ONLY_A_STAMP.match(bare):
            continue
        elif _ONLY_A_STAMP.match(following) and _ONLY_A_NAME.match(bare):
            found += 1
            one_line_each = False
            pieces.append((bare, []))
        elif after_a_gap and one_line_each:
            pieces.append(("", [bare]))
        else:
            pieces[-1][1].append(bare)
        after_a_gap = False
    said = [_Piece(tuple(text), who) for who, text in pieces if text]
    turns = [piece for piece in said if piece.who]
    # A log is written by programs, whose names begin with small letters and which do not ask.
    by_people = found > 1 and all(not piece.who[0].islower() for piece in turns)
    return said if found and (by_people or any(map(_asks, turns))) else []


def _begins_a_turn(pattern: "regex.Pattern[str]", line: str) -> "regex.Match[str] | None":
    return pattern.match(line) if len(line) <= _READ_OF_A_LINE and _MAY_HAVE_A_TURN.search(line) else None


def _mails(lines: list[str]) -> list[_Piece]:
    """The mails of a thread, the oldest first: the one that is quoted deepest."""
    headers = sum(bool(_MAIL_HEADER.match(_QUOTED.sub("", line))) for line in lines)
    wrote = any(_WROTE.match(_QUOTED.sub("", line)) for line in lines)
    quoted = [_QUOTED.sub("", line) for line in lines if _QUOTED.match(line)]
    is_talk = quoted and sum(map(reads_as_prose, quoted)) * 2 >= sum(map(bool, map(str.strip, quoted)))
    first = next(filter(None, map(str.strip, lines)), "")
    begins = _MAIL_HEADER.match(first)
    has_subject = begins is not None and begins["subject"] is not None and "" in map(str.strip, lines)
    if not (headers > 1 and begins) and not wrote and not is_talk and not has_subject:
        return []
    mails: list[list[str]] = [[]]
    subjects: list[str] = []
    depth, signed = 0, False
    for line in lines:
        text = _QUOTED.sub("", line)
        depth_now = line[: len(line) - len(text)].count(">")
        if depth_now != depth or _WROTE.match(text):
            mails.append([])
            depth, signed = depth_now, False
        header = _MAIL_HEADER.match(text)
        if _WROTE.match(text):
            continue
        if header:
            if header["subject"] is not None:
                subjects.append(_REPLY_MARKS.sub("", header["value"]))
            if mails[-1] and any(map(str.strip, mails[-1])):
                mails.append([])
            signed = False
            continue
        signed = signed or bool(_SIGNATURE.match(text.strip()))
        if not signed and not _SALUTATION.match(text.strip()):
            mails[-1].append(text)
    said = [_Piece(tuple(mail)) for mail in reversed(mails) if any(map(str.strip, mail))]
    return [*(_Piece((subject,)) for subject in subjects[:1] if subject.strip()), *said]


def _fields(lines: list[str]) -> list[_Piece]:
    """The fields of a form or a template, and the turns of a talk whose lines begin with names."""
    lines = [part for line in lines for part in _one_field_a_line(line)]
    labels = [(line, *_label(line)) for line in lines]
    names = [label for _, label, _ in labels if label]
    speakers = {name for name, times in Counter(map(_speaker, names)).items() if name and times > 1}
    kinds = Counter(_weight_of(label) for label in set(names) - speakers if _weight_of(label) is not None)
    fewest = 1 if sum(bool(_HEADING.match(line)) for line in lines) > 1 else 2  # labels of a form
    of_a_form = any(map(_CHECKBOX.match, lines)) or kinds[_OF_THE_QUESTION] > 0 or kinds.total() >= fewest
    if not speakers and sum(_speaker(name).casefold() in _ROLES for name in names) > 1:
        speakers = {_speaker(name) for name in names}
    if not of_a_form and not speakers:
        return []
    if speakers:
        speakers |= {_speaker(name) for name in names}
    pieces: list[tuple[str, int, list[str]]] = [("", 1, [])]
    for line, label, value in labels:
        if _CHECKBOX.match(line):
            continue
        weight = _weight_of(label) if of_a_form and _speaker(label) not in speakers else None
        begins = label and (weight is not None or _speaker(label) in speakers)
        if begins or _HEADING.match(line):
            pieces.append((label, 1 if weight is None else weight, [value] if value else []))
        else:
            pieces[-1][2].append(line)
    return [_Piece(tuple(text), who, weight) for who, weight, text in pieces if any(map(str.strip, text))]


def _one_field_a_line(line: str) -> list[str]:
    """A line cut before each label of a form: "Name: Ali  Class: 6-B  Question: …"."""
    if line.count(":") < 2 or len(line) > _READ_OF_A_LINE:
        return [line]
    starts = [
        found.start("label") for found in _LABEL_WITHIN.finditer(line) if _weight_of(found["label"].strip()) is not None
    ]
    if len(starts) < 2 or line[: starts[0]].strip():
        return [line]
    return [line[start:end].strip(" \t,;|/") for start, end in pairwise([*starts, len(line)])]


def _label(line: str) -> tuple[str, str]:
    """The label that a line begins with and what follows it; ("", line) where it has none."""
    heading = _HEADING.match(line)
    if heading:
        return (heading["hash"] or heading["bold"]).strip(" *:"), ""
    if _LEADING_LABEL.match(line.strip(" *")):
        return line.strip(" *"), ""
    row = _ROW.match(line)
    if row:
        return row["label"], row["value"]
    dashed = _DASHED.match(line)
    if dashed and _weight_of(dashed["label"]) is not None:
        return dashed["label"], dashed["value"]
    found = _LABELLED.match(line)
    if not found or len(found["label"].split()) > _MOST_WORDS_OF_A_LABEL:
        return "", line
    return found["label"].strip(), found["value"].strip()


@lru_cache(maxsize=2_000)
def _weight_of(label: str) -> int | None:
    """How much a field of this label is the question, as in `_Piece`; None where the label is of no form."""
    if not label:
        return None
    kinds = ((_LEADING_LABEL, 3), (_LIKELY_LABEL, 2), (_ASIDE_LABEL, 0), (_OTHER_LABEL, 1))
    return next((weight for pattern, weight in kinds if pattern.match(label)), None)


def _speaker(label: str) -> str:
    """A label that may be a person's name; "" for the others."""
    name = label.strip()
    is_role = name.casefold().rstrip(" 0123456789") in _ROLES
    return name if is_role or (_NAME.match(name) and not is_of_a_log(f"{name}: x")) else ""


def _exercises(lines: list[str]) -> list[_Piece]:
    """The questions of a numbered sheet, or of one with marks, and what the sheet says around them."""
    numbered = [bool(_NUMBERED.match(line)) for line in lines]
    marked = any(_MARKS_OF_A_SHEET.search(line) for line in lines)
    is_sheet = any(pattern.search(line) for line in lines for pattern in (_SHEET_TALK, _NAMED_EXERCISE, _LETTERED))
    if not any(numbered) or not (marked or is_sheet):
        return []
    pieces: list[tuple[int, list[str]]] = [(1, [])]
    for line, begins in zip(lines, numbered, strict=True):
        text = _MARKS_AT_AN_EDGE.sub("", _MARKS_AT_AN_EDGE.sub("", _NUMBERED.sub("", line)))
        if begins:
            pieces.append((3, [text]))
        elif _SHEET_TALK.search(line):
            pieces += [(0, [line]), (1, [])]
        else:
            pieces[-1][1].append(text)
    return [_Piece(tuple(text), weight=weight) for weight, text in pieces if any(map(str.strip, text))]


def _asks(piece: _Piece) -> bool:
    return bool(take_apart("\n".join(piece.lines)).asking)


def _question_in(piece: _Piece) -> str:
    return question_in("\n".join(_MARKS_AT_AN_EDGE.sub("", line) for line in piece.lines))


def _that_ask(pieces: Sequence[_Piece], is_about_the_book: Callable[[str], bool] | None) -> list[_Piece]:
    """The pieces that are the question: the fields for it, else the last one that asks and says what about.

    What is about the book comes first; where it asks in no form that is known, only behind the other questions.
    """
    fields = [piece for piece in pieces if piece.weight == _OF_THE_QUESTION]
    if fields or not pieces:
        return fields
    for weight in (_LIKELY, 1):
        among = [(piece, asked_in("\n".join(piece.lines))) for piece in pieces if piece.weight >= weight]
        telling = [(piece, len(telling_words(asked))) for piece, asked in among]
        chosen = _last([piece for piece, words in telling if words >= FEWEST_TELLING])
        chosen = chosen or _last([piece for piece, words in telling if words])
        if is_about_the_book:
            about = [piece for piece, asked in among if asked and is_about_the_book(asked)]
            behind = among[pieces.index(chosen) + 1 :] if chosen and weight == 1 else among
            said = [piece for piece, _ in behind if is_about_the_book("\n".join(piece.lines))]
            chosen = _last(about) or _last(said) or chosen
        if chosen:
            return [chosen]
    return [piece for piece in pieces if piece.weight == _LIKELY][:1]


def _last(pieces: Sequence[_Piece]) -> _Piece | None:
    return pieces[-1] if pieces else None
