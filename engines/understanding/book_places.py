"""A chapter or a page that a message names by its title, where the message asks what is in it, before it or after it.

Called by `engines.understanding.intents`; pure functions. Whether the book has such a title is seen by who plans the
answer: where it has none, the message is a question.
"""

import re

from engines.understanding.phrases import BESIDE_TASKS, COUNTED_WORD, NUMBERED, PAGE_WORD, THIS_CHAPTER, THIS_PAGE
from engines.understanding.words import plain_words

_PARTS = (
    r"(?:(?:sub[- ]?)?(?:topics?|pages?|sections?|lessons?|chapters?|modules?|units?)|unterkapitel|kapitel|seiten|abschnitte?n?|"
    r"(?:sous[- ]?)?chapitres?|leçons?|(?:sub)?cap[ií]tulos?|p[aá]ginas?|secciones|lecciones|m[oó]dulos?|safh[ae]|safhe|safhat|"
    r"abwab|صفحات|صفحے|ابواب|اسباق|حصے|पृष्ठ|पेज|अध्याय)"
)
_ARTICLE = r"(?:(?:the|das|die|der|den|dem|le|la|les|l['’]|el|los|las)\s+)?"
_IN = (
    r"(?:(?:are |is )?(?:there )?(?:in|inside|of|from|under|within)|(?:gibt es |sind |stehen )?(?:im|in|von|aus|des|der)|"
    r"(?:y a[- ]t[- ]il |sont )?(?:dans|du|de|des)|(?:hay |son |tiene )?(?:en|del?|de la))"
)
_CONTENTS = (
    re.compile(rf"^(?P<head>.*?\b{_PARTS})\s+{_IN}\s+(?P<rest>.+?)\W*$", re.IGNORECASE),
    re.compile(
        rf"^(?P<head>.*?\b{_PARTS})\s+(?:does|do|hat|tiene|contient)\s+(?P<rest>.+?)(?:\s+(?:have|contain|include))?\W*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<rest>.+?)\s*(?:میں|کے|کی|में|के|\bmein|\bmain|\bme|\bke|\bki)\s+(?P<head>.*?{_PARTS}.*?)\W*$",
        re.IGNORECASE,
    ),
)
_NAMED = re.compile(
    rf"^{_ARTICLE}(?:(?P<name>.+?)[\s-]+(?:{COUNTED_WORD})|(?:{COUNTED_WORD})\s+(?:on|about|called|named|über|zu|sur|sobre)\s+(?P<name2>.+))$",
    re.IGNORECASE,
)
_AFTER = r"(?:after|following|follows|nach|auf|apr[eè]s|suit|despu[eé]s de(?:l| la)?|sigue a(?:l| la)?)"
_BEFORE = r"(?:before|preceding|precedes|prior to|vor|avant|pr[eé]c[eè]de|antes de(?:l| la)?)"
_BESIDE = (
    re.compile(
        rf"^(?P<head>\W*\w.*?)\s+(?:(?P<after>{_AFTER})|(?P<before>{_BEFORE}))\s+(?P<rest>.+?)\W*$", re.IGNORECASE
    ),
    re.compile(
        rf"^\W*(?:right |directly |direkt |just )?(?:(?P<after>{_AFTER})|(?P<before>{_BEFORE}))\s+(?P<rest>.+?)[,\s]+"
        rf"(?P<head>(?:which|what|welche\w*|was|quel\w*|qu['’]est|qué|que|cuál|kommt|vient|viene)\b.*?)\W*$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?P<rest>.+?)\s*(?:(?P<after>\b(?:ke|k) baad\b|کے بعد|के बाद)|(?P<before>\bse (?:pehle|pehlay)\b|سے پہلے|से पहले))\s*"
        r"(?P<head>.+?)\W*$",
        re.IGNORECASE,
    ),
)
_A_PLACE = re.compile(rf"(?<!\w)(?:{PAGE_WORD}|{COUNTED_WORD}|one|पेज|पृष्ठ)(?!\w)", re.IGNORECASE)
_READ = re.compile(r"\b(?:read|lesen|lire|leer|parh\w*)\b|پڑھ", re.IGNORECASE)
_AROUND_A_NAME = re.compile(
    rf"^{_ARTICLE}(?:(?:{PAGE_WORD}|{COUNTED_WORD})\s+(?:(?:on|about|called|named|über|zu|sur|sobre)\s+)?)?{_ARTICLE}(?P<name>.+?)"
    rf"(?:[\s-]+(?:{PAGE_WORD}|{COUNTED_WORD}|one|wal[aei]))?$",
    re.IGNORECASE,
)
_FILLERS = BESIDE_TASKS | frozenset(
    plain_words(
        "liste listet lista nenne enumera quelle quel comes come goes go next right directly immediately just one follow follows kommt folgt direkt unmittelbar vient justo "
        "viene va sigue aata aati ata ati saare sare sab total every each sub unter sous there kaun kon se konsa kaunsa kaunse "
        "konse hain batao dikhao کون کونسا کونسے سا سی سے آتا آتی تمام سب سارے کتنے ہیں متن chapters modules lessons sections units topics "
        "unterkapitel kapitel abschnitte chapitre chapitres lecons capitulo capitulos subcapitulos paginas secciones lecciones "
        "modul modulo modulos seiten safhe safhat abwab صفحات ابواب اسباق cuales quelles welche welches todos todas toutes tous alle"
    )
)
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def chapter_listed(text: str) -> tuple[str, str]:
    """The name, and the reader's word, of the chapter whose pages a message asks for; two "" where it asks for none."""
    for pattern in _CONTENTS:
        found = pattern.match(text.strip())
        if not found or not _fills(found["head"]):
            continue
        rest = found["rest"]
        if THIS_CHAPTER.search(rest) or THIS_PAGE.search(rest):
            return "", ""
        numbered = NUMBERED.search(rest)
        if numbered and _fills(f"{rest[: numbered.start()]} {rest[numbered.end() :]}"):
            return numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        named = _NAMED.match(rest)
        name = (named["name"] or named["name2"]).strip() if named else ""
        if name and not _fills(name):
            return name, ""
    return "", ""


def named_neighbour(text: str) -> tuple[str, int]:
    """The title that a message asks for the page or the chapter beside, and 1 for after it, -1 for before it.

    "" and 0 for other messages: without a word for a page or for reading, "what comes after X?" is about X.
    """
    for pattern in _BESIDE:
        found = pattern.match(text.strip())
        if not found or not _fills(found["head"]):
            continue
        if any(place.search(found["rest"]) for place in (NUMBERED, THIS_CHAPTER, THIS_PAGE)):
            continue
        if not _A_PLACE.search(f"{found['head']} {found['rest']}") and not _READ.search(found["head"]):
            continue
        around = _AROUND_A_NAME.match(found["rest"].strip())
        name = around["name"].strip() if around else ""
        if name and not _fills(name):
            return name, 1 if found["after"] else -1
    return "", 0


def _fills(text: str) -> bool:
    """Whether a text names nothing of its own."""
    return all(word in _FILLERS or word.isdigit() or _DEVANAGARI.match(word) for word in plain_words(text))
