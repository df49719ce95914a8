"""Tasks on a page or a chapter: the open one, one beside it, or one that a message names by number or by title.

Called by `engines.understanding.intent_recognition`; the tasks on the book and on the conversation share its parts. Pure functions.
"""

import re

from engines.understanding import lexicon
from engines.understanding.intent import THE_NEXT, THE_PREVIOUS, Intent, Kind, Part
from engines.understanding.later_turns import numbered_part
from engines.understanding.message_parts import without_wishes
from engines.understanding.places import (
    ABLE,
    NEEDS,
    PARTS,
    QUOTED,
    Place,
    bare_name,
    fills,
    neighbour_in,
    place_in,
    place_named,
)
from engines.understanding.task_patterns import (
    AFTER,
    ASKS_SOMETHING,
    BEFORE,
    BESIDE_LENGTH,
    BESIDE_PIECES,
    BESIDE_TASKS,
    BESIDE_TRANSLATE,
    CALLED,
    COMES,
    COMPARE,
    CONNECT,
    CONTENTS,
    FEW_CHAPTERS,
    FOLLOWING,
    FORM,
    HERE,
    HOW_MANY,
    LANGUAGES,
    LAST,
    LEARNT,
    LENGTH,
    NAMED_PIECE,
    NEXT_ONE,
    NUMBERED,
    OF_THE_LIST,
    ON_THE_PAGE,
    PAGE_TASKS,
    PIECE_OF_A_PAGE,
    PIECES,
    PREVIOUS,
    PREVIOUS_ONE,
    SEVERAL_CHAPTERS,
    TABLE_OF_CONTENTS,
    THE_CHAPTER,
    THE_OTHER,
    THE_PAGE,
    THE_SUBJECT,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
    THROUGH,
    TRANSLATE,
    TWO_ALONE,
)
from engines.understanding.task_words import number_in_words
from engines.understanding.words import plain_words

SENTENCE = re.compile(r"(?<=[.!?؟۔])\s+|\n+")
_MOST_CHAPTERS = 40  # of one task
_MOST_CHARACTERS_OF_A_NAME = 160  # of a message that names a chapter
_CHAPTER = lexicon.pattern("page", r"(?<!\w){chapter}s?(?!\w)")
_LENGTH_FIRST = re.compile(rf"\W*(?:{LENGTH.pattern})", re.IGNORECASE)
_MADE_OF_IT = lexicon.pattern(  # "make slides out of this page"
    "page",
    r"^\W*(?:{asks}\W+)*{make}\b.*?(?:\b{out_of}\s+(?:{this_page_or_chapter}))",
    this_page_or_chapter=f"{THIS_PAGE.pattern}|{THIS_CHAPTER.pattern}",
)
_A_TUTORIAL = lexicon.word_pattern("turns.a_tutorial")
NEXT_STEP = lexicon.pattern("turns", r"^\W*{next_step}\W*$")
_HOW_TO = lexicon.word_pattern("page.how_to")
_IS_THERE = lexicon.word_pattern("page.is_there")
_OF_SEVERAL = lexicon.words("beside_chapters")
_KINDS_OF_GROUPS = lexicon.words("kinds_of_groups")
_OF_A_GROUP = lexicon.pattern("page", r"^\W*{of_a_group}\s+(?P<name>\S.*?)\W*$")
_OWNS_A_PART = lexicon.pattern("page", r"^\W*(?P<name>\S.*?)\s*{owned_by}\s*$")
_BETWEEN_PLACES = lexicon.word_pattern("tasks.between_places")
# What stands before the first of two names, "compare the" of "compare the gait and grasping chapters".
_BEFORE_A_NAME = lexicon.pattern(
    "neighbours", rf"^.*(?:\b{{article}}\s|{COMPARE.pattern})", flags=re.IGNORECASE | re.DOTALL
)
_THIS_ONE = lexicon.word_pattern("turns.this_one")
_IN_IT = lexicon.pattern(  # all of a message, around the name of a place
    "page",
    r"^\W*(?:{what_is_in}{is_in}?(?: there)?|{what_there_is})\s+{in}\s*{article}?\W*$",
    r"^\W*{in_it}\s+(?:{what}\W*)+{is}?\W*$",
)

# Which page is open and where it stands: all of a message, beside words that name nothing.
WHERE_IT_STANDS = lexicon.word_pattern("page.where_it_stands")


def where_it_stands(text: str) -> Intent | None:
    """Which page or chapter is open, and where in the book: "what is this page called, and where does it stand?"."""
    rest, times = WHERE_IT_STANDS.subn(" ", text)
    return Intent("page_task", "place") if times and fills(THIS_BOOK.sub(" ", rest)) else None


def named_piece(text: str, *, has_history: bool) -> Intent | None:
    """A piece of the open page by what it has, "explain the nginx block", or what it lists: "which of these …?"."""
    if OF_THE_LIST.search(text):
        return None if has_history else Intent("page_task", "of_the_list")
    found = NAMED_PIECE.match(text)
    if not found:
        return None
    subject = next(filter(None, found.groupdict().values())).strip()
    of_code = "" if found["subject3"] else "code"
    return None if fills(subject) else Intent("page_task", "ask", subject=subject, piece=of_code)


def names_a_tutorial(text: str) -> bool:
    """Whether a message speaks of the tutorial as a whole, whose steps may be pages: "step 3 of the tutorial"."""
    return _A_TUTORIAL.search(text) is not None


def next_step(text: str) -> bool:
    """Whether a message asks for nothing but the step that comes next."""
    return NEXT_STEP.match(text) is not None


def part_of_the_page(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """A task on a section, a step or a point of the open page: "what does the second section say?", "step 3?".

    After an answer, a step or a point is one of that answer, unless the message names the page.
    """
    if has_page and not has_history and next_step(text):
        return Intent("page_task", "next")
    named = numbered_part(text) if has_page else None
    of_a_tutorial = named is not None and named.kind == "step" and names_a_tutorial(text)
    if named is None or (THIS_BOOK.search(text) and not of_a_tutorial):
        return None
    rest = " ".join(named.others)
    rest = _A_TUTORIAL.sub(" ", rest) if of_a_tutorial else rest
    of_the_answer = (
        not of_a_tutorial
        and has_history
        and named.kind != "section"
        and not (HERE.search(rest) or THIS_PAGE.search(rest))
    )
    if of_the_answer or NUMBERED.search(rest) or THIS_CHAPTER.search(rest) or THE_CHAPTER.search(rest):
        return None
    task, piece = _task_in(rest, but=("before", "next")), _piece_in(rest)
    for pattern in (THIS_PAGE, HERE, *PAGE_TASKS.values(), *([PIECES[piece]] if piece else [])):
        rest = pattern.sub(" ", rest)
    if any(word not in BESIDE_TASKS | BESIDE_PIECES and not word.isdigit() for word in plain_words(rest)):
        return None
    return Intent("page_task", task or "ask", piece=piece)


def page_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """A task on the open page or its chapter, or on a piece of it: "summarize this", "the code on this page"."""
    task, piece = _task_in(text), _piece_in(text)
    chapter, page = THIS_CHAPTER.search(text), THIS_PAGE.search(text)
    named = chapter or page
    numbered = NUMBERED.search(text)
    if numbered and (not named or named.start() <= numbered.start() < named.end()):
        return None  # "what is chapter 3 about?": "is" means "this" in Roman Urdu alone
    part: Part = "chapter" if chapter else "page"
    word = word_for_chapter(text)
    if named and LENGTH.search(text) and not beside_length(text):
        return Intent("page_task", "length", part, word=word)
    if task is None and named and _MADE_OF_IT.search(text):
        task = "summary"
    if task is None:
        asks = _asks_for_a_piece(text, piece, named.start() if named else None, has_history=has_history)
        known = has_page or named or HERE.search(text)
        return Intent("page_task", "ask", part, word=word, piece=piece) if known and asks else None
    rest = min(
        (_rest(part, task, piece) for part in SENTENCE.split(text) if PAGE_TASKS[task].search(part)),
        key=len,
        default=[],
    )
    if named:
        return Intent("page_task", task, part, word=word, piece=piece)
    if rest:
        return None
    if THE_CHAPTER.search(text) and not THIS_BOOK.search(text):
        return Intent("page_task", task, "chapter", word=word)
    if THIS_BOOK.search(text):
        return None
    if not has_page and not THE_PAGE.search(text) and not (piece and HERE.search(text)):
        if task not in ("summary", "quiz") or ASKS_SOMETHING.search(text):
            return None
        if task == "quiz":
            return Intent("page_task", task, part)  # the reader is asked of which page
        return Intent("conversation_task", "rewording") if has_history else None
    leans_on_what_was_said = has_history and task in ("simpler", "example", "next", "before") and not HERE.search(text)
    return None if leans_on_what_was_said else Intent("page_task", task, piece=piece)


def _task_in(text: str, but: tuple[str, ...] = ()) -> str | None:
    """The task that a message names; what is to be known before is no key point."""
    found = [name for name, pattern in PAGE_TASKS.items() if name not in but and pattern.search(text)]
    if found[:1] == ["key_points"] and "before" in found:
        return "before"
    return found[0] if found else None


def _rest(text: str, task: str, piece: str = "") -> list[str]:
    """The words of a message that are neither of its task, nor of a piece of the page, nor fillers: its own subject."""
    without = PAGE_TASKS[task].sub(" ", text)
    for pattern in (HERE, *PAGE_TASKS.values(), *([PIECES[piece]] if piece else [])):
        without = pattern.sub(" ", without)
    without = FORM.sub(" ", without) if task in ("summary", "key_points") else without
    fillers = BESIDE_TASKS | BESIDE_PIECES if piece else BESIDE_TASKS
    return [word for word in plain_words(without) if word not in fillers and not word.isdigit()]


def _asks_for_a_piece(text: str, piece: str, named_at: int | None, *, has_history: bool) -> bool:
    """Whether a message without a task asks for a piece of the open page: "the exercises of this chapter"."""
    if named_at is not None:
        before = text[:named_at]
        if piece and any(found.end() == len(before.rstrip()) for found in PIECES[piece].finditer(before)):
            return True  # "die Bilder dieser Seite"
        return bool(ON_THE_PAGE.search(before or " in ") and (piece or PIECE_OF_A_PAGE.search(text)))
    if not piece or (has_history and not HERE.search(text)) or THIS_BOOK.search(text) or _HOW_TO.search(text):
        return False
    return not _beside_a_piece(text, piece)


def _piece_in(text: str) -> str:
    text = TABLE_OF_CONTENTS.sub(" ", text)
    return next((name for name, pattern in PIECES.items() if pattern.search(text)), "")


def _beside_a_piece(text: str, piece: str) -> list[str]:
    """The words of a message that name a subject beside a piece of a page."""
    rest = HERE.sub(" ", PIECES[piece].sub(" ", text))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_PIECES and not word.isdigit()]


def task_beside_the_page(text: str, *, has_page: bool) -> Intent | None:
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


def beside_the_open_page(text: str, *, has_page: bool) -> Intent | None:
    """How the open page or chapter has to do with another one: "how does this chapter relate to the one on gait?"."""
    here = THIS_CHAPTER.search(text) or THIS_PAGE.search(text)
    if has_page and not here and COMPARE.search(text) and (NEXT_ONE.search(text) or PREVIOUS_ONE.search(text)):
        here = _THIS_ONE.search(text)
    if not has_page or not here or not (COMPARE.search(text) or CONNECT.search(text)):
        return None
    rest = f"{text[: here.start()]} {text[here.end() :]}"
    numbered, named = NUMBERED.search(rest), THE_OTHER.search(rest)
    part: Part = "chapter" if THIS_CHAPTER.search(text) else "page"
    beside = THE_NEXT if NEXT_ONE.search(rest) else THE_PREVIOUS if PREVIOUS_ONE.search(rest) else ""
    if beside:
        return Intent("page_task", "compare", part, others=(beside,), word=word_for_chapter(text))
    if numbered:
        other, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        return Intent("page_task", "compare", part, others=(other,), word=word)
    quoted = None if named else QUOTED.search(rest)
    name = (named["name"] or named["name2"] or "").strip() if named else ""
    name = (quoted["name"] or quoted["name2"]).strip() if quoted else name
    return Intent("page_task", "compare", part, others=(name,), word=word_for_chapter(text)) if name else None


def two_named_places(text: str) -> Intent | None:
    """To compare two places that are named: "how does the ROS 2 chapter differ from the one on gait?".

    Where one of both names has the word for a place, "the chapters on gait and grasping", it is for the other as well.
    Whether the book has both is seen by who plans the answer.
    """
    asks = COMPARE.search(text) or CONNECT.search(text)
    if not asks or len(text) > _MOST_CHARACTERS_OF_A_NAME or THIS_PAGE.search(text) or THIS_CHAPTER.search(text):
        return None
    sides = [(text[: each.start()], text[each.end() :]) for each in _BETWEEN_PLACES.finditer(text)]
    named = [(place_named(left), place_named(right), left, right) for left, right in sides]
    for first, second, _, _ in named:
        if first and second:
            return _to_compare(first, second)
    for first, second, left, right in () if NUMBERED.search(text) else named:
        first = first or bare_name(_BEFORE_A_NAME.sub("", left)) if second else first
        second = second or bare_name(right)
        if first and second:
            return _to_compare(first, second)
    return None


def _to_compare(first: str, second: str) -> Intent:
    return Intent("page_task", "compare", "chapter", first, others=(second,))


def beside_a_named_place(text: str) -> Intent | None:
    """What comes before or after a page or a chapter that is named without a word for it."""
    name, step = neighbour_in(text) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else ("", 0)
    return Intent("book_task", "next_chapter" if step > 0 else "previous_chapter", "chapter", name) if name else None


def several_chapters(text: str) -> Intent | None:
    """A task on several chapters that are named by their numbers: "compare chapter 2 and 5"."""
    several = SEVERAL_CHAPTERS.search(text)
    if not several:
        return _first_or_last_chapters(text)
    one = SEVERAL_CHAPTERS.sub(" chapter ", text)  # "what do chapters 2-3 cover?"
    task = _task_in(text) or _task_in(one) or (None if _beside_several(text) else "summary")
    if COMPARE.search(text) or CONNECT.search(text):
        task = "compare"
    alone = task == "compare" and not several["word"].endswith("s")
    first, *others = _numbers_in(several["numbers"], only_two=alone and TWO_ALONE.search(text) is not None)
    return Intent("page_task", task, "chapter", first, others=tuple(others), word=several["word"]) if task else None


def _first_or_last_chapters(text: str) -> Intent | None:
    """A task on the first or the last few chapters, these counted from the end: "summarize the last two chapters"."""
    few = FEW_CHAPTERS.search(text)
    counted = (few["count"] or few["count2"]) if few else ""
    count = int(counted) if counted.isdecimal() else number_in_words(counted) if counted else None
    if few is None or count is None or not 1 < count <= _MOST_CHAPTERS:
        return None
    compares = COMPARE.search(text) or CONNECT.search(text)
    task = "compare" if compares else _task_in(FEW_CHAPTERS.sub(" ", text)) or "summary"
    rest = FEW_CHAPTERS.sub(" ", COMPARE.sub(" ", CONNECT.sub(" ", THIS_BOOK.sub(" ", text))))
    if _rest(rest, task) if task in PAGE_TASKS else _beside_chapters(rest):
        return None  # "the first two parts of the controller"
    numbers = range(1, count + 1) if few["first"] or few["first2"] else range(-count, 0)
    first, *others = map(str, numbers)
    return Intent("page_task", task, "chapter", first, others=tuple(others), word=few["word"] or few["word2"])


def _numbers_in(text: str, *, only_two: bool) -> list[str]:
    """The numbers of "2, 3 and 4" and of "2 to 5"; who compares one chapter "to" another means these two."""
    numbers = list(map(int, re.findall(r"\d+", text)))
    if THROUGH.search(text) and not only_two and numbers[-2] < numbers[-1]:
        numbers[-1:] = range(numbers[-2] + 1, min(numbers[-1], numbers[-2] + _MOST_CHAPTERS) + 1)
    return list(dict.fromkeys(map(str, numbers)))


def part_of_a_group(text: str) -> Intent | None:
    """A page that is the nth of a group of pages: "part 7 of the angular tutorial".

    It is called so, as "chapter 2 of ROS 2" is no group. Whether the book has it is seen by who plans the answer; without
    one, the message is a question.
    """
    numbered = list(NUMBERED.finditer(text)) if len(text) <= _MOST_CHARACTERS_OF_A_NAME else []
    if len(numbered) != 1 or not (numbered[0]["number"] or "").isdecimal():
        return None
    before, behind = text[: numbered[0].start()], text[numbered[0].end() :]
    of_it, owner = _OF_A_GROUP.match(behind), _OWNS_A_PART.match(before)
    found = of_it if of_it and fills(before) else owner if owner and fills(behind) else None
    name = bare_name(found["name"]) if found else ""
    if (
        not name
        or _KINDS_OF_GROUPS.isdisjoint(plain_words(name))
        or THIS_CHAPTER.search(name)
        or THIS_PAGE.search(name)
    ):
        return None
    return Intent("page_task", "summary", "chapter", numbered[0]["number"], subject=name, word=numbered[0]["word"])


def asks_whether_it_is_there(text: str) -> bool:
    """Whether a message asks for yes or no, if the book has a chapter of a number."""
    return bool(_IS_THERE.search(text))


def task_on_a_place(text: str) -> Intent | None:
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
    if TRANSLATE.search(around) and not beside_translate(around):
        return "translation", ""
    if LENGTH.search(around) and (not beside_length(around) or (place.word and _LENGTH_FIRST.match(around))):
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
    whether = place.word and asks_whether_it_is_there(around) and fills(_IS_THERE.sub(" ", THIS_BOOK.sub(" ", around)))
    lists = listed or whether or (TABLE_OF_CONTENTS.search(around) and task not in ("key_points", "quiz"))
    is_named = task is None and CALLED.search(around) and not _beside_chapters(CALLED.sub(" ", around))
    if lists or is_named or _IN_IT.search(around):
        return "chapter_contents", ""
    if task is None and piece and not _beside_a_piece(_CHAPTER.sub(" ", around), piece):
        return "ask", piece
    if task is None and (CONTENTS.search(f"{around} chapter") or (place.word and not _beside_chapters(around))):
        return "summary", piece
    return task, piece


def _beside_chapters(text: str) -> list[str]:
    """The words of a message that name a subject beside chapters and their numbers."""
    rest = THE_SUBJECT.sub(" ", NUMBERED.sub(" ", SEVERAL_CHAPTERS.sub(" ", text)))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS]


def _beside_several(text: str) -> list[str]:
    """The same where several are named, which "whats in them?" says nothing more of."""
    return [word for word in _beside_chapters(text) if word not in _OF_SEVERAL]


def beside_length(text: str) -> list[str]:
    """The words of a message that name a subject beside how long a page, a chapter or the book is."""
    rest = LENGTH.sub(" ", THIS_BOOK.sub(" ", THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_LENGTH]


def beside_translate(text: str) -> list[str]:
    """The words of a message that name a subject beside what is to be translated, and into what."""
    words = plain_words(TRANSLATE.sub(" ", text))
    return [word for word in words if word not in BESIDE_TASKS | BESIDE_TRANSLATE | LANGUAGES]


def part_named(text: str) -> Part | None:
    """The page or the chapter that a message points at."""
    if THIS_CHAPTER.search(text) or THE_CHAPTER.search(text):
        return "chapter"
    return "page" if THIS_PAGE.search(text) or THE_PAGE.search(text) else None


def word_for_chapter(text: str) -> str:
    """What the reader calls the open chapter: "chapter", "module"; "" where they name none."""
    found = THIS_CHAPTER.search(text) or THE_CHAPTER.search(text)
    return plain_words(found[0])[-1] if found and _CHAPTER.search(found[0]) else ""
