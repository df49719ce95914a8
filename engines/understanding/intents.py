"""What a message wants: an answer from the book, a task on a page or on the book, or nothing but small talk.

Pure functions without I/O, called by the chat before anything is searched. A task is recognised by its verb or noun
("summarize", "key points") together with what it is about: the page that the reader has open ("this page", "here", or
nothing else), a chapter by number or name, or the book. A task with a subject of its own ("summarize inverse
kinematics") is a question. The phrases are those of the interface's languages (English, Urdu, German, French, Spanish),
Roman Urdu among them.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from engines.understanding.form_words import follow_up, is_wish, without_lead
from engines.understanding.numbers import in_figures
from engines.understanding.phrases import (
    ABOUT,
    ABOUT_BOOK,
    ADVICE,
    AFTER,
    ALL_OF_THEM,
    ANSWERS,
    ASKED_BEFORE,
    ASKS_SOMETHING,
    AUDIENCE,
    AUTHOR,
    BEFORE,
    BESIDE_ANSWERS,
    BESIDE_LANGUAGES,
    BESIDE_LENGTH,
    BESIDE_PIECES,
    BESIDE_TASKS,
    BESIDE_TRANSLATE,
    CALLED,
    CHAPTER_WORD,
    COMES,
    COMPARE,
    CONNECT,
    CONTENTS,
    COUNTED_WORD,
    FIRST,
    FOLLOWING,
    HERE,
    HOW_MANY,
    IN_CHAPTER,
    LANGUAGES,
    LAST,
    LEARNT,
    LENGTH,
    LICENCE,
    META,
    META_VERBS,
    MY_PLACE,
    NAMED,
    NUMBERED,
    ON_THE_PAGE,
    PAGE_TASKS,
    PAGE_WORD,
    PARTS_OF_A_CHAPTER,
    PERIODS,
    PIECE_OF_A_PAGE,
    PIECES,
    PLAN,
    PREVIOUS,
    READING,
    READY,
    SEVERAL_CHAPTERS,
    START,
    THE_ANSWER,
    THE_CHAPTER,
    THE_OTHER,
    THE_PAGE,
    THE_SUBJECT,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
    THROUGH,
    TRAILING,
    TRANSLATE,
    VOCABULARY,
    WHICH_CHAPTER,
)
from engines.understanding.small_talk import SmallTalk, small_talk
from engines.understanding.words import EUROPEAN, corrected, plain_words, readable, zipf

Kind = Literal["question", "small_talk", "page_task", "book_task", "conversation_task"]
Part = Literal["page", "chapter", "book"]

_MOST_CHARACTERS = 300  # of a task; longer messages are questions


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message wants.

    `task` is the kind of small talk; of a page: "summary", "simpler", "key_points", "quiz", "example", "before",
    "next", "length", "compare", "translation" or "ask"; of the book: "contents", "chapter_contents", "which_chapter",
    "next_chapter", "previous_chapter", "start", "plan", "advice", "count", "author", "licence", "quiz" or "about"; of the
    conversation: "translation", "rewording", "sources", "more", "example", "code", "answers" (to a quiz),
    "asked_first", "asked_last" or "asked_all".
    """

    kind: Kind = "question"
    task: str | None = None
    part: Part = "page"  # what a page task is about: the page, its chapter, or all of the book
    name: str = ""  # of the chapter or the page that is meant, its number or its title as the reader wrote it
    subject: str = ""  # of "which_chapter" and "advice": what is looked for; of "plan": into how many parts
    others: tuple[str, ...] = ()  # of a task on several chapters: those after the first one, or after the open one
    step: int = 0  # of a page task: -1 the page or chapter before the open one, 1 the one after it
    word: str = field(default="", compare=False)  # what the reader calls a chapter: "chapter", "module"
    piece: str = field(default="", compare=False)  # of a page task: what of the page is meant, of `PIECES`


QUESTION = Intent()
_IT = frozenset({"this", "that", "it", "whats", "sirve", "sert", "esto", "eso", "das", "ca", "cela", "yeh", "ye"})
_THE_TUTOR = frozenset(
    {"you", "u", "your", "help", "ask", "sirves", "du", "sie", "tu", "vous", "kannst", "puedes", "here"}
)
_STEMS = tuple(VOCABULARY)
_SHORTEST_MISSPELT = 3  # letters; shorter words are taken as they are
_OF_A_LANGUAGE = 3.0  # of Zipf's scale
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?؟۔])\s+|\n+")
_MOST_CHAPTERS = 40  # of one task
_MOST_CHARACTERS_OF_A_NAME = 160  # of a message that names a chapter
_CHAPTER = re.compile(rf"(?<!\w)(?:{CHAPTER_WORD})(?!\w)", re.IGNORECASE)
_OF_A_QUESTION = frozenset({"is", "isnt", "was", "wasnt", "are", "ist", "est", "es", "kya", "کیا"})

# A chapter or a page that a message names by its title. Whether the book has it is seen by who plans the answer.
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


def intent_of(text: str, *, has_page: bool = False, has_history: bool = False) -> Intent:
    """What a message wants; `has_page` says that the reader's page is known, `has_history` that something was said."""
    text = readable(text)
    wanted = follow_up(text) if has_history else None
    if wanted is not None:
        return Intent("conversation_task", wanted)
    talk = small_talk(text)
    if talk == "identity" and META.search(text) and THIS_BOOK.search(text):
        talk = None  # "who is this book for?"
    goes_on = has_history and talk is not None and _goes_on(text, talk)
    if talk is not None and not goes_on:
        return _of_talk(talk)
    if len(text) > _MOST_CHARACTERS or "\n\n" in text.strip():
        return QUESTION
    text = in_figures(text)
    spelt = _WORD.sub(lambda match: _spelt(match[0]), text)
    return (
        _conversation_task(text, has_page=has_page, has_history=has_history)
        or _contents_of_this_chapter(spelt)
        or _advice(text)
        or _beside_the_open_page(text, has_page=has_page)
        or _of_a_named_place(text)
        or _task_beside_the_page(spelt, has_page=has_page)
        or _page_task(spelt, has_page=has_page, has_history=has_history)
        or _chapter_task(spelt)
        or _book_task(spelt)
        or QUESTION
    )


def _of_talk(talk: SmallTalk) -> Intent:
    return Intent("small_talk", talk)


def _goes_on(text: str, talk: SmallTalk) -> bool:
    """Whether what would be small talk at the beginning may go on from what was said before."""
    match talk:
        case "agreement":
            return _is_yes(text)
        case "ability":
            return _is_about_it(text)
        case "complaint":  # "is that wrong?"
            return plain_words(text)[0] in _OF_A_QUESTION
        case _:
            return False


def _is_yes(text: str) -> bool:
    return plain_words(text)[:1] in (["sure"], ["ok"], ["okay"]) and len(plain_words(text)) > 1


def _is_about_it(text: str) -> bool:
    """Whether "what is this for?" may ask about what was said, and not about the tutor."""
    words = set(plain_words(text))
    return bool(words & _IT) and not words & _THE_TUTOR


def _spelt(word: str) -> str:
    """A word that is nearly one of the tasks' own, as those have it; other words and their endings stay."""
    plain = word.casefold()
    if len(plain) <= _SHORTEST_MISSPELT or not plain.isascii() or plain.startswith(_STEMS) or _is_european(plain):
        return word
    known = corrected(plain, VOCABULARY)
    return known if known != plain else word


def _is_european(word: str) -> bool:
    """Whether a word is rather one of another language than a misspelt English one: Spanish "explican"."""
    elsewhere = max(zipf(word, language) for language in EUROPEAN)
    return elsewhere >= _OF_A_LANGUAGE and elsewhere > zipf(word, "en")


def _conversation_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """To translate the answer before or the open page, or to say what the reader has asked."""
    asked = ASKED_BEFORE.search(text)
    around = ALL_OF_THEM.sub(" ", FIRST.sub(" ", f"{text[: asked.start()]} {text[asked.end() :]}")) if asked else ""
    if asked and all(word in BESIDE_TASKS for word in plain_words(around)):
        task = "asked_all" if ALL_OF_THEM.search(text) else "asked_first" if FIRST.search(text) else "asked_last"
        return Intent("conversation_task", task)
    if has_history and _names_only_a_language(text):
        return Intent("conversation_task", "translation")
    if has_history and (is_wish(text) or is_wish(without_lead(text))):
        return Intent("conversation_task", "rewording")
    if not TRANSLATE.search(text):
        asks = has_history and ANSWERS.search(text) and not _part_named(text)
        return Intent("conversation_task", "answers") if asks and not _beside_answers(text) else None
    part = _part_named(text)
    rest = TRANSLATE.sub(" ", THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text)))
    if [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_TRANSLATE | LANGUAGES]:
        return None
    if part is not None:
        return Intent("page_task", "translation", part, word=_word_for_chapter(text))
    if not THE_ANSWER.search(TRANSLATE.sub(" ", text)) or not (has_history or has_page):
        return None
    return Intent("conversation_task", "translation") if has_history else Intent("page_task", "translation")


def _names_only_a_language(text: str) -> bool:
    """ "In Urdu please": the answer before is wanted in that language."""
    words = plain_words(text)
    return any(word in LANGUAGES for word in words) and all(word in LANGUAGES | BESIDE_LANGUAGES for word in words)


def _beside_answers(text: str) -> list[str]:
    """The words of a message that name a subject beside the answers to a quiz."""
    rest = ANSWERS.sub(" ", PAGE_TASKS["quiz"].sub(" ", text))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_ANSWERS and not word.isdigit()]


def _part_named(text: str) -> Part | None:
    """The page or the chapter that a message points at."""
    if THIS_CHAPTER.search(text) or THE_CHAPTER.search(text):
        return "chapter"
    return "page" if THIS_PAGE.search(text) or THE_PAGE.search(text) else None


def _word_for_chapter(text: str) -> str:
    """What the reader calls the open chapter: "chapter", "module"; "" where they name none."""
    found = THIS_CHAPTER.search(text) or THE_CHAPTER.search(text)
    return plain_words(found[0])[-1] if found and _CHAPTER.search(found[0]) else ""


def _contents_of_this_chapter(text: str) -> Intent | None:
    """ "What topics does this chapter cover?": the pages of the open chapter, and nothing else is asked."""
    chapter = THIS_CHAPTER.search(text)
    if not chapter:
        return None
    around = f"{text[: chapter.start()]} {text[chapter.end() :]}"
    if not PARTS_OF_A_CHAPTER.search(around) or _foreign_words(PARTS_OF_A_CHAPTER.sub(" ", around)):
        return None
    return Intent("book_task", "chapter_contents", "chapter", word=_word_for_chapter(text))


def _advice(text: str) -> Intent | None:
    """Advice on what to read: "which chapters can I skip?", "am I ready for Isaac?"; its subject is in other words."""
    if not ADVICE.search(text) and not READY.search(text):
        return None
    place = NUMBERED.search(text)
    number, word = (place["number"] or "", place["word"] or "") if place else ("", "")
    words = [each for each in plain_words(text) if each not in BESIDE_TASKS and not each.isdigit()]
    return Intent("book_task", "advice", "book", number, subject=" ".join(words), word=word)


def _beside_the_open_page(text: str, *, has_page: bool) -> Intent | None:
    """How the open page or chapter has to do with another one: "how does this chapter relate to the one on gait?"."""
    here = THIS_CHAPTER.search(text) or THIS_PAGE.search(text)
    if not has_page or not here or not (COMPARE.search(text) or CONNECT.search(text)):
        return None
    rest = f"{text[: here.start()]} {text[here.end() :]}"
    numbered, named = NUMBERED.search(rest), THE_OTHER.search(rest)
    part: Part = "chapter" if THIS_CHAPTER.search(text) else "page"
    if numbered:
        other, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        return Intent("page_task", "compare", part, others=(other,), word=word)
    name = (named["name"] or named["name2"] or "").strip() if named else ""
    return Intent("page_task", "compare", part, others=(name,), word=_word_for_chapter(text)) if name else None


def _of_a_named_place(text: str) -> Intent | None:
    """The pages of a chapter that is named, or what comes before or after a page that is."""
    if len(text) > _MOST_CHARACTERS_OF_A_NAME:
        return None
    name, word = _chapter_listed(text)
    if name:
        return Intent("book_task", "chapter_contents", "chapter", name, word=word)
    name, step = _named_neighbour(text)
    return Intent("book_task", "next_chapter" if step > 0 else "previous_chapter", "chapter", name) if name else None


def _chapter_listed(text: str) -> tuple[str, str]:
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


def _named_neighbour(text: str) -> tuple[str, int]:
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


def _task_beside_the_page(text: str, *, has_page: bool) -> Intent | None:
    """A task on the page or the chapter before the open one, or after it: "what did we learn in the last chapter?"."""
    step = 1 if FOLLOWING.search(text) else -1 if PREVIOUS.search(text) else 0
    learnt = LEARNT.search(text)
    if LAST.search(text) and learnt:  # else it is the last one of the book
        step = -1
    if not step or not has_page:
        return None
    task = _task_in(text, but=("before", "next")) or ("summary" if learnt else None)
    place = FOLLOWING.search(text) or PREVIOUS.search(text) or LAST.search(text)
    part: Part = "chapter" if place and _CHAPTER.search(place[0]) else "page"
    word = next((word for word in plain_words(place[0]) if _CHAPTER.fullmatch(word)), "") if place else ""
    return Intent("page_task", task, part, word=word, step=step) if task else None


def _task_in(text: str, but: tuple[str, ...] = ()) -> str | None:
    """The task that a message names; what is to be known before is no key point."""
    found = [name for name, pattern in PAGE_TASKS.items() if name not in but and pattern.search(text)]
    if found[:1] == ["key_points"] and "before" in found:
        return "before"
    return found[0] if found else None


def _page_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    task, piece = _task_in(text), _piece_in(text)
    chapter, page = THIS_CHAPTER.search(text), THIS_PAGE.search(text)
    named = chapter or page
    numbered = NUMBERED.search(text)
    if numbered and (not named or named.start() <= numbered.start() < named.end()):
        return None  # "what is chapter 3 about?": "is" means "this" in Roman Urdu alone
    part: Part = "chapter" if chapter else "page"
    word = _word_for_chapter(text)
    if named and LENGTH.search(text) and not _beside_length(text):
        return Intent("page_task", "length", part, word=word)
    if task is None:
        asks = _asks_for_a_piece(text, piece, named.start() if named else None, has_history=has_history)
        return Intent("page_task", "ask", part, word=word, piece=piece) if has_page and asks else None
    rest = _rest(text, task)
    if named:
        return Intent("page_task", task, part, word=word, piece=piece)
    if rest:
        return None
    if THE_CHAPTER.search(text) and not THIS_BOOK.search(text):
        return Intent("page_task", task, "chapter", word=word)
    if THIS_BOOK.search(text):
        return None
    if not has_page and not THE_PAGE.search(text):
        of_the_answer = has_history and task == "summary" and not ASKS_SOMETHING.search(text)
        return Intent("conversation_task", "rewording") if of_the_answer else None
    leans_on_what_was_said = has_history and task in ("simpler", "example", "next", "before") and not HERE.search(text)
    return None if leans_on_what_was_said else Intent("page_task", task)


def _beside_length(text: str) -> list[str]:
    """The words of a message that name a subject beside how long a page, a chapter or the book is."""
    rest = LENGTH.sub(" ", THIS_BOOK.sub(" ", THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_LENGTH]


def _piece_in(text: str) -> str:
    return next((name for name, pattern in PIECES.items() if pattern.search(text)), "")


def _asks_for_a_piece(text: str, piece: str, named_at: int | None, *, has_history: bool) -> bool:
    """Whether a message without a task asks for a piece of the open page: "the exercises of this chapter"."""
    if named_at is not None:
        before = text[:named_at]
        if piece and any(found.end() == len(before.rstrip()) for found in PIECES[piece].finditer(before)):
            return True  # "die Bilder dieser Seite"
        return bool(ON_THE_PAGE.search(before or " in ") and (piece or PIECE_OF_A_PAGE.search(text)))
    if not piece or has_history or THIS_BOOK.search(text):
        return False
    return not _beside_a_piece(text, piece)


def _beside_a_piece(text: str, piece: str) -> list[str]:
    """The words of a message that name a subject beside a piece of a page."""
    rest = HERE.sub(" ", PIECES[piece].sub(" ", text))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_PIECES and not word.isdigit()]


def _rest(text: str, task: str) -> list[str]:
    """The words of a message that are neither of its task nor fillers: a subject of its own."""
    without = PAGE_TASKS[task].sub(" ", text)
    for pattern in (HERE, *PAGE_TASKS.values()):
        without = pattern.sub(" ", without)
    return [word for word in plain_words(without) if word not in BESIDE_TASKS and not word.isdigit()]


def _chapter_task(text: str) -> Intent | None:
    """A task on a chapter or a page that is named by its number or its title."""
    several = SEVERAL_CHAPTERS.search(text)
    if several:
        task = "compare" if COMPARE.search(text) else _task_in(text) or (None if _beside_chapters(text) else "summary")
        first, *others = _numbers_in(several["numbers"], compares=task == "compare")
        return Intent("page_task", task, "chapter", first, others=tuple(others), word=several["word"]) if task else None
    name = _name_in(text) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else ""
    if not name:
        return None
    numbered = NUMBERED.search(text)
    word = (numbered["word"] or numbered["word2"]) if numbered else ""
    if AFTER.search(text) and COMES.search(text):
        return Intent("book_task", "next_chapter", "chapter", name, word=word)
    if BEFORE.search(text) and COMES.search(text):
        return Intent("book_task", "previous_chapter", "chapter", name, word=word)
    if IN_CHAPTER.search(text) or HOW_MANY.search(text):
        return Intent("book_task", "chapter_contents", "chapter", name, word=word)
    around = text.replace(name, " ")
    task, piece = _task_in(around), _piece_in(around)
    if task is None and piece and not _beside_a_piece(_CHAPTER.sub(" ", around), piece):
        task = "ask"
    if task is None and (CONTENTS.search(text) or (numbered and not _beside_chapters(text))):
        task = "summary"
    return Intent("page_task", task, "chapter", name, word=word, piece=piece) if task else None


def _numbers_in(text: str, *, compares: bool) -> list[str]:
    """The numbers of "2, 3 and 4" and of "2 to 5"; who compares one chapter "to" another means these two."""
    numbers = list(map(int, re.findall(r"\d+", text)))
    if THROUGH.search(text) and not compares and numbers[-2] < numbers[-1]:
        numbers[-1:] = range(numbers[-2] + 1, min(numbers[-1], numbers[-2] + _MOST_CHAPTERS) + 1)
    return list(dict.fromkeys(map(str, numbers)))


def _beside_chapters(text: str) -> list[str]:
    """The words of a message that name a subject beside chapters and their numbers."""
    rest = THE_SUBJECT.sub(" ", NUMBERED.sub(" ", SEVERAL_CHAPTERS.sub(" ", text)))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS]


def _name_in(text: str) -> str:
    numbered = NUMBERED.search(text)
    if numbered:
        return numbered["number"] or numbered["ordinal"] or ""
    named = NAMED.search(text)
    name = (named["name"] or named["name2"] or "").strip() if named else ""
    return name if [word for word in plain_words(name) if word not in BESIDE_TASKS] else ""


def _book_task(text: str) -> Intent | None:
    if PLAN.search(text) and (THIS_BOOK.search(text) or not _foreign_words(PERIODS.sub(" ", text))):
        periods = PERIODS.search(text)
        return Intent("book_task", "plan", "book", subject=periods["count"] if periods else "")
    if START.search(text) and (THIS_BOOK.search(text) or READING.search(text) or not _foreign_words(text)):
        return Intent("book_task", "start", "book")
    which = WHICH_CHAPTER.search(text)
    if which:
        found = [which[name] for name in ("rest", "rest2", "rest3", "rest4", "rest5", "rest6", "thing") if which[name]]
        subject = TRAILING.sub("", ABOUT.sub("", " ".join(found)).strip(" ?!.؟,"))
        if subject and not _foreign_words(subject):
            return Intent("book_task", "contents", "book")
        if subject:
            return Intent("book_task", "which_chapter", "book", subject=subject)
    names_book = THIS_BOOK.search(text) or MY_PLACE.search(text)
    quiz = PAGE_TASKS["quiz"]
    if names_book and quiz.search(text) and not _foreign_words(quiz.sub(" ", text)):
        return Intent("book_task", "quiz", "book")
    if names_book and LENGTH.search(text) and not _beside_length(text):
        return Intent("book_task", "contents", "book")
    counted = None if NUMBERED.search(text) else HOW_MANY.search(text)
    if counted and not _foreign_words(CALLED.sub(" ", HOW_MANY.sub(" ", text))):
        return Intent("book_task", "count", "book", word=counted["word"] or counted["word2"])
    if CONTENTS.search(text) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    summary = PAGE_TASKS["summary"].search(text) or PAGE_TASKS["key_points"].search(text)
    if (names_book or HERE.search(text)) and (ABOUT_BOOK.search(text) or summary) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    for task, pattern in (("author", AUTHOR), ("licence", LICENCE)):
        if pattern.search(text) and not _foreign_words(pattern.sub(" ", text)):
            return Intent("book_task", task, "book")
    sentences = _SENTENCE.split(text)
    if any(
        (META.search(part) or AUDIENCE.search(part)) and (THIS_BOOK.search(part) or MY_PLACE.search(part))
        for part in sentences
    ):
        return Intent("book_task", "about", "book")
    return None


def _foreign_words(text: str) -> list[str]:
    """The words that name a subject other than the book itself."""
    without = text
    for pattern in (
        CONTENTS,
        START,
        PLAN,
        THIS_BOOK,
        HERE,
        PAGE_TASKS["summary"],
        PAGE_TASKS["key_points"],
        META_VERBS,
    ):
        without = pattern.sub(" ", without)
    return [word for word in plain_words(without) if word not in BESIDE_TASKS and not word.isdigit()]
