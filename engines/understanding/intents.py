"""What a message wants: an answer from the book, a task on a page or on the book, or nothing but small talk.

Pure functions without I/O, called by the chat before anything is searched. A task is recognised by its verb or noun
("summarize", "key points") together with what it is about: the page that the reader has open ("this page", "here", or
nothing else), a chapter by number or name, or the book. A task with a subject of its own ("summarize inverse
kinematics") is a question. The phrases are those of the interface's languages (English, Urdu, German, French, Spanish),
Roman Urdu among them.
"""

import re
from functools import lru_cache

from engines.understanding.form_words import follow_up, is_wish, without_lead, without_wishes
from engines.understanding.intent import QUESTION, Intent, Kind, Part
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
    FIRST,
    FOLLOWING,
    HERE,
    HOW_MANY,
    LANGUAGES,
    LAST,
    LEARNT,
    LENGTH,
    LICENCE,
    META,
    META_VERBS,
    MY_PLACE,
    NUMBERED,
    ON_THE_PAGE,
    PAGE_TASKS,
    PARTS_OF_A_CHAPTER,
    PERIODS,
    PIECE_OF_A_PAGE,
    PIECES,
    PLACE_WORD,
    PLAN,
    PREVIOUS,
    READING,
    READY,
    SEVERAL_CHAPTERS,
    START,
    TABLE_OF_CONTENTS,
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
from engines.understanding.places import (
    ABLE,
    NEEDS,
    PARTS,
    QUOTED,
    SECOND_QUESTION,
    Place,
    fills,
    naming_the_page,
    neighbour_in,
    place_in,
    points_at_the_page,
)
from engines.understanding.small_talk import SmallTalk, small_talk
from engines.understanding.task_parts import PLACES_OR_COUNTS, SAYS, task_of_parts, task_on_a_title
from engines.understanding.task_words import in_figures, in_latin_letters
from engines.understanding.words import EUROPEAN, corrected, plain_words, readable, zipf

_MOST_CHARACTERS = 300  # of a task; longer messages are questions


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
# Every task matches one of these. Three questions of four do not, and are told so before a message is read in detail.
_OF_A_TASK = (
    *PLACES_OR_COUNTS,
    *PAGE_TASKS.values(),
    *PIECES.values(),
    THIS_BOOK,
    THIS_PAGE,
    THIS_CHAPTER,
    SEVERAL_CHAPTERS,
    FOLLOWING,
    PREVIOUS,
    LAST,
    AFTER,
    BEFORE,
    HERE,
    MY_PLACE,
    WHICH_CHAPTER,
    CONTENTS,
    START,
    PLAN,
    ADVICE,
    READY,
    LENGTH,
    AUTHOR,
    LICENCE,
    TRANSLATE,
    ANSWERS,
    ASKED_BEFORE,
    QUOTED,
    SAYS,
)
_OF_A_QUESTION = frozenset({"is", "isnt", "was", "wasnt", "are", "ist", "est", "es", "kya", "کیا"})

_BEGINNING = re.compile(
    r"\b(?:start\w*|begin\w*|beginne\w*|anfang\w*|lesens|commenc\w+|follow\w*|d[eé]but\w+|empez\w+|empiez\w+|comenz\w+|shuru|course|background|vorkenntnisse|"
    r"connaissances|conocimientos)\b|شروع",
    re.IGNORECASE,
)
_LENGTH_FIRST = re.compile(rf"\W*(?:{LENGTH.pattern})", re.IGNORECASE)
_MADE_OF_IT = re.compile(  # "make slides out of this page"
    rf"^\W*(?:(?:please|pls|can you|could you|i (?:need|want)|bitte|kannst du|tu peux|puedes)\W+)*(?:make|turn|convert|create|write|build|prepare|draft|put|"
    rf"mach\w*|erstell\w*|schreib\w*|fais|crée|écris|transforme|haz\w*|crea|escribe|convierte)\b.*?"
    rf"(?:\b(?:out of|from|based on|turn|convert|put|transforme|convierte|aus|à partir de|a partir de|de)\s+(?:{THIS_PAGE.pattern}|{THIS_CHAPTER.pattern}))",
    re.IGNORECASE,
)
_IN_IT = re.compile(  # all of a message, around the name of a place
    r"^\W*(?:(?:what|which (?:pages|sections|topics|lessons)|was|welche (?:seiten|themen))(?:['’]?s| is| are| do i find| steht| ist| sind)?"
    r"(?: there)?|qu['’]y a[- ]t[- ]il|qu['’]est[- ]ce qu['’]il y a|qu[eé] hay)\s+(?:in|inside|dans|en)\s*(?:the|le|el|das|dem|la)?\W*$|"
    r"^\W*(?:mein|main|me|میں)\s+(?:(?:kya|کیا)\W*)+(?:hai|ہے)?\W*$",
    re.IGNORECASE,
)
_WITH_LINKS = re.compile(r"\b(?:with (?:the |their )?links?|every|each|complete)\b", re.IGNORECASE)
_WITHIN_ONE = re.compile(
    rf"(?:{PLACE_WORD})\s+(?:mein|main|me|میں)(?!\w)", re.IGNORECASE
)  # "chapter 2 mein kaun se page"
_IS_BESIDE = re.compile(
    rf"^(?:right |directly |just |gleich |direkt )?(?:{AFTER.pattern}|{BEFORE.pattern})|(?:{AFTER.pattern}|{BEFORE.pattern})$",
    re.IGNORECASE,
)


def intent_of(text: str, *, has_page: bool = False, has_history: bool = False) -> Intent:
    """What a message wants; `has_page` says that the reader's page is known, `has_history` that something was said."""
    text = readable(text)
    wanted = follow_up(text) if has_history else None
    if wanted is not None:
        return Intent("conversation_task", wanted)
    talk = _small_talk(text)
    goes_on = has_history and talk is not None and _goes_on(text, talk)
    if talk is not None and not goes_on:
        return _of_talk(talk)
    if len(text) > _MOST_CHARACTERS or "\n\n" in text.strip():
        return QUESTION
    if not has_history and text.isascii() and not _may_be_a_task(text, has_page=has_page):
        return QUESTION
    text = in_figures(text)
    in_latin = in_latin_letters(text)
    for written in dict.fromkeys((text, in_latin)):
        told = _conversation_task(written, has_page=has_page, has_history=has_history)
        if told is not None:
            return told
    text = in_latin
    if has_page and not has_history:
        text = naming_the_page(text)
    spelt = _spelt_as_tasks(text)
    return (
        _contents_of_this_chapter(spelt)
        or _advice(text)
        or _several_chapters(spelt)
        or _task_beside_the_page(spelt, has_page=has_page)
        or _beside_the_open_page(text, has_page=has_page)
        or task_of_parts(text)
        or _before_the_book(text)
        or _which_chapter(text)
        or _beside_a_named_place(text)
        or _task_on_a_place(text)
        or _page_task(spelt, has_page=has_page, has_history=has_history)
        or task_on_a_title(text)
        or _book_task(spelt)
        or QUESTION
    )


def _may_be_a_task(text: str, *, has_page: bool) -> bool:
    """Whether a first message has any word of a task, or points at the open page."""
    spellings = {text, _spelt_as_tasks(text)}
    has_word = any(each.search(spelling) for each in _OF_A_TASK for spelling in spellings)
    return has_word or (has_page and points_at_the_page(text))


def small_talk_of(text: str) -> Intent:
    """What a message beside a selected text wants: its tasks are questions about the selection."""
    talk = _small_talk(readable(text))
    return QUESTION if talk is None else _of_talk(talk)


def _small_talk(text: str) -> SmallTalk | None:
    talk = small_talk(text)
    of_the_book = talk == "identity" and META.search(text) and THIS_BOOK.search(text)  # "who is this book for?"
    return None if of_the_book else talk


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


def _spelt_as_tasks(text: str) -> str:
    return _WORD.sub(lambda match: _spelt(match[0]), text)


@lru_cache(maxsize=20_000)
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
        if not ANSWERS.search(text) or _part_named(text) or _beside_answers(text):
            return None
        of_a_quiz = Intent("page_task", "quiz") if PAGE_TASKS["quiz"].search(text) else None
        return Intent("conversation_task", "answers") if has_history else of_a_quiz
    part = _part_named(text)
    if _beside_translate(THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))):
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


def _beside_translate(text: str) -> list[str]:
    """The words of a message that name a subject beside what is to be translated, and into what."""
    words = plain_words(TRANSLATE.sub(" ", text))
    return [word for word in words if word not in BESIDE_TASKS | BESIDE_TRANSLATE | LANGUAGES]


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


def _beside_a_named_place(text: str) -> Intent | None:
    """What comes before or after a page or a chapter that is named without a word for it."""
    name, step = neighbour_in(text) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else ("", 0)
    return Intent("book_task", "next_chapter" if step > 0 else "previous_chapter", "chapter", name) if name else None


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
    if task is None and named and _MADE_OF_IT.search(text):
        task = "summary"
    if task is None:
        asks = _asks_for_a_piece(text, piece, named.start() if named else None, has_history=has_history)
        return Intent("page_task", "ask", part, word=word, piece=piece) if (has_page or named) and asks else None
    rest = min(
        (_rest(part, task) for part in _SENTENCE.split(text) if PAGE_TASKS[task].search(part)), key=len, default=[]
    )
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
    text = TABLE_OF_CONTENTS.sub(" ", text)
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


def _several_chapters(text: str) -> Intent | None:
    """A task on several chapters that are named by their numbers: "compare chapter 2 and 5"."""
    several = SEVERAL_CHAPTERS.search(text)
    if not several:
        return None
    task = (
        "compare"
        if COMPARE.search(text) or CONNECT.search(text)
        else _task_in(text) or (None if _beside_chapters(text) else "summary")
    )
    first, *others = _numbers_in(several["numbers"], compares=task == "compare")
    return Intent("page_task", task, "chapter", first, others=tuple(others), word=several["word"]) if task else None


def _task_on_a_place(text: str) -> Intent | None:
    """A task on a chapter or a page that is named by its number, its title or its subject."""
    place = place_in(text) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else None
    if place is None:
        return None
    around = without_wishes(place.around)
    task, piece = _asked_of_a_place(around, place)
    if task is None:
        return None
    kind: Kind = "book_task" if task in ("next_chapter", "previous_chapter", "chapter_contents") else "page_task"
    return Intent(kind, task, "chapter", place.name, word=place.word, piece=piece, titled=place.titled)


def _asked_of_a_place(around: str, place: Place) -> tuple[str | None, str]:
    """The task, and the piece of the place, that the words around its name ask for."""
    task, piece = _task_in(place.around) or _task_in(around), _piece_in(around)
    if place.titled and (task is None or _rest(around, task)):
        return None, ""
    if TRANSLATE.search(around) and not _beside_translate(around):
        return "translation", ""
    if LENGTH.search(around) and (_LENGTH_FIRST.match(around) if place.word else not _beside_length(around)):
        return "length", ""
    if ABLE.search(around) and task != "quiz" and not BEFORE.search(around):
        return "ask", "objectives"
    if BEFORE.search(around) and (NEEDS.search(around) or ABLE.search(around)):
        return "before", ""
    if COMES.search(around) and (AFTER.search(around) or BEFORE.search(around)):
        rest = THIS_BOOK.sub(" ", COMES.sub(" ", AFTER.sub(" ", BEFORE.sub(" ", around))))
        if not fills(rest):
            return None, ""  # "what is on the board after the second section of the bus?"
        return "next_chapter" if AFTER.search(around) else "previous_chapter", ""
    listed = PARTS.search(around) and fills(HOW_MANY.sub(" ", around))
    lists = listed or (TABLE_OF_CONTENTS.search(around) and task not in ("key_points", "quiz"))
    is_named = task is None and CALLED.search(around) and not _beside_chapters(CALLED.sub(" ", around))
    if lists or is_named or _IN_IT.search(around):
        return "chapter_contents", ""
    if task is None and piece and not _beside_a_piece(_CHAPTER.sub(" ", around), piece):
        return "ask", piece
    if task is None and (CONTENTS.search(f"{around} chapter") or (place.word and not _beside_chapters(around))):
        return "summary", piece
    return task, piece


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


def _which_chapter(text: str) -> Intent | None:
    """Where the book treats a subject: "which pages are about mocking?"; with what comes beside it, where that is asked too."""
    asked = without_wishes(SECOND_QUESTION.sub("", text))
    which = None if NUMBERED.search(asked) else WHICH_CHAPTER.search(asked)
    if not which:
        return None
    found = [part for name, part in which.groupdict().items() if part and name.startswith(("rest", "thing"))]
    subject = TRAILING.sub("", ABOUT.sub("", " ".join(found)).strip(" ?!.؟,"))
    if (
        not subject or fills(subject) or _IS_BESIDE.search(subject) or _WITHIN_ONE.search(subject)
    ):  # "which page should I read next?"
        return None
    if not _foreign_words(subject):
        return Intent("book_task", "contents", "book")
    then = text[len(SECOND_QUESTION.sub("", text)) :]
    step = 0 if not COMES.search(then) else 1 if PAGE_TASKS["next"].search(then) else -1 if BEFORE.search(then) else 0
    return Intent("book_task", "which_chapter", "book", subject=subject, step=step)


def _before_the_book(text: str) -> Intent | None:
    """What a reader should know before the book: "what are the prerequisites for this book?"."""
    before = PAGE_TASKS["before"]
    if not THIS_BOOK.search(text) or not NEEDS.search(text):
        return None
    if not (before.search(text) or BEFORE.search(text) or _BEGINNING.search(text)):
        return None
    rest = text
    for pattern in (NEEDS, before, BEFORE, READING, _BEGINNING):
        rest = pattern.sub(" ", rest)
    return None if _foreign_words(rest) else Intent("book_task", "before", "book")


def _book_task(text: str) -> Intent | None:
    if PLAN.search(text) and (THIS_BOOK.search(text) or not _foreign_words(PERIODS.sub(" ", text))):
        periods = PERIODS.search(text)
        return Intent("book_task", "plan", "book", subject=periods["count"] if periods else "")
    if _asks_for_the_start(text):
        return Intent("book_task", "start", "book")
    names_book = THIS_BOOK.search(text) or MY_PLACE.search(text)
    quiz = PAGE_TASKS["quiz"]
    if names_book and quiz.search(text) and not _foreign_words(quiz.sub(" ", text)):
        return Intent("book_task", "quiz", "book")
    if names_book and LENGTH.search(text) and not _beside_length(text):
        return Intent("book_task", "contents", "book")
    if CONTENTS.search(text) and not _foreign_words(text):
        return Intent("book_task", "contents", "book")
    summary = PAGE_TASKS["summary"].search(text) or PAGE_TASKS["key_points"].search(text)
    asks = ABOUT_BOOK.search(text) or summary or PARTS.search(text)
    if (names_book or HERE.search(text)) and asks and not _foreign_words(text):
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


def _asks_for_the_start(text: str) -> bool:
    """Whether a message asks where to begin with the book, and not how something starts: "how many workers does it start?"."""
    start = START.search(text)
    if not start or not (THIS_BOOK.search(text) or READING.search(text) or not _foreign_words(text)):
        return False
    within = plain_words(READING.sub(" ", _BEGINNING.sub(" ", start[0])))[1:]
    return all(word in BESIDE_TASKS for word in within)


def _foreign_words(text: str) -> list[str]:
    """The words that name a subject other than the book itself."""
    without = _WITH_LINKS.sub(" ", text)
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
