"""The question in what a reader copied around it: a chat log, a mail thread, subtitles, a form, a sheet of exercises.

Speakers, times, headers and labels are no words of the question. Of the turns of a chat or the mails of a thread the
last one that asks is it; of a form the field that asks. What else was said sets the scene, and who asks, when and where
is not searched.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex

from engines.understanding.pasted_text import LOG_LINE, reads_as_prose
from engines.understanding.sentences import (
    FEWEST_TELLING,
    NAMES_AN_ERROR,
    names_its_subject,
    sentences_of,
    take_apart,
    telling_words,
)

_OF_THE_QUESTION, _LIKELY = 3, 2
_MOST_WORDS_OF_A_LABEL = 9
_FEWEST_COLUMNS = 2
_READ_OF_A_LINE = 2_000  # characters
_MAY_HAVE_A_TURN = regex.compile(r"\d[:.]\d\d|[>\])]")
_LONGEST_LABEL = 60  # characters

_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?(?:\s?[ap]\.?m\.?)?"
_DAY = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:today|yesterday|heute|gestern|hoy|ayer|hier|aujourd'hui|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?(?:\d{1,2}\.? \p{L}{3,9}\.?,?(?: \d{4})?|\p{L}{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,?(?: \d{4})?))"
)
_STAMP = rf"(?:{_DAY}(?:,| at| um)?\s+|{_DAY}T)?{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?|{_CLOCK},?\s+{_DAY}|{_DAY}"
_WHO = (  # a name, a nickname or a number; a log's levels and paths are none
    r"(?!(?:error|warn(?:ing)?|info|debug|fatal|trace|notice|critical|verbose|npm|https?)\b)"
    r"(?:[~@\p{L}][\p{L}\p{M}\p{N}_.'’@-]*(?: [\p{L}\p{N}(][\p{L}\p{M}\p{N}_.'’()-]*){0,3}|\+?\d[\d ()-]{6,18}\d)"
)
_LINE_OF_A_CHAT = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        rf"^\[(?:{_STAMP})\] ?(?P<who>{_WHO}):\s(?P<said>.*)$",  # [12/03/26, 14:22:10] Ali: …
        rf"^(?:{_STAMP})\s+[-–—]\s+(?P<who>{_WHO}):\s(?P<said>.*)$",  # 12/03/2026, 14:22 - Ali: …
        rf"^(?:\[?(?:{_STAMP})\]?\s*)?<[@+%~& ]?(?P<who>[\w\[\]\\`^{{}}|-]{{1,20}})>\s(?P<said>.*)$",  # 14:22 <ali> …
        r"^(?P<who>[\w.-]{2,20})>\s(?P<said>.*)$",  # ali> …
        rf"^[(\[](?:{_STAMP})[)\]] (?P<who>{_WHO}):\s(?P<said>.*)$",
        rf"^(?P<who>{_WHO}) [(\[](?:{_STAMP})[)\]]:\s?(?P<said>.*)$",  # Ali (14:22): …
        rf"^(?:{_STAMP})\s+from (?P<who>{_WHO}?)(?:\s+to\s+.{{1,40}}?)?:\s*(?P<said>.*)$",  # 14:22:10 From Ali to Everyone: …
        rf"^\[?(?:{_STAMP})\]?\s+(?P<who>{_WHO}):\s(?P<said>.*)$",
    )
)
_HEAD_OF_A_TURN = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        rf"^(?P<who>{_WHO})(?: APP| BOT)?(?:\s{{2,}}|\s*[—–|·•]\s*|,\s+|\s+(?=\[))[(\[]?(?:{_STAMP})[)\]]?:?$",  # Ali  2:14 PM
        rf"^(?P<who>{_WHO})\s+{_CLOCK}$",
        rf"^[(\[](?:{_STAMP})[)\]]\s+(?P<who>{_WHO}):?$",  # [Yesterday 3:12 PM] Ali Raza
    )
)
_ONLY_A_STAMP = regex.compile(rf"^[(\[]?(?:{_STAMP})[)\]]?$", regex.IGNORECASE)
_ONLY_A_NAME = regex.compile(rf"^{_WHO}$", regex.IGNORECASE)
_NOTICE = regex.compile(  # what a chat itself says
    rf"^(?:\[?(?:{_STAMP})\]?(?:,| -)?\s*)(?:-!-|\*{{1,3}} |--> |<-- |messages and calls|.{{0,60}}\b(?:joined|left|created (?:the )?group|changed)\b)"
    r"|^(?:edited|\(edited\)|new messages?|\d+ repl(?:y|ies)|:\w+:\s*\d+|<media omitted>|this message was deleted)$",
    regex.IGNORECASE,
)
_CUE_TIMES = regex.compile(r"^\s*\d[\d:.,]*\d\s*-->\s*\d[\d:.,]*\d")
_NO_CUE = regex.compile(r"^\s*(?:\d+|WEBVTT.*|NOTE\b.*)$")
_VOICE = regex.compile(r"^(?:<v[^>]*>|</?[ibuc][^>]*>|-\s|>>\s?)")
_QUOTED = regex.compile(r"^\s*(?:>\s?)+")
_WROTE = regex.compile(
    r"^\W*(?:(?:on|am|le|el|il|em|op)\b.{6,120}\b(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef)\b.{0,60}:"
    r"|[\p{L} .'’-]{2,50}\b(?:wrote|schrieb|a écrit|escribió)\s?:)\s*$"
    r"|^\W*(?:original message|forwarded message|begin forwarded message|weitergeleitete nachricht|ursprüngliche nachricht|message transféré|mensaje reenviado)\W*$",
    regex.IGNORECASE,
)
_MAIL_HEADER = regex.compile(
    r"^\*{0,2}(?P<name>from|to|cc|bcc|sent|date|subject|reply-to|message-id|importance|attachments?|von|an|gesendet|datum|betreff|"
    r"de|à|envoyé|objet|para|asunto|enviado|fecha)\s?:\*{0,2}\s*(?P<value>.*)$",
    regex.IGNORECASE,
)
_SUBJECTS = frozenset(("subject", "betreff", "objet", "asunto"))
_POINTS = regex.compile(  # asks for help with what stands elsewhere
    r"\b(?:can|could|would|will|might|may) (?:you|u|someone|somebody|anyone|anybody|(?:any|one) of you|we|i)\b[^?.!]{0,40}\b"
    r"(?:this|that|it|these|them|him|her|me|us|below|above)\b(?: (?:for|with|to) [^?.!]{1,30}| (?:please|out|too|below|above))*\s*[?.!]*$",
    regex.IGNORECASE,
)
_SALUTATION = regex.compile(
    r"^(?:dear|hi|hello|hey|hallo|liebe[rs]?|sehr geehrte[rs]?|bonjour|ch[eè]re?s?|hola|estimad[oa]s?)\b(?:(?:mr|mrs|ms|dr|prof|hr|fr|sra?)\.|[^.?!:]){0,40}[,!:]?$",
    regex.IGNORECASE,
)
_SIGNATURE = regex.compile(
    r"^(?:--\s*|_{5,}|sent from my .{2,30}|get outlook for .{2,20}|von meinem \w+ gesendet|envoyé de mon .{2,20}|enviado desde mi .{2,20}"
    r"|(?:(?:kind(?:est)?|best|warm(?:est)?|many|with (?:kind|best)) )?(?:regards|wishes)|best|yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|cheers|"
    r"(?:mit )?(?:freundlichen|besten|viele|liebe|schöne|herzliche) grü(?:ß|ss)en?|cordialement|bien à vous|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente)[,.!\s]*$",
    regex.IGNORECASE,
)
_HEADING = regex.compile(
    r"^\s*(?:#{2,6}\s+(?P<hash>.{1,80}?)\s*#*|(?:\*\*|__)(?P<bold>[^*_]{2,80}?):?(?:\*\*|__):?)\s*$"
)
_CHECKBOX = regex.compile(r"^\s*[-*+]?\s*(?:\[[ xX✓✔]?\]|[☐☑☒✅])\s+\S")
_LABELLED = regex.compile(
    rf"^\s*(?:[-*+•]\s+|\(?\d{{1,2}}[.)]\s+)?(?:\*\*|__)?(?P<label>[\p{{L}}@][^:：*\n]{{0,{_LONGEST_LABEL}}}?)\s?(?:[:：](?:\*\*|__)?|(?:\*\*|__)\s?[:：])(?:\s+|$)(?P<value>.*)$"
)
_ROW = regex.compile(r"^\|\s*(?P<label>[^|]{1,60}?)\s*\|\s*(?P<value>[^|]*?)\s*\|$")
_DASHED = regex.compile(r"^\s*(?P<label>\p{L}[\p{L} ]{1,30}?)\s[-–—]\s(?P<value>.*)$")
_LEADING_LABEL = regex.compile(  # of the field that is the question
    r"^(?:(?:my|your|the|short|describe (?:the|your)|what is your|enter your|type your|student'?s?|customer'?s?|user'?s?) )*"
    r"(?:question|query|doubt|ques|frage|pregunta|sawal|سوال|domanda|pergunta)s?(?: (?:text|details?|description|here|\d{1,3}))?\s?\??$"
    r"|^what (?:would|do|did) (?:you|u) (?:like|want|need|wish)(?: us)? to (?:know|ask|learn)(?: about)?\??$|^how (?:can|may) (?:we|i) help(?: you)?(?: today)?\??$",
    regex.IGNORECASE,
)
_LIKELY_LABEL = regex.compile(  # of a field that may be the question
    r"^(?:(?:my|your|the|short|long|full|brief|issue|problem|bug|request|describe(?: the| your)?|what is the|a clear|please) )*"
    r"(?:description|message|problem|issue|bug|request|details?|body|text|content|enquiry|inquiry|comments?|ask|help needed|feature|beschreibung|nachricht|anliegen|descripción|mensaje)"
    r"(?: (?:description|details?|text|summary|request))?$",
    regex.IGNORECASE,
)
_ASIDE_LABEL = regex.compile(  # of a field that says who asks, when and where
    r"^(?:(?:full|first|last|your|my|student|user|contact|customer|reporter|parent|father)(?:['’]s)? )*"
    r"(?:name|surname|class|section|roll ?(?:no|number|#)?|reg(?:istration)? ?(?:no|number)?|student (?:id|no|number)|id|semester|batch|group|"
    r"date|time|day|due(?: date)?|deadline|created|updated|e-?mail|mail|phone|mobile|tel|telephone|whatsapp|contact|address|city|country|age(?: group)?|"
    r"gender|school|college|university|institute|department|degree|course|teacher|instructor|professor|lecturer|supervisor|company|"
    r"organi[sz]ation|customer|client|user|username|reporter|assignee|owner|key|ticket(?: (?:no|number|id))?|case(?: (?:no|number|id))?|order(?: (?:no|number))?|"
    r"severity|priority|status|type(?: of (?:request|issue))?|category|labels?|tags?|attachments?|signature|marks?|maximum marks|total marks|points|score|"
    r"time allowed|duration|how did you (?:find|hear about) us|(?:may|can) we contact you|do you like .{1,30}|vorname|nachname|klasse|datum|matrikelnummer|nombre|fecha|nom|classe|"
    r"naam|نام|تاریخ|جماعت)\.?\s?\??(?: ?\([^)]{1,12}\))?$",
    regex.IGNORECASE,
)
_KNOWN_LABEL = regex.compile(  # of the other fields of forms and templates
    r"^(?:expected|actual|current|desired|observed)(?: (?:behaviou?r|results?|output))?$|^(?:steps? )?to reproduce$|^steps$|^reproduction(?: steps)?$|"
    r"^(?:environment|env|versions?|os|operating system|browser|device|platform|system(?: info)?|setup|hardware|product|module|component|language|"
    r"topic|subject|chapter|lesson|unit|title|summary|additional (?:context|info\w*)|context|background|prerequisites|checklist|screenshots?|logs?|"
    r"(?:possible )?solution|notes?|hints?|urgency|reason|thema|fach|tema|matière|مضمون|عنوان)$|"
    r"^what (?:have|did) (?:you|i) tr(?:y|ied).{0,30}$|^(?:attempts?|tried)(?: so far)?$",
    regex.IGNORECASE,
)
_ROLES = frozenset(
    [
        "user",
        "assistant",
        "me",
        "you",
        "system",
        "human",
        "ai",
        "bot",
        "chatgpt",
        "gpt",
        "gemini",
        "claude",
        "copilot",
        "interviewer",
        "candidate",
        "student",
        "teacher",
        "tutor",
        "professor",
        "instructor",
        "moderator",
        "host",
        "guest",
        "speaker",
        "audience",
        "customer",
        "agent",
        "support",
        "client",
        "q",
        "a",
        "reader",
        "author",
        "mentor",
        "mentee",
        "op",
    ]
)
_NAME = regex.compile(r"^@\w[\w.-]*$|^\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|\d{1,2})){0,2}$")
_MARKS = r"[(\[]\s*\d{1,3}(?:\.\d)?\s?(?:marks?|points?|pts?|p|m|punkte|credits?|%)?\s*[)\]]"
_NUMBERED = regex.compile(
    rf"^\s*(?:(?:Q(?:ues(?:tion)?)?|Exercise|Ex|Problem|Aufgabe|Frage|Task)\.?\s*(?:no\.?\s*)?\d{{1,3}}(?:\.\d{{1,2}})*\s?(?:\(?[a-h]\)|[a-h]\b)?\s?[.:)\]–—-]*|\(?\d{{1,2}}\s?[.)]|\(?[a-h]\)|\(?[ivx]{{1,4}}\))\s*(?={_MARKS}|\S)",
    regex.IGNORECASE,
)
_MARKS_AT_AN_EDGE = regex.compile(rf"^\s*{_MARKS}\s*[:.–—-]?\s*|\s*{_MARKS}\s*$", regex.IGNORECASE)
_SHEET_TALK = regex.compile(
    r"\b(?:attempt|answer|solve) (?:all|any)\b|\b(?:maximum|total|max\.?|full) (?:marks?|points?)\b|\b(?:marks|points) each\b|\btime allowed\b|"
    r"\b(?:due|hand in|submit(?:ted)?|deadline)\b.*\d|^good luck\b|^section [a-z]\b|\b(?:mid-?term|final|exam(?:ination)?|quiz|homework|assignment|problem) ?(?:sheet|paper|exam\w*)?\b.*\d",
    regex.IGNORECASE,
)
_LABEL_WITHIN = regex.compile(r"(?:^|(?<=[\s,;|/]))(?P<label>\p{L}[\p{L}.'’# /-]{0,38}?)\s?[:：]\s?")
_LETTERED = regex.compile(r"^\s*\(?[a-h]\)\s")
_MARKS_OF_A_SHEET = regex.compile(
    r"[(\[]\s*\d{1,3}(?:\.\d)?\s?(?:marks?|points?|pts?|punkte|credits?)\s*[)\]]", regex.IGNORECASE
)
_NAMED_EXERCISE = regex.compile(
    r"^\s*(?:Q|Ques(?:tion)?|Exercise|Problem|Aufgabe)\.?\s*(?:no\.?\s*)?\d{1,3}\b", regex.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Framed:
    """A message in what asks and what stands around it."""

    question: str
    topic: str  # what of the rest is searched beside it: where the question names no subject, all of it
    around: str  # what else was said, a line each


def framed(text: str, is_about_the_book: Callable[[str], bool] | None = None) -> Framed | None:
    """The question in a chat, subtitles, a mail, a form or a sheet; None for another text, or where nothing asks.

    People also ask each other what is about no book: what is about the given one is rather the question.
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
    if len(heads) < _FEWEST_COLUMNS or column is None or len(lines) < 2:
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
    found, after_a_gap = 0, False
    one_line_each = False
    for number, line in enumerate(lines):
        bare = line.strip().lstrip("\u200e").replace("**", "")
        if not bare:
            after_a_gap = True
            continue
        turn = _first_match(_LINE_OF_A_CHAT, bare)
        head = turn or _first_match(_HEAD_OF_A_TURN, bare)
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


def _first_match(patterns: Iterable["regex.Pattern[str]"], line: str) -> "regex.Match[str] | None":
    if len(line) > _READ_OF_A_LINE or not _MAY_HAVE_A_TURN.search(line):
        return None
    return next((found for pattern in patterns if (found := pattern.match(line))), None)


def _mails(lines: list[str]) -> list[_Piece]:
    """The mails of a thread, the oldest first: the one that is quoted deepest."""
    headers = sum(bool(_MAIL_HEADER.match(_QUOTED.sub("", line))) for line in lines)
    wrote = any(_WROTE.match(_QUOTED.sub("", line)) for line in lines)
    quoted = [_QUOTED.sub("", line) for line in lines if _QUOTED.match(line)]
    is_talk = quoted and sum(map(reads_as_prose, quoted)) * 2 >= sum(map(bool, map(str.strip, quoted)))
    first = next(filter(None, map(str.strip, lines)), "")
    begins = _MAIL_HEADER.match(first)
    has_subject = begins is not None and begins["name"].casefold() in _SUBJECTS and "" in map(str.strip, lines)
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
            if header["name"].casefold() in _SUBJECTS:
                subjects.append(
                    regex.sub(r"^(?:(?:re|fwd?|aw|wg|tr|rv)\s?:\s*)+", "", header["value"], flags=regex.IGNORECASE)
                )
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
    headings = sum(bool(_HEADING.match(line)) for line in lines)
    of_a_form = (
        any(map(_CHECKBOX.match, lines))
        or kinds[_OF_THE_QUESTION] > 0
        or kinds.total() > 1
        or (headings > 1 and kinds.total() > 0)
    )
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
        if label and weight is not None:
            pieces.append((label, weight, [value] if value else []))
        elif _HEADING.match(line):
            pieces.append((label, 1, []))
        elif label and _speaker(label) in speakers:
            pieces.append((label, 1, [value] if value else []))
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
    kinds = ((_LEADING_LABEL, 3), (_LIKELY_LABEL, 2), (_ASIDE_LABEL, 0), (_KNOWN_LABEL, 1))
    return next((weight for pattern, weight in kinds if pattern.match(label)), None)


def _speaker(label: str) -> str:
    """A label that may be a person's name; "" for the others."""
    name = label.strip()
    if name.casefold() in _ROLES or name.casefold().rstrip(" 0123456789") in _ROLES:
        return name
    return name if _NAME.match(name) and not NAMES_AN_ERROR.search(name) and not LOG_LINE.match(f"{name}: x") else ""


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
            pieces.append((0, [line]))
            pieces.append((1, []))
        else:
            pieces[-1][1].append(text)
    return [_Piece(tuple(text), weight=weight) for weight, text in pieces if any(map(str.strip, text))]


def _asks(piece: _Piece) -> bool:
    return bool(take_apart("\n".join(piece.lines)).asking)


def _asked_in(piece: _Piece) -> str:
    return " ".join(each for each in take_apart("\n".join(piece.lines)).asking if not _POINTS.search(each))


def _question_in(piece: _Piece) -> str:
    """A piece without its marks, and without questions that are about no subject: "could you look at it?"."""
    text = "\n".join(_MARKS_AT_AN_EDGE.sub("", line) for line in piece.lines)
    if len(take_apart(text).asking) < 2:
        return text
    sentences = sentences_of(text)
    kept = [
        each for each in sentences if not take_apart(each).asking or (telling_words(each) and not _POINTS.search(each))
    ]
    return "\n".join(kept) if take_apart("\n".join(kept)).asking else text


def _that_ask(pieces: Sequence[_Piece], is_about_the_book: Callable[[str], bool] | None) -> list[_Piece]:
    """The pieces that are the question: the fields for it, else the last one that asks and says what about.

    What is about the book comes first; where it asks in no form that is known, only behind the other questions.
    """
    fields = [piece for piece in pieces if piece.weight == _OF_THE_QUESTION]
    if fields or not pieces:
        return fields
    for weight in (_LIKELY, 1):
        among = [(piece, _asked_in(piece)) for piece in pieces if piece.weight >= weight]
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
