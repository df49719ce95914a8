"""A task read by its parts, in any order and language: the act, the places that it names, and what it asks of them.

Called by `engines.understanding.intents`. Each part has its own words; a message is a task where these words, fillers
and at most one name are all that it has: "Part 4: first and last chapter?", "six flashcards from Setup and Teardown". A
name in small letters is a subject, and the message a question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engines.understanding.book_terms import names_no_subject
from engines.understanding.intent import Intent
from engines.understanding.phrases import (
    AFTER,
    BEFORE,
    BESIDE_TASKS,
    CALLED,
    CHAPTER_WORD,
    COMPARE,
    CONNECT,
    HOW_MANY,
    NUMBERED,
    PAGE_TASKS,
    PAGE_WORD,
    PARTS_COUNTED,
    PIECES,
    TABLE_OF_CONTENTS,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.words import plain_words


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a message are places, and what neither an act, a place nor a filler is."""

    text: str
    places: tuple[tuple[str, str], ...]  # the number and the word of each: ("4", "chapter")
    names: tuple[str, ...]  # the runs of words that are of no part


# Of numbered sections, "4.3": a number alone, and none with a unit or a sign.
_SECTION_NUMBER = re.compile(
    r"(?<![\w.,-])(?:(?:page|section|seite|abschnitt|p[aá]gina|secci[oó]n|leçon|lecci[oó]n)\s+)?(?P<number>\d{1,2}\.\d{1,2})(?![\w%-]|\.\d)",
    re.IGNORECASE,
)
_KINDS = (  # from the largest to the smallest, by the first letters of their words
    ("part", "teil", "hiss", "modul", "module", "unit", "unidad", "حص", "ماڈیول", "भाग", "मॉड्यूल"),
    ("ch", "kap", "cap", "bab", "baab", "باب", "چیپٹر", "अध्याय"),
)
_RELATES = re.compile(
    r"\b(?:buil(?:d|ds|t) (?:up)?on|bau(?:t|en)\b(?=.{0,60}\bauf\b)|aufbau\w*|zusammen|zueinander|rapport|s['’]appuie|lien|se basa|juru?[ae]|"
    r"connection)\b|جڑ[اےی]|जुड़\w*",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"\b(?:start|begin|anfangen|anfange|fang(?:e|en)?\b.{0,12}\ban|beginnen|beginne|starten|starte|commencer|commence|d[eé]buter|empezar|empiezo|empiece|"
    r"comenzar|comienzo|shuru|shuruaat)\b|شروع|开始",
    re.IGNORECASE,
)
_WHICH = re.compile(
    r"\b(?:which|what|where|welche[rmns]?|wo|womit|quel(?:le)?s?|o[uù]|qu[eé]|cu[aá]l|d[oó]nde|kis|kaun|kon|kaun ?s[aei]|kon ?s[aei]|"
    r"kahan)\b|کس|کون|کہاں|किस|कौन",
    re.IGNORECASE,
)
_TO_READ = re.compile(
    r"\b(?:open|read|start|look|go to|turn to|need|choose|pick|right for me|öffne\w*|lesen|lese|aufschlagen|schlage|nachlesen|brauche|lire|"
    r"ouvrir|ouvre|lis|abrir|abro|leer|leo|kholun|kholoon|khol\w*|parhun|parhoon|parhn[aei]|dekhun)\b|کھول\w*|پڑھ\w*|खोल\w*|पढ़\w*|"
    r"读|看|打开",
    re.IGNORECASE,
)
SAYS = re.compile(  # all of a message: "what does the Summary say?"
    r"^\W*(?:what (?:does|do|did)|que dit|que dice|was (?:sagt|steht in)) (?:the |le |la |el |der |die |das )?(?P<name>[\w -]{3,40}?)"
    r"(?: (?:say|says|tell(?: me| us)?))?\W*$|"
    r"^\W*(?P<name2>[\w -]{3,40}?) (?:mein kya|kya) (?:hai|kehta hai|kehti hai|likha hai)\W*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?؟۔।])\s+|\n+")
_CLAUSE = re.compile(r"[,.;:!?¿¡؟،۔।]+\s*")
_PLACE_WORDS = re.compile(rf"(?<!\w)(?:{PAGE_WORD}|{CHAPTER_WORD})(?!\w)", re.IGNORECASE)
_MANY = re.compile(r"\b(?:how many|wie ?vielen?|combien de|cu[aá]nt[oa]s|kitn[aei]+)\b|کتن[ےی]", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\b(?:next|after|follows|folgt|kommt|vient|viene|sigue|nächste[rsnm]?|danach|weiter|suivante?|apr[eè]s|ensuite|siguiente|despu[eé]s|agl[aei]|aglay|baad)\b|"
    r"اگل[اےی]|کے بعد|后面|之后",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:done|finished|completed|fertig|durch|gelesen|fini|termin[eé]|acab\w+|terminad[oa]|khatam|mukammal)\b|ختم|مکمل|खत्म|ख़त्म|完",
    re.IGNORECASE,
)
_WHAT_NOW = re.compile(
    rf"{_GOES_ON.pattern}|\b(?:now|jetzt|maintenant|ahora|ab)\b|اب|अब|现在|接下来|什么|哪", re.IGNORECASE
)
_ITS_CONTENTS = re.compile(rf"{TABLE_OF_CONTENTS.pattern}|\bcontents of\b", re.IGNORECASE)
_AN_END = re.compile(
    r"\b(?:first|last|erste[rsn]?|letzte[rsn]?|premi[eè]re?|derni[eè]re?|primer[ao]?|[uú]ltim[ao]|pehl[aei]|aa?khri)\b|"
    r"پہل[اےی]|آخری",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"\b[A-Z][a-z]")
_OWN_NAME = re.compile(
    r"(?:Topics?|Sections?|Articles?|Lessons?|Tutorials?|Documents?|Readings?|Materials?|Guides?|Docs|Modules?|Units?)"
)
_NAMES_A_PLACE = re.compile(r"\s+(?:&|(?:wal[aei]|mein|k[aei])\b|میں|کے|کی|والے|والا|والی)")
_JOINS = re.compile(r"&|[-–—]|(?:and|or|of|the|to|for|with|in|on|from|a|an|your)", re.IGNORECASE)
_SIGNS = " ,.;:!?¿¡؟،۔।\"'“”„«»()"
_PARTS = (
    HOW_MANY,
    _MANY,
    *PAGE_TASKS.values(),
    PIECES["objectives"],
    COMPARE,
    CONNECT,
    _RELATES,
    THIS_BOOK,
    CALLED,
    BEFORE,
    AFTER,
    _PLACE_WORDS,
    _STARTS,
    _ITS_CONTENTS,
    _AN_END,
    _DONE,
)
_ENDS = ",.;:!?،؟"  # of a clause
_AN_ACT = ("quiz", "key_points", "summary", "example")  # on a text; what is wanted beside a title in capitals
_ANY_CASE = "quiz"  # that nobody asks of a subject
# A message without any of these has no such task, and is not taken into its parts, which tries thirty patterns.
PLACES_OR_COUNTS = (_PLACE_WORDS, NUMBERED, _SECTION_NUMBER, HOW_MANY)
_ON_A_TITLE = (
    *(PAGE_TASKS[act] for act in _AN_ACT),
    HOW_MANY,
    _ITS_CONTENTS,
    PIECES["objectives"],
    _PLACE_WORDS,
)
_FILLERS = BESIDE_TASKS | frozenset(
    plain_words(
        """
        book books chapters parts modules units lessons sections subchapters introduction
        finished finish done completed reading just then started start begin begins starting opened open exactly actually really
        altogether divided organised organized split structured structure into each every contain contains consist consists through
        them between relation relationship related relate goals outcomes learning learned got which one ones
        belong belongs now was jetzt gehoren whats last first quel quelle quelles laquelle kis kaun kon way ways many aus mit uber sobre sur jai fange an 从 用
        eigentlich gegliedert unterteilt aufgeteilt insgesamt denn gerade fertig durch jetzt gelesen gehoren umfasst enthalt besteht
        mal beide verhalt sich kapiteln teile teilen seiten abschnitte bucher welches welcher welchem welchen dran karten stuck bin habt
        fange fang an im am wieviele erste letzte ersten letzten erstes letztes erster letzter
        acabo acabado terminado termine ya ahora dividido divide organizado consta total esta hay conviene toca cuantos cuantas
        capitulos partes paginas secciones modulos libro partir sacame preparame tiene entre relacion primero ultimo primer primera ultima
        fini termine maintenant divise decoupe organise comporte contient livre chapitres parties modules relation entre
        aata aati ata ati hota khatam ho gaya gayi gaye liya chuka chuki ab bhi us kitab kul hue hissa hisse ke wala wale wali sa si kaunse konse sath saath kitni kitna
        kitne talluq taluq taalluq rishta banta banti bani seekhne sikhne
        ختم گیا گئی لیا اب والا والی والے کتاب کل ابواب صفحات کتنے کتنی پیج پیجز کون سا سی سے تعلق ساتھ
        खत्म ख़त्म हो गया अब भी उस साथ बीच संबंध सम्बन्ध सीखने
        跟 与 和 同 了 吗 完 之间 关系 联系 的 它 分 共 成 分成 分为 包含 包括 每 总
        """
    )
)
_MOST_CHARACTERS = 160


def task_of_parts(text: str) -> Intent | None:
    """The task that a message's parts make; None where words are left that are of no part."""
    if len(text) > _MOST_CHARACTERS:
        return None
    says = SAYS.match(text)
    name = (says["name"] or says["name2"]) if says else ""
    is_place = any(each.search(name) for each in (_PLACE_WORDS, THIS_BOOK))  # "what does chapter 3 say?"
    if name and not is_place and names_no_subject(name):
        return Intent("page_task", "summary", "chapter", name=name, titled=True)
    if not any(each.search(text) for each in PLACES_OR_COUNTS):
        return None
    parts = _parts_of(text)
    if parts.names:
        return _start(text) or _looked_for(text)
    return _on_numbered_places(parts) or _count(parts) or _start(text)


def task_on_a_title(text: str) -> Intent | None:
    """A task on what may be a title, which the table of contents tells: "flashcards from Setup and Teardown"."""
    if len(text) > _MOST_CHARACTERS or not any(each.search(text) for each in _ON_A_TITLE):
        return None
    parts = _parts_of(text)
    is_one = len(parts.names) == 1 and not parts.places
    around = text.replace(parts.names[0], " ", 1) if is_one else ""
    if not is_one or THIS_BOOK.search(around) or THIS_PAGE.search(around) or THIS_CHAPTER.search(around):
        return None
    return _on_a_title(around, parts.names[0])


@lru_cache(maxsize=256)
def _parts_of(text: str) -> _Parts:
    """The places and the names of a message."""
    sections = list(_SECTION_NUMBER.finditer(text))
    numbered = [
        each
        for each in NUMBERED.finditer(text)
        if not any(each.end() > at.start("number") >= each.start() for at in sections)
    ]
    places = [(each["number"] or each["ordinal"], each["word"] or each["word2"]) for each in numbered]
    places += [(each["number"], "") for each in sections]
    known = [*sections, *numbered]
    for pattern in _PARTS:
        known += [found for found in pattern.finditer(text) if not _is_of_a_title(found)]
    rest = list(text)
    for found in known:
        rest[found.start() : found.end()] = " " * (found.end() - found.start())
    return _Parts(text, tuple(places), tuple(_runs(text, "".join(rest))))


def _is_of_a_title(found: re.Match[str]) -> bool:
    """Whether words of a part stand in capitals as in a title: "Guides", "Topics & Messages", "Getting Started"."""
    if len(_CAPITALS.findall(found[0])) > 1:
        return True
    behind = found.string[found.end() :]
    return bool(_OWN_NAME.fullmatch(found[0]) and (found.start() > 0 or _NAMES_A_PLACE.match(behind)))


def _runs(text: str, rest: str) -> Iterator[str]:
    """The runs of words that are of no part, with fillers only between them; `rest` has blanks for the parts."""
    first = last = None
    for word in re.finditer(r"\S+", text):
        in_rest = rest[word.start() : word.end()]
        if any(map(_is_foreign, plain_words(in_rest))):
            first, last = first or word, word
        if first and last and (word[0][-1] in _ENDS or (word is not last and not _JOINS.fullmatch(word[0]))):
            yield text[first.start() : last.end()].strip(_SIGNS)
            first = None
    if first and last:
        yield text[first.start() : last.end()].strip(_SIGNS)


def _is_foreign(word: str) -> bool:
    return word not in _FILLERS and not word.isdigit()


def _on_numbered_places(parts: _Parts) -> Intent | None:
    """A task on one or two places that are named by their numbers."""
    if not parts.places:
        return None
    (name, word), *others = parts.places
    text = parts.text
    if others and (COMPARE.search(text) or CONNECT.search(text) or _RELATES.search(text)):
        names = tuple(other for other, _ in others if other != name)
        return Intent("page_task", "compare", "chapter", name=name, word=word, others=names) if names else None
    largest = min(parts.places, key=lambda place: _size(place[1]))
    if {_size(kind) for _, kind in parts.places} == {0, 1}:  # "part 4: first chapter and last chapter?"
        return Intent("book_task", "chapter_contents", "chapter", name=largest[0], word=largest[1])
    if others:
        return None
    if _MANY.search(text):
        return Intent("book_task", "chapter_contents", "chapter", name=name, word=word)
    if PIECES["objectives"].search(text):
        return Intent("page_task", "ask", "chapter", name=name, word=word, piece="objectives")
    if _DONE.search(text) and _WHAT_NOW.search(text):
        return Intent("book_task", "next_chapter", "chapter", name=name, word=word)
    asks_for_parts = _size(word) == 0 and _PLACE_WORDS.search(
        NUMBERED.sub(" ", text)
    )  # "which chapters belong to part 5?"
    if (asks_for_parts or _is_last(name)) and _WHICH.search(text) and not _is_beside(text):
        return Intent("book_task", "chapter_contents", "chapter", name=name, word=word)
    if word:
        return None
    if BEFORE.search(text):
        return Intent("page_task", "before", "chapter", name=name)
    acts = [act for act in (*_AN_ACT, "before") if PAGE_TASKS[act].search(text)]
    return Intent("page_task", acts[0], "chapter", name=name) if acts else None


def _is_last(name: str) -> bool:
    """Whether a place is named by its order alone, "the last chapter", and not by a number."""
    return name.isalpha() and not re.fullmatch("[ivx]+", name, re.IGNORECASE)


def _is_beside(text: str) -> bool:
    return bool(BEFORE.search(text) or AFTER.search(text) or any(each.search(text) for each in PAGE_TASKS.values()))


def _size(word: str) -> int:
    """0 for a part or a module, 1 for a chapter, 2 for anything else."""
    plain = word.casefold()
    return next((at for at, kind in enumerate(_KINDS) if plain.startswith(kind)), len(_KINDS))


def _count(parts: _Parts) -> Intent | None:
    """How many of its parts the book has: "how many chapters are there, and in how many parts?"."""
    text = parts.text
    counted = HOW_MANY.search(text)
    if counted is None or THIS_PAGE.search(text) or THIS_CHAPTER.search(text):
        return None
    behind = text[counted.end() :]
    also = [each["word"] or each["word2"] for each in HOW_MANY.finditer(behind)] or PARTS_COUNTED.findall(behind)
    return Intent("book_task", "count", "book", word=counted["word"] or counted["word2"], others=tuple(also))


def _start(text: str) -> Intent | None:
    """Where to begin, in a clause of its own: "I am new to this, which page should I start with?"."""
    for clause in _CLAUSE.split(text):
        asks = _STARTS.search(clause) and _WHICH.search(clause)
        if asks and _PLACE_WORDS.search(clause) and not _parts_of(clause).names and not NUMBERED.search(clause):
            return Intent("book_task", "start", "book")
    return None


def _looked_for(text: str) -> Intent | None:
    """Which page is on what another sentence tells: "I only care about balance. Which chapter do I open?"."""
    *told, asked = [part for part in _SENTENCE.split(text.strip()) if part.strip()]
    asks = _WHICH.search(asked) and _PLACE_WORDS.search(asked) and _TO_READ.search(asked)
    bare = _TO_READ.sub("", asked)
    if not told or not asks or _GOES_ON.search(asked) or NUMBERED.search(text) or _parts_of(bare).names:
        return None
    subject = " ".join(told).strip(" .!?")
    return Intent("book_task", "which_chapter", "book", subject=subject)


def _on_a_title(around: str, name: str) -> Intent | None:
    if PAGE_TASKS[_ANY_CASE].search(around):
        return Intent("page_task", _ANY_CASE, "chapter", name=name, titled=True)
    if not re.match(r"[A-Z\d]", name) or not _CAPITALS.search(name):
        return None
    of_its_pages = _PLACE_WORDS.search(around) and _AN_END.search(around)
    if HOW_MANY.search(around) or _ITS_CONTENTS.search(around) or of_its_pages:
        return Intent("book_task", "chapter_contents", "chapter", name=name, titled=True)
    if PIECES["objectives"].search(around):
        return Intent("page_task", "ask", "chapter", name=name, piece="objectives", titled=True)
    if _GOES_ON.search(around) and _PLACE_WORDS.search(around):
        return Intent("book_task", "next_chapter", "chapter", name=name, titled=True)
    act = next((act for act in _AN_ACT if PAGE_TASKS[act].search(around)), None)
    return Intent("page_task", act, "chapter", name=name, titled=True) if act else None
