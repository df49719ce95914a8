"""What a message wants: an answer from the book, a task on a page or on the book, or nothing but small talk.

Pure functions without I/O, called by the chat before anything is searched. A task is recognised by its verb or noun
("summarize", "key points") together with what it is about: the page that the reader has open ("this page", "here", or
nothing else), a chapter by number or name, or the book. A task with a subject of its own ("summarize inverse
kinematics") is a question. The phrases are those of the interface's languages (English, Urdu, German, French, Spanish),
Roman Urdu among them.

A message is small talk where phrases of the lists cover all of its words: "hi, what is a node?" is a question. Words
may be stretched ("hiii") or misspelt ("tahnks").
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from engines.understanding.phrases import (
    ABOUT,
    ABOUT_BOOK,
    AFTER,
    ALL_OF_THEM,
    ASKED_BEFORE,
    BEFORE,
    BESIDE_SMALL_TALK,
    BESIDE_TASKS,
    BESIDE_TRANSLATE,
    COMES,
    CONTENTS,
    FIRST,
    HERE,
    IN_CHAPTER,
    META,
    META_VERBS,
    MY_PLACE,
    NAMED,
    NUMBERED,
    ON_THE_PAGE,
    PAGE_TASKS,
    PARTS_OF_A_CHAPTER,
    PIECE_OF_A_PAGE,
    READING,
    SMALL_TALK,
    START,
    THE_ANSWER,
    THE_CHAPTER,
    THE_PAGE,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
    TRAILING,
    TRANSLATE,
    VOCABULARY,
    WHICH_CHAPTER,
    SmallTalk,
)
from engines.understanding.words import corrected, plain_words

Kind = Literal["question", "small_talk", "page_task", "book_task", "conversation_task"]
Part = Literal["page", "chapter", "book"]

_MOST_CHARACTERS = 300  # of a task; longer messages are questions


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message wants.

    `task` is the kind of small talk; of a page: "summary", "simpler", "key_points", "quiz", "example", "before",
    "next", "translation" or "ask"; of the book: "contents", "chapter_contents", "which_chapter", "next_chapter",
    "previous_chapter", "start", "quiz" or "about"; of the conversation: "translation", "asked_first", "asked_last" or
    "asked_all".
    """

    kind: Kind = "question"
    task: str | None = None
    part: Part = "page"  # what a page task is about: the page, its chapter, or all of the book
    name: str = ""  # of the chapter or the page that is meant, its number or its title as the reader wrote it
    subject: str = ""  # of "which_chapter": what is looked for
    word: str = field(default="", compare=False)  # before the number of a chapter: "chapter", "module"


QUESTION = Intent()
_IT = frozenset({"this", "that", "it", "whats", "sirve", "sert", "esto", "eso", "das", "ca", "cela", "yeh", "ye"})
_THE_TUTOR = frozenset(
    {"you", "u", "your", "help", "ask", "sirves", "du", "sie", "tu", "vous", "kannst", "puedes", "here"}
)
_STEMS = tuple(VOCABULARY)
_SHORTEST_MISSPELT = 3  # letters; shorter words are taken as they are
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?؟۔])\s+|\n+")
_MOST_CHARACTERS_OF_A_NAME = 160  # of a message that names a chapter


def intent_of(text: str, *, has_page: bool = False, has_history: bool = False) -> Intent:
    """What a message wants; `has_page` says that the reader's page is known, `has_history` that something was said."""
    talk = small_talk(text)
    goes_on = has_history and ((talk == "agreement" and _is_yes(text)) or (talk == "ability" and _is_about_it(text)))
    if talk is not None and not goes_on:
        return _of_talk(talk)
    if len(text) > _MOST_CHARACTERS or "\n\n" in text.strip():
        return QUESTION
    spelt = _WORD.sub(lambda match: _spelt(match[0]), text)
    return (
        _conversation_task(text, has_page=has_page, has_history=has_history)
        or _contents_of_this_chapter(spelt)
        or _page_task(spelt, has_page=has_page, has_history=has_history)
        or _chapter_task(spelt)
        or _book_task(spelt)
        or QUESTION
    )


def _of_talk(talk: SmallTalk) -> Intent:
    return Intent("small_talk", talk)


def _is_yes(text: str) -> bool:
    return plain_words(text)[:1] in (["sure"], ["ok"], ["okay"]) and len(plain_words(text)) > 1


def _is_about_it(text: str) -> bool:
    """Whether "what is this for?" may ask about what was said, and not about the tutor."""
    words = set(plain_words(text))
    return bool(words & _IT) and not words & _THE_TUTOR


def _spelt(word: str) -> str:
    """A word that is nearly one of the tasks' own, as those have it; other words and their endings stay."""
    plain = word.casefold()
    if len(plain) <= _SHORTEST_MISSPELT or not plain.isascii() or plain.startswith(_STEMS):
        return word
    known = corrected(plain, VOCABULARY)
    return known if known != plain else word


def _conversation_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """To translate the answer before or the open page, or to say what the reader has asked."""
    asked = ASKED_BEFORE.search(text)
    around = ALL_OF_THEM.sub(" ", FIRST.sub(" ", f"{text[: asked.start()]} {text[asked.end() :]}")) if asked else ""
    if asked and all(word in BESIDE_TASKS for word in plain_words(around)):
        task = "asked_all" if ALL_OF_THEM.search(text) else "asked_first" if FIRST.search(text) else "asked_last"
        return Intent("conversation_task", task)
    if not TRANSLATE.search(text):
        return None
    part = _part_named(text)
    rest = TRANSLATE.sub(" ", text)
    if [word for word in plain_words(rest) if word not in BESIDE_TASKS and word not in BESIDE_TRANSLATE]:
        return None
    if part is not None:
        return Intent("page_task", "translation", part)
    if not THE_ANSWER.search(rest) or not (has_history or has_page):
        return None
    return Intent("conversation_task", "translation") if has_history else Intent("page_task", "translation")


def _part_named(text: str) -> Part | None:
    """The page or the chapter that a message points at."""
    if THIS_CHAPTER.search(text) or THE_CHAPTER.search(text):
        return "chapter"
    return "page" if THIS_PAGE.search(text) or THE_PAGE.search(text) else None


def _contents_of_this_chapter(text: str) -> Intent | None:
    """ "What topics does this chapter cover?": the pages of the open chapter, and nothing else is asked."""
    chapter = THIS_CHAPTER.search(text)
    if not chapter:
        return None
    around = f"{text[: chapter.start()]} {text[chapter.end() :]}"
    if not PARTS_OF_A_CHAPTER.search(around) or _foreign_words(PARTS_OF_A_CHAPTER.sub(" ", around)):
        return None
    return Intent("book_task", "chapter_contents", "chapter")


def _page_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    task = next((name for name, pattern in PAGE_TASKS.items() if pattern.search(text)), None)
    chapter, page = THIS_CHAPTER.search(text), THIS_PAGE.search(text)
    named = chapter or page
    if not named and NUMBERED.search(text):
        return None
    part: Part = "chapter" if chapter else "page"
    if task is None:
        if page and has_page and PIECE_OF_A_PAGE.search(text) and ON_THE_PAGE.search(text[: page.start()] or " in "):
            return Intent("page_task", "ask", part)
        return None
    rest = _rest(text, task)
    if named:
        return Intent("page_task", task, part)
    if rest:
        return None
    if THE_CHAPTER.search(text) and not THIS_BOOK.search(text):
        return Intent("page_task", task, "chapter")
    if THIS_BOOK.search(text):
        return None
    if not has_page and not THE_PAGE.search(text):
        return None
    leans_on_what_was_said = has_history and task in ("simpler", "example", "next", "before") and not HERE.search(text)
    return None if leans_on_what_was_said else Intent("page_task", task)


def _rest(text: str, task: str) -> list[str]:
    """The words of a message that are neither of its task nor fillers: a subject of its own."""
    without = PAGE_TASKS[task].sub(" ", text)
    for pattern in (HERE, *PAGE_TASKS.values()):
        without = pattern.sub(" ", without)
    return [word for word in plain_words(without) if word not in BESIDE_TASKS]


def _chapter_task(text: str) -> Intent | None:
    """A task on a chapter or a page that is named by its number or its title."""
    name = _name_in(text) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else ""
    if not name:
        return None
    numbered = NUMBERED.search(text)
    word = (numbered["word"] or numbered["word2"]) if numbered else ""
    if AFTER.search(text) and COMES.search(text):
        return Intent("book_task", "next_chapter", "chapter", name, word=word)
    if BEFORE.search(text) and COMES.search(text):
        return Intent("book_task", "previous_chapter", "chapter", name, word=word)
    if IN_CHAPTER.search(text):
        return Intent("book_task", "chapter_contents", "chapter", name, word=word)
    around = text.replace(name, " ")
    task = next((task for task, pattern in PAGE_TASKS.items() if pattern.search(around)), None)
    if task is None and CONTENTS.search(text):
        task = "summary"
    return Intent("page_task", task, "chapter", name, word=word) if task else None


def _name_in(text: str) -> str:
    numbered = NUMBERED.search(text)
    if numbered:
        return numbered["number"] or numbered["ordinal"] or ""
    named = NAMED.search(text)
    name = (named["name"] or named["name2"] or "").strip() if named else ""
    return name if [word for word in plain_words(name) if word not in BESIDE_TASKS] else ""


def _book_task(text: str) -> Intent | None:
    if START.search(text) and (THIS_BOOK.search(text) or READING.search(text) or not _foreign_words(text)):
        return Intent("book_task", "start", "book")
    which = WHICH_CHAPTER.search(text)
    if which:
        found = [which[name] for name in ("rest", "rest2", "rest3", "rest4", "thing") if which[name]]
        subject = TRAILING.sub("", ABOUT.sub("", " ".join(found)).strip(" ?!.؟,"))
        if subject and not _foreign_words(subject):
            return Intent("book_task", "contents", "book")
        if subject:
            return Intent("book_task", "which_chapter", "book", subject=subject)
    names_book = THIS_BOOK.search(text) or MY_PLACE.search(text)
    quiz = PAGE_TASKS["quiz"]
    if names_book and quiz.search(text) and not _foreign_words(quiz.sub(" ", text)):
        return Intent("book_task", "quiz", "book")
    if CONTENTS.search(text) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    summary = PAGE_TASKS["summary"].search(text) or PAGE_TASKS["key_points"].search(text)
    if (names_book or HERE.search(text)) and (ABOUT_BOOK.search(text) or summary) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    sentences = _SENTENCE.split(text)
    if any(META.search(part) and (THIS_BOOK.search(part) or MY_PLACE.search(part)) for part in sentences):
        return Intent("book_task", "about", "book")
    return None


def _foreign_words(text: str) -> list[str]:
    """The words that name a subject other than the book itself."""
    without = text
    for pattern in (CONTENTS, START, THIS_BOOK, HERE, PAGE_TASKS["summary"], PAGE_TASKS["key_points"], META_VERBS):
        without = pattern.sub(" ", without)
    return [word for word in plain_words(without) if word not in BESIDE_TASKS]


_CHAT = {"u": "you", "r": "are", "ur": "your"}  # as they are typed in chats
_MOST_WORDS = 30

_INTRODUCTION = re.compile(
    r"\b(?:my name is|my names|call me|mera naam|mera nam|ich heiße|ich heisse|mein name ist|je m['’]?appelle|me llamo|"
    r"mi nombre es|میرا نام)\s+[^\W\d_]+(?:\s+(?:hai|he|ہے))?",
    re.IGNORECASE,
)
_ASKED_OF_THE_TUTOR = re.compile(
    r"^(?:and |so |but |hey |hi )*(?:(?:which|what)\b.{0,40}\bdo you (?:like|love|enjoy|hate)\b|"
    r"do you (?:like|love|enjoy|hate|have (?:a )?(?:favou?rite|hobb|famil|friend|feeling|girlfriend|boyfriend))|"
    r"(?:what|which|who)(?: is|['’]?s| are) your (?:own )?(?:favou?rite|hobb|age|birthday|job)|"
    r"are you (?:a |an )?(?:boy|girl|man|woman|male|female|happy|sad|tired|married|single|smarter)|"
    r"was (?:ist|sind) dein\w* liebling|magst du|quel(?:le)? est (?:ta|ton) \w+ préféré|aimes[- ]tu|"
    r"cu[aá]l es tu \w+ favorit|te gusta)",
    re.IGNORECASE,
)
_MOST_LETTERS_OF_CHAT = 70
_POEM = r"(?:poems?|songs?|rap|haikus?|limericks?|raps?|jokes?|riddles?|love letters?|lyrics|sonnets?|fairy ?tales?)"
_OF_A_WRITER = re.compile(  # asks for what no book of this kind holds; all of a message
    r"^(?:please |pls |can you |could you |would you |will you |now |hey |hi |,)*"
    r"(?:(?:(?:write|compose|sing|make up|invent|tell|recite)(?: me| us)?|(?:give|create|generate) (?:me|us))"
    r"(?: an?| some| another| one| two| three)?"
    rf"(?: (?!(?:the|this|that|of|about|from|in|how|which|what|who|why|if|whether)\b)[\w-]+){{0,2}} {_POEM}"
    r"(?: (?:about|on|for|of|in|that|to|please)\b.*)?|"
    r"(?:schreib\w*|dichte|sing\w*|erz[aä]hl\w*)(?: mir| uns)?(?: bitte)?(?: eine?n?)?(?: \w+)? "
    r"(?:gedicht|lied|witz|märchen|rätsel)(?: .*)?|"
    r"(?:[eé]cris|r[eé]cite|chante|raconte)(?:[- ]moi)?(?: une?)?(?: \w+)? "
    r"(?:po[eè]me|chanson|blague|devinette)(?: .*)?|"
    r"(?:escr[ií]be(?:me)?|canta(?:me)?|recita(?:me)?|cu[eé]nta(?:me)?)(?: una?)?(?: \w+)? "
    r"(?:poema|canci[oó]n|chiste|adivinanza)(?: .*)?)\W*$",
    re.IGNORECASE,
)
_INSTRUCTIONS = r"(?:instructions?|prompts?|rules|guidelines|programming|training)"
_OF_ITS_INSTRUCTIONS = re.compile(
    r"^\W*(?:please |pls |now |hey |hi |ok |so |and |,)*(?:"
    r"(?:ignore|forget|disregard|override|bypass) (?:(?:of|the|my|these|those) )*"
    r"(?:all|any|your|previous|prior|earlier)\b"
    rf"(?: (?:of|all|your|the|my|previous|prior|earlier|above|system))* {_INSTRUCTIONS}\b.*|"
    r"(?:(?:can|could|would|will) you )?(?:tell|show|give|reveal|print|repeat|output|display|share|list|write out)"
    rf"(?: me| us)?(?: all| out)?(?: of)? your (?:\w+ )?{_INSTRUCTIONS}|"
    rf"what(?: is|['’]?s| are|re) your (?:\w+ )?{_INSTRUCTIONS}|"
    r"(?:vergiss|ignorier\w*) (?:alle |deine |alle deine )?(?:bisherigen )?(?:anweisungen|regeln)\b.*|"
    r"(?:zeig|sag|nenn)\w* (?:mir )?deine (?:anweisungen|regeln|systemanweisung|systemprompt)|"
    r"(?:ignore|oublie) (?:toutes )?(?:tes|les) (?:instructions|r[eè]gles)\b.*|"
    r"(?:ignora|olvida) (?:todas )?(?:tus|las) (?:instrucciones|reglas)\b.*"
    r")\W*$",
    re.IGNORECASE | re.DOTALL,
)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def _table() -> dict[str, list[tuple[tuple[str, ...], SmallTalk]]]:
    """Phrases by their first word, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], SmallTalk]]] = {}
    for kind, phrases in SMALL_TALK.items():
        for phrase in phrases.split("|"):
            words = tuple(_CHAT.get(word, word) for word in plain_words(phrase))
            table.setdefault(words[0], []).append((words, kind))
    for found in table.values():
        found.sort(key=lambda item: -len(item[0]))
    return table


_BY_FIRST_WORD = _table()
_FILLER_WORDS = frozenset(plain_words(BESIDE_SMALL_TALK))
_ORDER = tuple(SMALL_TALK)
_SMALL_TALK_WORDS = (
    frozenset(word for found in _BY_FIRST_WORD.values() for words, _ in found for word in words) | _FILLER_WORDS
)


def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that a message is, None for one that asks something of the book."""
    words = plain_words(_INTRODUCTION.sub(" hello ", text[:400]))
    if len(text) > 400 or len(words) > _MOST_WORDS:
        return None
    if not words:
        return "agreement" if _EMOJI.search(text) else None
    if len(text) <= _MOST_LETTERS_OF_CHAT and _ASKED_OF_THE_TUTOR.search(text.strip()):
        return "chat"
    if _OF_A_WRITER.match(text.strip()) or _OF_ITS_INSTRUCTIONS.match(text.strip()):
        return "chat"
    found = _kinds(_known(words))
    return min(found, key=_ORDER.index) if found else None


def _known(words: list[str]) -> list[str]:
    """The words as the lists spell them; none at all where one is in no list."""
    known: list[str] = []
    for word in words:
        known.append(corrected(_CHAT.get(word, word), _SMALL_TALK_WORDS))
        if known[-1] not in _SMALL_TALK_WORDS:
            return []
    return known


def _kinds(words: list[str]) -> set[SmallTalk]:
    """The kinds of the phrases that cover all words; none where a word is left over."""
    found: set[SmallTalk] = set()
    asks_for_help = False  # "thanks for your help" does not
    at = 0
    while at < len(words):
        for phrase, kind in _BY_FIRST_WORD.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                if kind == "ability" and len(phrase) == 1:
                    asks_for_help = True
                else:
                    found.add(kind)
                at += len(phrase)
                break
        else:
            if words[at] not in _FILLER_WORDS:
                return set()
            at += 1
    return found or ({"ability"} if asks_for_help else set())
