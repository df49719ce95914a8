"""The patterns by which tasks on a page or on the book, and follow-ups are recognised.

Called by `intent_recognition` and `engines.chat.condense`. The patterns hold in every language: they say which kinds of
words make a task together, and in which order. The words themselves are in `languages/*.toml`. Those of all languages
are tried together, since readers mix them ("is page ka summary do").
"""

import re

from engines.understanding.lexicon import expression, pattern, word_pattern, words

# Tasks on a page, a chapter or the book.
THIS_PAGE = pattern(
    "places",
    r"(?<!\w)(?!these docs){this}{page}s?(?!\w)",
    r"(?<!\w){page}s?(?!\w)[^.?!\n]{0,60}?(?<!\w){that_is_open}(?!\w)",
    "{this_page}",
)
THIS_CHAPTER = pattern("places", r"(?<!\w){this}{chapter}s?(?!\w)", "{this_chapter}")
THE_PAGE = pattern("places", r"(?<!\w){the}{page}s?(?!\w)")
THE_CHAPTER = pattern("places", r"(?<!\w){the}{chapter}s?(?!\w)")
THIS_BOOK = pattern("places", r"(?<!\w)(?:{this}|{the}|{before_book} )?{book}s?(?!\w)", r"\b{these_pages}\b")
HERE = word_pattern("places.here")

# In this order: a message that asks for several is the first.
PAGE_TASKS: dict[str, re.Pattern[str]] = {
    task: word_pattern(f"page_tasks.{task}")
    for task in ("quiz", "simpler", "key_points", "before", "next", "example", "summary")
}
# A wish for the form of a summary: "in one paragraph", "max five", "in 3 bullets", "4 lines".
_SO_MANY = r"(?:\d{1,2}|[^\W\d_]+)\s+{counted_lines}(?!\w)"
FORM = pattern(
    "turns",
    r"(?:\s|^)(?:(?:{word:in_prose}|{word:short_form}|{word:numbered_form}|{word:at_most})"
    rf"|(?:{{in_a_number}}\s+)?{_SO_MANY})",
)
IN_SO_MANY_POINTS = pattern("turns", rf"(?<!\w){{in_a_number}}\s+{_SO_MANY}")
# Of a page, without a task of the list and beside `PIECES`: what can only be answered from that page's own text.
ON_THE_PAGE = pattern("tasks", r"\b{on}\s+$", "{word:on_behind}")
PIECE_OF_A_PAGE = word_pattern("tasks.piece_of_a_page")

# What a page may have beside its text, as a message asks for it and as a heading names it.
PIECES: dict[str, re.Pattern[str]] = {
    piece: word_pattern(f"pieces.{piece}")
    for piece in (
        "exercises",
        "mistakes",
        "objectives",
        "diagram",
        "commands",
        "code",
        "table",
        "formulas",
        "terms",
    )
}
# What may stand beside such a piece, and names no subject: "the solution of exercise 2".
BESIDE_PIECES = words("beside_pieces")
_A_PLACE = r"(?:{chapter}s?|{page}s?)"
# The page or the chapter before the open one, or after it.
PREVIOUS = pattern(
    "tasks",
    r"\b{whole:previous}\s+{a_place}(?!\w)",
    r"{anywhere:previous}\s+{a_place}(?!\w)",
    r"\b(?<!\bthis ){a_place}\s+{previous_behind}\b",
    "{previous_place}",
    a_place=_A_PLACE,
)
LAST = pattern("tasks", r"\b{last}\s+{a_place}(?!\w)", r"\b{a_place}\s+{last_behind}\b", a_place=_A_PLACE)
FOLLOWING = pattern(
    "tasks",
    r"\b{whole:following}\s+{a_place}(?!\w)",
    r"{anywhere:following}\s+{a_place}(?!\w)",
    r"\b{a_place}\s+{following_behind}\b",
    "{following_place}",
    a_place=_A_PLACE,
)
# "The next one", "the page before": the place beside one that is named, or was spoken of.
NEXT_ONE = pattern("turns", r"(?<!\w){next_one}(?!\w)")
PREVIOUS_ONE = pattern("turns", r"(?<!\w){previous_one}(?!\w)")
LEARNT = word_pattern("tasks.learnt")  # what was read or will be, and not which page it is
LENGTH = word_pattern("tasks.length")
BESIDE_LENGTH = words("beside_length")
PLAN = pattern("tasks", "{plan}")
PERIODS = pattern("tasks", r"(?<!\w)(?P<count>\d{1,2}|{count})[\s-]*{period}(?!\w)")

# Of what a book has several of, by number: "this part" may be a passage as well.
COUNTED_WORD = expression("places", "{counted}")
# Of a chapter; numbers in words are put into figures before (`engines.understanding.task_words`).
_NUMBER = (
    r"(?:{number_sign}|#)?"
    r"(?P<number>\d{1,40}|(?-i:[IVX]{2,5}|[VX]|I(?=\s*(?:[?.!,]|$)))|i{2,3}|iv|vi{1,3}|ix)"
)
CUT_SHORT = pattern("tasks", r"(?<!\w)({cut_short})\.\s*(?=\d)")  # "ch. 2"
NUMBERED = pattern(
    "tasks",
    r"(?<!\w)(?P<word>{counted})\s*{number}(?!\w)",
    r"(?<!\w)(?P<ordinal>{last_one})\s+(?P<word2>{counted})(?!\w)",
    number=_NUMBER,
)
THE_SUBJECT = word_pattern("tasks.the_subject")  # of a chapter, in a message for nothing else
CALLED = word_pattern("tasks.called")  # "and what are they called?", behind a count
_THROUGH = "(?:{through}|-|–)"
SEVERAL_CHAPTERS = pattern(
    "tasks",
    r"(?<!\w)(?P<word>{chapter}s?)\s*"
    r"(?P<numbers>\d{1,40}(?:\s*(?:[,،]?\s*(?:{and_number}|&)|[,،]|{until})\s*(?:{chapter}s?\s*)?\d{1,40})+)(?!\w)",
    until=_THROUGH,
)
# "*The first three* chapters", "die letzten zwei Kapitel", "les deux derniers chapitres".
FEW_CHAPTERS = pattern(
    "turns",
    r"(?<!\w)(?:(?P<first>{first_few})|{last_few})\s+(?P<count>[^\W_]+)\s+(?P<word>{chapter}s?)(?!\w)",
    r"(?<!\w)(?P<count2>[^\W_]+)\s+(?:(?P<first2>{first_few})|{last_few})\s+(?P<word2>{chapter}s?)(?!\w)",
)
THROUGH = pattern("tasks", r"\d\s*{until}\s*(?:{chapter}s?\s*)?\d", until=_THROUGH)
TWO_ALONE = pattern("tasks", r"\d\s*{through_or_with}\s*(?:{chapter}s?\s*)?\d")  # where they are compared
COMPARE = word_pattern("tasks.compare")
# That two chapters have to do with each other, and the second one, where the first is the open one.
CONNECT = word_pattern("tasks.connect")
THE_OTHER = pattern(
    "tasks",
    r"\b{the_other}\s+(?:{one}|{a_place})?\s*{about_a_thing}\s+(?P<name>[^?!.,;]{2,60})",
    r"\b{the_other_before}\s+(?P<name2>[^?!.,;]{2,60}?)\s+(?:{one}|{a_place})\b",
    a_place=_A_PLACE,
)
# Advice on what to read: which chapters can be left out, are hard or matter, and whether a reader is ready for something.
ADVICE = pattern(
    "advice",
    r"\b{place}(?!\w)\W+{may_i}{skip}\b",
    r"{may_i}{skip}\W+(?:{some} )?(?:\w+ )?{place}(?!\w)",
    r"{may_i}(?:\w+ )?{place}(?!\w).{0,40}\b{skip}\b",
    r"(?<!\w){place}\s+{leave}\w*",
    r"(?<!\w){most}\s+{place}(?!\w)",
    r"(?<!\w){place}(?!\w)\W+(?:{is}\s)?\W*(?:{article} )?(?:{most}|{most_behind})(?!\w)",
    may_i=r"\b{may}\W+{reader}?\W*(?:{also} )?",
    # Without "part" and "unit": "the most important part of a controller" is no chapter.
    place="{chapter_to_read}(?:s|en|es)?",
)
READY = word_pattern("advice.ready")
TABLE_OF_CONTENTS = word_pattern("book.table_of_contents")
CONTENTS = pattern(
    "book",
    "{word:contents}",
    r"\b{list}\b.{0,30}\b(?:{chapter}s?|{topics})(?!\w)",
    r"\b{how_many_at_once}\b.{0,15}(?:{chapter}s?|{pages})(?!\w)",
    "{how_many_chapters}",
    r"\b{which_topics}\b.{0,20}\b(?:{chapter}s?|{topic})\b.{0,25}\b(?:{are_in_it}|{book}s?)(?!\w)",
)
_COUNTED = "(?:{counted}|{counted_page})"
HOW_MANY = pattern(
    "tasks",
    r"\b{whole:how_many}\b.{0,15}?\b(?P<word>{several})(?!\w)",
    r"{anywhere:how_many}\s*(?P<word2>{several})(?!\w)",
    several=_COUNTED,
)
PARTS_COUNTED = pattern("tasks", r"(?:,|{word:and_also})\s*(?:{how_many_again} )?({several})(?!\w)", several=_COUNTED)
# Tasks that need the conversation: to translate what was said or the open page, and to say what was asked.
TRANSLATE = word_pattern("answers.translate")
THE_ANSWER = word_pattern("answers.the_answer")
LANGUAGES = words("languages")
BESIDE_LANGUAGES = words("beside_languages")  # of a message that names no more than the language of the answer
BESIDE_TRANSLATE = words("beside_translate")
ANSWERS = word_pattern("answers.answers")  # of a quiz
BESIDE_ANSWERS = words("beside_answers")
ASKS_SOMETHING = word_pattern("answers.asks_something")
ASKED_BEFORE = word_pattern("answers.asked_before")
FIRST = word_pattern("answers.first")
ALL_OF_THEM = word_pattern("answers.all_of_them")

# Of the open page: what it lists, what it asks for, and a piece of it that is named by what it has.
OF_THE_LIST = pattern("page", r"^\W*(?:{asks}\W+)*{of_the_list}(?!\w)")
IS_MENTIONED = pattern(
    "mentions",
    r"^\W*(?:{before_it}\W+)*{is_it}\s+(?P<subject>(?!{it_is}\b)[^?!.,;]{2,60}?)\s+{mentioned}\W*$",
)
NEEDED_HERE = word_pattern("page.needed_here")
_NAMED = r"\s+(?:{the_word}|{this_word})\s+(?P<subject%s>[\w.+#/-]+(?:\s[\w.+#/-]+){0,2}?)\s+"
NAMED_PIECE = pattern(
    "page",
    r"^\W*{explain_the}" + _NAMED % "" + r"{piece_shown}(?:[\s,]+(?:{by_line}|{beside_a_piece}))*\W*$",
    r"^\W*{explain_the}"
    + _NAMED % "2"
    + r"{code_shown}(?:[\s,]+{beside_a_piece})*[\s,]+{by_line}(?:[\s,]+{beside_a_piece})*\W*$",
    r"^\W*{the_part_with}\s+(?:{the_word}\s+)?(?P<subject3>[^,?!.;]{2,50}?)\s*(?:,.*|\W*)$",
)

# Tasks on the book as a whole.
ABOUT_THE_CONTENTS = word_pattern("book.about_the_contents")
PARTS_OF_A_CHAPTER = word_pattern("book.parts_of_a_chapter")
ABOUT_BOOK = pattern(
    "book",
    r"\b{what_of_it}\b.{0,60}{book}s?(?!\w)",
    r"{book}s?.{0,40}{what_behind_it}(?!\w)",
    r"{what_to_learn}\b.{0,12}\b{can}\b.{0,12}\b{learn}\b",
    "{about_it}",
)
TRAILING = pattern(
    "book",
    "{trailing}",
    r"\s*\b{treated}\s*$",
    r"\s*{about_behind}?\s*{is_behind}?\s*[؟?]?\s*$",
)
WHICH_CHAPTER = pattern(
    "book",
    r"\b{whole:which_place}\s+(?P<part>{place}s?)\s+(?P<rest>{aboutness}\b.+)",
    r"(?<!.)(?P<rest2>.+?)\s*{anywhere:which_place}\s+{place}s?",
    r"{anywhere:which_place}\s+{place}s?(?P<rest3>.+)",
    r"\b{where}\s+(?:{in_this} {book}s? )?{can_be_read}\b(?:\s+{reader})?\s*{to_read_it}\b(?P<rest4>.+)",
    r"\b{where}\s+{within}\s+{this_or_your}?\s*{book}s?\s+{does}\b(?:\s+{they})?(?P<rest8>\b.+)",
    r"\b{is_there}\s+(?:there\s+)?(?:also\s+)?{any}?\s*(?P<thing>{thing}\b.{0,40})",
    r"{is_there_something} (?P<rest6>{on_something}\b.+)",
    r"(?<!.)(?P<rest5>.+?)\s+{which_behind}\s+{place}s?",
    r"^\W*{where_is}\s+(?P<rest9>.+?)\s+{is_explained}(?:\s+{in_the_book})*\W*$",
    r"^\W*{where_it_explains}\s+(?P<rest10>.+?)\W*$",
    r"^\W*(?P<rest11>.+?)\s+{explained_where}\W*$",
    r"\b{list_pages}\w*\b.{0,30}\b{listed}\s+(?P<rest7>(?:{that} )?{aboutness}\b.+)",
)
ABOUT = pattern("book", r"^(?:\s*\b{beside_a_subject}\b)+")
AFTER = word_pattern("tasks.after")
BEFORE = word_pattern("tasks.before")
COMES = word_pattern("tasks.comes")
START = pattern(
    "book",
    r"\b{where_or_how}\b.{0,40}\b{begin}\b.{0,25}\b{begin_with}?",
    r"\b{what_to_read}\b.{0,25}\b{read}\b.{0,12}\b{first}\b",
    "{start}",
)
_BEGIN_AT = r"(?<!\w){begin_at}(?:\s+{in_the_book})*"
# Where to begin with a subject: "where do I start with sensors?", "I am new to sensors. What should I read first?"
START_WITH = pattern(
    "book",
    rf"{_BEGIN_AT}\s+(?:{{with_a_subject}}|{{to_learn}})\s+(?P<subject>[^?!;\n]{{2,60}}?)\W*$",
    r"(?<!\w){read_first}\s+{to_learn}\s+(?P<subject2>[^?!;\n]{2,60}?)\W*$",
    rf"(?<!\w){{new_to}}\s+(?P<subject3>[^?!;:\n]{{2,60}}?)\s*[.,;:!–-]+[\s¿]*(?:{{joins_parts}}\s+|so\s+)*"
    rf"(?:{_BEGIN_AT}|{{read_first}})(?:\s+{{in_the_book}})*\W*$",
)
IN_THE_BOOK = pattern("book", r"(?:\s+{in_the_book})+\W*$")
# Whether the book has something beside its text: "are there exercises with solutions in it?"
# Each word is taken once and for all: languages share words, and a list of them would be read in ever more ways.
HAS_PARTS = pattern(
    "book",
    r"(?<!\w)(?>{has_parts})(?>(?:\s+(?>{any_of}(?!\w)))*)\s+(?P<parts>(?>{parts_to_have}(?!\w))"
    r"(?>(?:\s*,?\s+(?>(?:{joins_parts}\s+)?)(?>(?:{any_of}\s+)*)(?>{parts_to_have}(?!\w)))*))"
    r"(?>(?:\s+(?>{in_the_book}(?!\w)))*)\W*$",
)
READING = word_pattern("book.reading")
META = word_pattern("book.meta")
AUDIENCE = word_pattern("book.audience")  # who a book is for, and what they should know before
AUTHOR = pattern("book", "{word:author}", r"\b{author_asked}")
LICENCE = pattern("book", r"\b(?:{under_which} )?{whole:licence}\b", "{anywhere:licence}")
NAMES_ITS_AUTHOR = word_pattern("book.names_its_author")
NAMES_ITS_LICENCE = word_pattern("book.names_its_licence")
MY_PLACE = word_pattern("book.my_place")

BESIDE_TASKS = words("beside_tasks")  # what may stand beside a task and names no subject
VOCABULARY = words("vocabulary")  # that a misspelt word may stand for
META_VERBS = word_pattern("book.meta_verbs")

# Follow-ups: words by which a question leans on what was said before, or leaves it.
REFERS_BACK = pattern(
    "answers",
    r"\b{whole:refers_back}\b",
    r"^{whole:goes_on}\b",
    r"(?<!\w){anywhere:refers_back}(?!\w)",
    r"^{anywhere:goes_on}(?!\w)",
)
NEW_TOPIC = word_pattern("answers.new_topic")
