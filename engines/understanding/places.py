"""Which page or chapter of the book a message names, and what it says around that name.

A place is named by its number ("chapter 3"), in quotation marks ("the page 'Timer Mocks'"), or by its title or its
subject beside a word for a page or a chapter ("the page on the capture point", "the ROS 2 chapter", "capture point wala
page"). Whether the book has such a place is seen by who plans the answer. Called by `engines.understanding.intents`.
"""

import re
from dataclasses import dataclass
from functools import partial

from engines.understanding.form_words import without_wishes
from engines.understanding.phrases import (
    BEFORE,
    BESIDE_TASKS,
    CHAPTER_WORD,
    COUNTED_WORD,
    FOLLOWING,
    HOW_MANY,
    LANGUAGES,
    LAST,
    NUMBERED,
    PAGE_TASKS,
    PAGE_WORD,
    PREVIOUS,
    TABLE_OF_CONTENTS,
    THIS_BOOK,
    THIS_CHAPTER,
    THIS_PAGE,
)
from engines.understanding.words import plain_words

_PAGE = (  # without the words for a page that name things of a subject as well: "topic", "text", "document"
    r"(?:page|section|article|lesson|tutorial|guide|seite|abschnitt|artikel|lektion|leçon|p[aá]gina|secci[oó]n|"
    r"art[ií]culo|lecci[oó]n|safh[ae]|sabaq|صفحے|صفحہ|پیج|سبق|مضمون)"
)
_PLACE = rf"(?:{_PAGE}|{CHAPTER_WORD}|{COUNTED_WORD})"
_ARTICLE = r"(?:the|that|das|die|der|den|dem|zur|zum|le|la|les|du|el|los|las|del)"
_ON = (
    r"(?:(?:that |which )?(?:is )?(?:on|about|for|called|named|titled|entitled|explain(?:s|ing)|describ(?:es|ing)|"
    r"cover(?:s|ing)|dealing with|deals with|discussing|introducing)|über|zu[mr]?|namens|mit dem (?:titel|thema)|sur|"
    r"à propos d(?:e|u)|consacrée? à|intitulée?|nommée?|sobre|acerca del?|titulad[oa]|llamad[oa]|dedicad[oa] a|del?|du)"
)
_OF_IT = r"(?:wal[aei]|ke|ki|ka|والے|والا|والی|کے|کی|کا)"
_BY_SUBJECT = (
    re.compile(rf"\b(?P<part>{_PLACE})\s+{_ON}\s+(?:{_ARTICLE}\s+)?(?P<name>[^?!;]{{2,80}})", re.IGNORECASE),
    re.compile(rf"\b(?P<part>{_PLACE})\s+(?P<name>(?-i:[A-ZÄÖÜÉ])[^?!.,;]{{2,60}})", re.IGNORECASE),
    re.compile(
        rf"\b{_ARTICLE}\s+(?P<name>(?:(?!\b{_ARTICLE}\s)[^?!.,;:]){{2,60}}?)[\s-]+(?P<part>{_PLACE})(?!\w)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:^|[.!?,;:]\s+|\b{_ARTICLE}\s+)(?P<name>[^?!.,;:]{{2,60}}?)\s+(?:{_OF_IT}\s+)?(?P<part>{_PLACE})(?!\w)",
        re.IGNORECASE,
    ),
)
_SIGNS = " ,.;:-–—\"'“”„«»‘’"
QUOTED = re.compile(
    r"[“”„«»《「『\"]\s*(?P<name>[^“”„«»》」』\"]{2,80}?)\s*[“”»«》」』\"]|(?<!\w)[‘'](?P<name2>[^‘’']{2,80}?)[’'](?!\w)"
)
_BEFORE_QUOTED = re.compile(rf"(?<!\w){_PLACE}\s*(?:{_ON}\s*)?[:,]?\s*(?:{_ARTICLE}\s*)?$", re.IGNORECASE)
_BEHIND_QUOTED = re.compile(rf"^\W*(?:{_OF_IT}\s+)?(?:this |that )?(?:{_PLACE}|one)(?!\w)", re.IGNORECASE)
SECOND_QUESTION = re.compile(
    r"(?:(?<=\w)|(?<=[\"'”’»)]))\s*[?؟.!;]\s+\S.*$|[,،]?\s*(?<!\w)(?:and|und|et|y|aur|اور|then)\s+"
    r"(?:(?:also|then|please|dann|bitte|puis|luego|phir|پھر)\s+)*(?:(?:what|how|which|where|who|when|is|are|does|can|give|list|"
    r"show|tell|make|explain|was|wie|welche\w*|wo|kommt|gib|zeig|que|quelle?s?|comment|combien|donne|qu[eé]|cu[aá]l|c[oó]mo|"
    r"dame|kya|kitn\w|kaun|us ?ke|is ?ke|اس|کیا|کون|کتن\w)(?!\w)|qu['’]).*$",
    re.IGNORECASE | re.DOTALL,
)
"""What follows the first question of a message: "and what comes after it?", "Make me a list." """

# What may be asked of a place.
PARTS = re.compile(
    r"(?<!\w)(?:(?:sub[- ]?)?(?:topics?|pages?|sections?|lessons?|chapters?|modules?|units?)|unterkapitel|kapitel|seiten|themen|"
    r"abschnitte?n?|(?:sous[- ]?)?chapitres?|leçons?|(?:sub)?cap[ií]tulos?|p[aá]ginas?|secciones|lecciones|m[oó]dulos?|"
    r"safh[ae]|safhat|abwab|صفحات|صفحے|ابواب|اسباق|حصے)(?!\w)",
    re.IGNORECASE,
)
ABLE = re.compile(  # what a reader can do after a place
    r"\b(?:able to|capable of|learning (?:objectives?|goals?|outcomes?)|(?:can|could|will|shall|should) (?:i|we|you) (?:\w+ )?"
    r"(?:do|know|build|understand|have learn\w+)\b(?=.*\b(?:after|at the end|once)\b)|lernziele?|(?:was|wozu) (?:kann|werde|können|werden) (?:ich|wir|man)"
    r"(?=.*\bnach\b)|objectifs?|(?:saurai|saurons|pourrai|serai|sait|peut|saura)(?:[- ](?:je|nous|on))?(?=.*\bapr[eè]s\b)|"
    r"(?:sabré|podré|sabremos|podremos|seré capaz|puedo hacer|sé hacer)|objetivos?|maqa?sid|(?:kar|bana|samajh) (?:sak\w+|pa\w+))\b|"
    r"(?:کر|بنا|سمجھ) (?:سک\w+|پا\w+)|مقاصد",
    re.IGNORECASE,
)
NEEDS = re.compile(  # what a reader should know or have done
    r"\b(?:need|know|learn\w*|understand|complet\w+|finish\w*|done|prerequisites?|required?|ready|familiar|background|experience|skills?|"
    r"study|studied|master\w*|prepare\w*|wissen|können|kennen|vorkenntnisse|abschließen|abgeschlossen|fertig|brauche\w*|gelernt|beherrschen|"
    r"savoir|conna[iî]tre|connaissances|terminer|terminé|ma[iî]triser|besoin|apprendre|saber|conocer|conocimientos|completar|completado|terminar|"
    r"necesito|dominar|aana|aata|seekhna|karna|poora|mukammal|maloom|pata|zaroori)\b|آنا|آتا|آتی|معلوم|جاننا|سیکھنا|مکمل|پورا|ضروری|درکار",
    re.IGNORECASE,
)
_LANGUAGE = LANGUAGES | frozenset(plain_words("deutsche englische spanische franzosische"))
_BEHIND_A_NAME = frozenset(
    plain_words(
        "zusammen kurz bitte mal batao bata samjhao karo do dein please pls have has contain contains nennen zeigen geben erklären zusammenfassen sagen"
    )
)
_OF_ALL_OF_IT = frozenset(
    plain_words("entire whole full complete all ganze ganzen gesamte tout toute todo toda poora poori")
)
_PREPOSITIONS = frozenset(
    plain_words("of on in at from for about to with between auf von aus mit zu sur dans en de del sobre")
)
_NO_NAME = frozenset(("sub", "sous", "unter", "many", "much", "per"))

# A page or a chapter beside one that a message names by its title. Whether the book has it is seen by who plans the answer.
_ARTICLE_BEFORE = r"(?:(?:the|das|die|der|den|dem|le|la|les|l['’]|el|los|las)\s+)?"
_AFTER = r"(?:after|following|follows|nach|auf(?! (?:deutsch|englisch|urdu|franz|span))|apr[eè]s|suit|despu[eé]s de(?:l| la)?|sigue a(?:l| la)?)"
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
    rf"^{_ARTICLE_BEFORE}(?:(?:{PAGE_WORD}|{COUNTED_WORD})\s+(?:(?:on|about|called|named|über|zu|sur|sobre)\s+)?)?{_ARTICLE_BEFORE}(?P<name>.+?)"
    rf"(?:[\s-]+(?>(?:{PAGE_WORD}|{COUNTED_WORD}|one|wal[aei]|والے|والا|والی)(?!\w)))*$",
    re.IGNORECASE,
)
_FILLERS = BESIDE_TASKS | frozenset(
    plain_words(
        "sa si al ce qui qu il y a quoi vers bitte dann puis then later luego liste listet lista nenne enumera quelle quel comes come goes go next right directly immediately just one follow follows kommt folgt direkt unmittelbar vient justo "
        "viene va sigue aata aati ata ati saare sare sab total every each sub unter sous there kaun kon se konsa kaunsa kaunse "
        "konse hain batao dikhao کون کونسا کونسے سا سی سے آتا آتی تمام سب سارے کتنے ہیں متن chapters modules lessons sections units topics "
        "unterkapitel kapitel abschnitte chapitre chapitres lecons capitulo capitulos subcapitulos paginas secciones lecciones "
        "modul modulo modulos seiten safhe safhat abwab صفحات ابواب اسباق cuales quelles welche welches todos todas toutes tous alle"
    )
)

# What points at the open page without a word for it, where nothing was said before: "make slides out of this".
_NOT_OF_A_THING = r"(?=\s*(?:$|[.,;:!?)]|(?:into|in|down|up|as|for|like|so|to|with|please|pls|plz|before|after|if|when|because|and|or|than|that (?:i|we|you)|which|all|page)\b))"
_POINTS = (
    (
        re.compile(
            r"\b(?:of|from|for|about|on|by|after|before|into|with|starting|reading|opening|finishing|turn|break|boil|sum|put|make|rewrite|rephrase|reword|"
            rf"shorten|condense|simplify|explain|outline|summari[sz]e|translate|understand|get|all|need|is) (?P<this>this one|this|it all|all this|these){_NOT_OF_A_THING}|"
            r"\b(?:does|did|do|can|will|would|should) (?P<this4>this) (?=(?:have|say|cover|contain|include|mention|teach|assume|presume)\b)|"
            r"\b(?P<this2>this one)(?! (?:of|in|to)\b)|"
            r"\b(?:from|of|about|for|done|finished|through|understand|understood|points?|takeaways?|summary|gist|quiz|questions?|read)\W+(?P<this3>here)(?=\s*(?:$|[.,;:!?]))",
            re.IGNORECASE,
        ),
        "this page",
    ),
    (
        re.compile(
            r"\b(?P<this>the page|th(?:is|e whole) thing|what(?:['’]s| is) (?:written|said|on) (?:here|this page|the page)|what (?:i['’]?m|i am) reading(?: now)?|"
            r"what i have open|the above|all the above|the (?:module|chapter) (?:i['’]?m|i am) (?:in|on|reading))"
            r"(?! (?:on|about|for|called|named|titled|that|which|where|of|with|after|before|\d))(?!\s*[\"“'‘«])(?![\w-])",
            re.IGNORECASE,
        ),
        "this page",
    ),
    (re.compile(r"\b(?P<this>die seite|der seite)(?! (?:über|zu|mit|von|namens|\d|[„“\"»«]))(?!\w)", re.IGNORECASE), "diese Seite"),
    (re.compile(r"\b(?P<this>la page)(?! (?:sur|de|du|d['’]|intitul|qui|\d|[«\"“]))(?!\w)", re.IGNORECASE), "cette page"),
    (re.compile(r"\b(?P<this>la p[aá]gina)(?! (?:sobre|de|del|que|titul|\d|[«\"“]))(?!\w)", re.IGNORECASE), "esta página"),
    (re.compile(r"\b(?P<this>das hier|dies hier|das alles|was ich (?:gerade|hier) (?:lese|offen habe)|hiervon|hieraus|daraus)\b", re.IGNORECASE), "diese Seite"),
    (re.compile(r"\b(?P<this>tout (?:ça|cela|ceci)|ce que je lis|de (?:ça|ceci)|(?<=compris )ici)(?!\w)", re.IGNORECASE), "cette page"),
    (re.compile(r"\b(?P<this>todo esto|lo que estoy leyendo|de esto|esto(?=\s*(?:$|[.,;:!?])))(?!\w)", re.IGNORECASE), "esta página"),
    (re.compile(r"(?<!\w)(?P<this>یہ سب|یہاں لکھا|جو یہاں ہے)(?!\w)"), "یہ صفحہ"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A page or a chapter as a message names it."""

    name: str  # its number or its title
    around: str  # the message without it
    word: str = ""  # what the reader calls it: "chapter", "page"; "" where no number follows
    titled: bool = False  # whether it is named by a title in quotation marks alone


def naming_the_page(text: str) -> str:
    """A message with a word for the open page where it only points at it: "turn this into slides"."""
    for pattern, page in _POINTS:
        text = pattern.sub(partial(_named, page=page), text)
    return text


def points_at_the_page(text: str) -> bool:
    """Whether a first message speaks of the page or the chapter that is open."""
    return naming_the_page(text) != text or names_the_page(text)


def names_the_page(text: str) -> bool:
    """Whether a message names the open page or chapter as such: "this page"."""
    return bool(THIS_PAGE.search(text) or THIS_CHAPTER.search(text))


def _named(found: re.Match[str], *, page: str) -> str:
    this = next(group for group in found.groups() if group)
    return found[0].replace(this, page)


def place_in(text: str) -> Place | None:
    """The place that a message names, None where it names none or means the open page or the whole book."""
    several = list(NUMBERED.finditer(text))
    if several:  # of "finish chapter 2 before chapter 5" what is before the second one
        numbered = next((each for each in several if BEFORE.search(text[: each.start()])), several[0])
        name, word = numbered["number"] or numbered["ordinal"], numbered["word"] or numbered["word2"]
        return Place(name, _without(text, numbered), word)
    of_the_open_page = any(each.search(text) for each in (THIS_PAGE, THIS_CHAPTER, PREVIOUS, FOLLOWING, LAST))
    return _quoted(text) or (None if of_the_open_page else _by_subject(text))


def bare_name(text: str) -> str:
    """A name without the wishes about the form and the second question behind it; "" where it names nothing."""
    name = without_wishes(SECOND_QUESTION.sub("", text).strip(_SIGNS)).strip(_SIGNS)
    own = name
    for pattern in (THIS_PAGE, THIS_CHAPTER, THIS_BOOK, HOW_MANY, TABLE_OF_CONTENTS, *PAGE_TASKS.values()):
        own = pattern.sub(" ", own)
    words = plain_words(own)
    is_cut = bool(words) and words[-1] in _PREPOSITIONS  # "the poem on" of "the poem on page 3"
    return name if not is_cut and any(word not in _FILLERS | _NO_NAME for word in words) else ""


def _quoted(text: str) -> Place | None:
    for found in QUOTED.finditer(text):
        before, behind = text[: found.start()], text[found.end() :]
        above, below = _BEFORE_QUOTED.search(before), _BEHIND_QUOTED.search(behind)
        if above and (THIS_PAGE.search(before) or THIS_CHAPTER.search(before)):
            continue  # "on this page, "gain" ..." names the open page
        around = f"{before[: above.start()] if above else before} {behind[below.end() :] if below else behind}"
        return Place((found["name"] or found["name2"]).strip(), around, titled=not (above or below))
    return None


def _by_subject(text: str) -> Place | None:
    for pattern in _BY_SUBJECT:
        for found in pattern.finditer(text):
            name = _without_task(bare_name(found["name"]), before=pattern is _BY_SUBJECT[-1])
            if name:
                at = found["name"].find(name)
                first = found.start("name") + max(at, 0)
                last = first + len(name) if at >= 0 else found.end("name")
                start, end = min(found.start("part"), first), max(found.end("part"), last)
                return Place(name, f"{text[:start]} {text[end:]}")
    return None


def _without_task(name: str, *, before: bool) -> str:
    """A name without the words of a task around it: "summarize the capture point" is "capture point"."""
    words = name.split()
    while words and plain_words(words[0]) and _OF_ALL_OF_IT.issuperset(plain_words(words[0])):
        words = words[1:]
    while before and words and not bare_name(words[0]):
        words = words[1:]
    while words and not _BEHIND_A_NAME.isdisjoint(plain_words(words[-1])):
        words = words[:-1]
    if words and not _LANGUAGE.isdisjoint(plain_words(words[-1])):  # "the page on grasping into Urdu"
        words = words[: -2 if len(words) > 2 else -1]
    return " ".join(words)


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def neighbour_in(text: str) -> tuple[str, int]:
    """The title that a message asks for the page or the chapter beside, and 1 for after it, -1 for before it.

    "" and 0 for other messages: without a word for a page or for reading, "what comes after X?" is about X.
    """
    for pattern in _BESIDE:
        found = pattern.match(text.strip())
        if not found or not fills(found["head"]):
            continue
        if any(place.search(found["rest"]) for place in (NUMBERED, THIS_CHAPTER, THIS_PAGE, THIS_BOOK)):
            continue
        if not _A_PLACE.search(f"{found['head']} {found['rest']}") and not _READ.search(found["head"]):
            continue
        around = _AROUND_A_NAME.match(bare_name(found["rest"]))
        name = bare_name(around["name"]) if around else ""
        if name and not fills(name):
            return name, 1 if found["after"] else -1
    return "", 0


def fills(text: str) -> bool:
    """Whether a text names nothing of its own."""
    return all(word in _FILLERS or word.isdigit() for word in plain_words(text))
