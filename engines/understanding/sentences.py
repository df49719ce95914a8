"""The sentences and clauses of what a reader wrote: which of them ask, and which only set the scene.

Courtesies and words of form are taken off (`engines.understanding.form_words`). Pure functions of the text.
"""

from dataclasses import dataclass

import regex

from engines.understanding.book_terms import names_nothing
from engines.understanding.definitions import DEFINITION_OF, term_asked
from engines.understanding.form_words import (
    COURTESY,
    GREETING,
    LEAD_IN,
    ONLY_REPORTS,
    TASK_WORDS,
    THANKS,
    without_wishes,
)
from engines.understanding.words import is_function_word

SHORT_CLAUSE = 2  # words; a piece of fewer is no clause of its own

_ABBREVIATION = r"(?<!\b(?:dr|mr|mrs|ms|prof|st|vs|fig|e\.g|i\.e|etc|approx|inc|ltd|sr|jr|z\.b|bzw|ca)\.)"
_SENTENCE = regex.compile(
    rf"(?<=[!?…؟۔]['\"”’)]?){_ABBREVIATION}\s+|{_ABBREVIATION}(?<=\.['\"”’)]?)\s+(?=[\p{{Lu}}\p{{Lo}}\"'“(]|\p{{Ll}})|(?<=[。！？])\s*|\s*\n+\s*|(?<=\S)\s+[–—]\s+(?=\S)|\.{{3,}}\s+|(?<=[:;]-?[()D])\s+",
    regex.IGNORECASE,
)
_QUESTION_MARK = regex.compile(r"[?？؟]")
_ASKS = regex.compile(
    r"^(?:(?:and|but|so|then|now|ok|also|or|in|on|for|with|from|to|at|by|of|since|because|under|after|before|until) )*"
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|am|was|were|do|does|did|can|could|should|shall|would|will|may|might|has|have|had|"
    r"isn'?t|aren'?t|don'?t|doesn'?t|didn'?t|can'?t|couldn'?t|shouldn'?t|wouldn'?t|won'?t|"
    r"waht|hwat|wich|whcih|whihc|witch|hwo|wehn|wen|wher|whre|whare|whta|"  # as they are misspelt
    r"explain|describe|summari[sz]e|compare|define|list|give|show|tell|name|outline|teach|help|"
    r"como|cómo|qu[eé]|cu[aá]l(?:es)?|cu[aá]ndo|d[oó]nde|qui[eé]n|por ?qu[eé]|puedo|hay|"
    r"wie|was|welche[rsmn]?|wer|wann|wo|warum|wieso|kann|gibt|"
    r"comment|quel(?:le)?s?|quand|o[uù]|pourquoi|est-ce|qu'est-ce|"
    r"como|qual|quais|quando|onde|quem|"
    r"kya|kaise|kese|kaisay|kyun|kyu|kyon|kab|kahan|kaun|kon|konsa|konsi|kitna|kitne|kitni|mujhe|"
    r"کیا|کیسے|کیوں|کب|کہاں|کون|کس|کتن[اےی]|کونس[اےی])\b",
    regex.IGNORECASE,
)
_ASKS_WITHIN = regex.compile(
    r"\b(?:how (?:do|can|could|should|would|to|does|is|are|much|many|long|often)|what (?:is|are|do|does|did|should|can|to)|which (?:of|one)|"
    r"where (?:do|can|is|are|to)|why (?:do|does|is|are|did)|(?:wonder|asked|wants? to know|want to know|tell me|know|don'?t understand|not understand)\b.*\b(?:if|whether|how|what|why|which|where)|"
    r"is there|are there|what'?s|kya hai|kaise|kyun|konsa|kon ?si|kitn[aei]|c[oó]mo (?:puedo|se|hago)|quiero saber)\b",
    regex.IGNORECASE,
)
_CLAUSE = regex.compile(
    r"[,;:]\s+(?=(?:and |but |so |then |or )?(?:what|which|who|when|where|why|how|is|are|do|does|did|can|could|should|would|will|has|have|"
    r"c[oó]mo|qu[eé]|cu[aá]l|por ?qu[eé]|kya|kaise|kyun|konsa|wie|was|welche|warum)\b)|\s*[;]\s+|\s[–—-]\s|:\s+(?=\S+\s+\S)|,\s+(?=(?:but|so|because|since|and)\s)",
    regex.IGNORECASE,
)
# A question behind what introduces it in the same sentence: "our intern just pinged me: how do I …".
_QUESTION_BEHIND = (
    r"(?P<mark>\s*[:;–—]\s+|\s+-\s+|,\s+)[\"“'«(]?(?P<ask>(?:(?:so|but|and|then) )?"
    r"(?:how|what|which|who|whom|whose|when|where|why|is|are|do|does|did|can|could|should|will|would)\b.{12,})$"
)
_LED_AT_FIRST = regex.compile(rf"^(?P<lead>[^?？؟]{{2,200}}?){_QUESTION_BEHIND}", regex.IGNORECASE | regex.DOTALL)
_LED_AT_LAST = regex.compile(rf"^(?P<lead>[^?？؟]{{2,200}}){_QUESTION_BEHIND}", regex.IGNORECASE | regex.DOTALL)
# Without a question mark "which I cannot afford" is no question.
_ASKS_AT_ONCE = regex.compile(
    r"(?:(?:so|but|and|then) )?(?:how|why|what|where|when) (?:do|does|did|can|could|should|would|is|are|to|many|much|long|often)\b",
    regex.IGNORECASE,
)
_SHORTEST_INTRODUCTION, _LONG_INTRODUCTION = 4, 6  # words; before a colon a long one may begin as a condition does
_SPEAKS = regex.compile(
    r"\b(?:wrote|writes|asked|asks|said|says|goes|schrieb|fragt|escribi[oó]|pregunta|demande)$", regex.IGNORECASE
)
_CONDITION = regex.compile(  # what of a question stands before its question word: "if the robot falls, what …"
    r"^(?:if|when|whenever|while|once|after|before|since|because|unless|until|assuming|given|suppose|with|without|in|on|at|under|for|"
    r"to|by|during|using|as|from|of|between|among|instead|compared|besides|apart|regarding|concerning|about)\b(?![^,]*:)",
    regex.IGNORECASE,
)
NAMES_AN_ERROR = regex.compile(
    r"(?:error|exception|warning|fail(?:ed|ure)?|cannot|can't|could not|not found|no such|undefined|denied|invalid|"
    r"unknown|unable|missing|refused|timed? ?out|timeout|deprecat\w+|blocked|expecting|expected|untracked)",
    regex.IGNORECASE,
)
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_LETTERS = regex.compile(r"[\p{L}\p{N}]")

_CHATTER = frozenset(  # words of questions among people, which are about no book
    [
        "hi",
        "hello",
        "hey",
        "guys",
        "folks",
        "anyone",
        "anybody",
        "someone",
        "somebody",
        "everyone",
        "awake",
        "online",
        "there",
        "here",
        "hear",
        "see",
        "today",
        "tomorrow",
        "yesterday",
        "now",
        "time",
        "free",
        "busy",
        "help",
        "know",
        "knows",
        "knew",
        "idea",
        "ideas",
        "thoughts",
        "think",
        "thinks",
        "thought",
        "look",
        "looks",
        "looked",
        "take",
        "taken",
        "answer",
        "answers",
        "answered",
        "question",
        "questions",
        "ask",
        "asked",
        "asking",
        "tell",
        "told",
        "say",
        "said",
        "please",
        "pls",
        "thanks",
        "thank",
        "thx",
        "sorry",
        "ok",
        "okay",
        "yes",
        "no",
        "yeah",
        "yep",
        "sure",
        "lol",
        "up",
        "going",
        "go",
        "come",
        "coming",
        "ready",
        "done",
        "fine",
        "good",
        "great",
        "well",
        "way",
        "let",
        "like",
        "want",
        "wants",
        "need",
        "love",
        "would",
        "could",
        "should",
        "can",
        "will",
        "may",
        "might",
        "please",
        "student",
        "students",
        "teacher",
        "friend",
        "sir",
        "madam",
        "bro",
        "bhai",
        "dude",
        "mate",
        "man",
        "wrong",
        "right",
        "happened",
        "happen",
        "mean",
        "means",
        "try",
        "tried",
        "does",
        "work",
        "works",
        "get",
        "got",
        "make",
        "made",
        "give",
        "send",
        "sent",
        "read",
        "reply",
        "respond",
        "check",
        "still",
        "again",
        "really",
        "next",
        "first",
        "last",
        "one",
        "ones",
        "thing",
        "things",
        "something",
        "anything",
        "nothing",
    ]
)
FEWEST_TELLING = 2  # words of a question that says what it is about; "anyone there?" has none


@dataclass(frozen=True, slots=True)
class Parts:
    """The sentences of a message without its courtesies; `asking` may be empty."""

    asking: tuple[str, ...]
    scene: tuple[str, ...]
    mentions: tuple[str, ...]  # of those that ask the ones that only speak of a question: "I do not know whether …"
    bare: bool  # whether nothing but courtesies is left


def sentences_of(text: str) -> list[str]:
    """A text cut into its sentences."""
    return [sentence for sentence in map(str.strip, _SENTENCE.split(text)) if sentence]


def telling_words(text: str) -> set[str]:
    """The words of a text that may say what it is about."""
    words = {word.casefold() for word in _WORD.findall(text)}
    return {word for word in words if word not in _CHATTER and not is_function_word(word, "en")}


def names_its_subject(question: str) -> bool:
    """Whether a question can be understood without what was said around it."""
    return len(telling_words(question)) >= FEWEST_TELLING and not names_nothing(question)


def take_apart(prose: str) -> Parts:
    """The sentences that ask and those that set the scene, both in their order and without words of form."""
    asking: list[str] = []
    scene: list[str] = []
    reports: list[str] = []
    mentions: list[str] = []
    for sentence in _SENTENCE.split(prose):
        content = without_form(sentence)
        if not content:
            continue
        if ONLY_REPORTS.match(content):
            reports.append(content)
            continue
        introduced = _introduced(content, has_mark=bool(_QUESTION_MARK.search(sentence)))
        if introduced:
            lead, content = introduced
            scene.append(lead)
        asks = _QUESTION_MARK.search(sentence) or _ASKS.match(content) or term_asked(content)
        if not asks and _ASKS_WITHIN.search(content):
            mentions.append(content)
        (asking if asks or content in mentions else scene).append(content)
    if not asking and not scene:
        scene = reports
    return Parts(tuple(asking), tuple(scene), tuple(mentions), bare=not asking and not scene)


def _introduced(content: str, *, has_mark: bool) -> tuple[str, str] | None:
    """What introduces the question of a sentence, and the question: at the first place, else the last, that may be one."""
    for pattern in (_LED_AT_FIRST, _LED_AT_LAST):
        led = pattern.match(content)
        is_second = led and led["ask"].lower().startswith(("and ", "then "))  # "what is it, and why"
        is_asked = led and not is_second and (has_mark or _ASKS_AT_ONCE.match(led["ask"]))
        if led and is_asked and _introduces(led["lead"], led["mark"].strip()):
            return led["lead"], led["ask"]
    return None


def _introduces(lead: str, mark: str) -> bool:
    """Whether what stands before a question in its sentence only introduces it; a word or two may be its subject."""
    if _ASKS.search(lead) or NAMES_AN_ERROR.search(lead):
        return False
    words = len(lead.split())
    if mark == ":" and (words >= _LONG_INTRODUCTION or _SPEAKS.search(lead)):
        return True
    return (words >= _SHORTEST_INTRODUCTION or lead.startswith(("@", "cc "))) and not _CONDITION.match(lead)


def without_form(sentence: str) -> str:
    """A sentence without greeting, thanks, courtesies and wishes about the form; "" where nothing else is in it."""
    text = without_wishes(GREETING.sub("", sentence.strip(), count=1))
    stripped = THANKS.sub("", text).strip()
    text = stripped if _LETTERS.search(stripped) else ""
    if COURTESY.match(text):
        # What follows a courtesy in the same sentence may be the question: "sorry, can I still install it?"
        _, _, rest = text.partition(",")
        return without_form(rest) if len(rest.split()) > SHORT_CLAUSE else ""
    before, _, remark = text.rpartition(",")  # "how do I install it, sorry for my English"
    if len(before.split()) > SHORT_CLAUSE and COURTESY.match(remark.strip()):
        return without_form(before)
    while (match := LEAD_IN.match(text)) and match.end() < len(text):
        text = without_wishes(text[match.end() :])
    return text.strip() if _LETTERS.search(text) else ""


def subject(sentence: str) -> str:
    """What an instruction is about (`Explain X in simple words` → `X`); the sentence itself where it is none."""
    text = sentence.strip().rstrip(" ?.!")
    match = TASK_WORDS.match(text)
    rest = text[match.end() :].strip(" ?.!:\"'“”") if match else DEFINITION_OF.sub("", text)
    return rest if _LETTERS.search(rest) else sentence


def clauses_of(sentence: str) -> list[str]:
    """The clauses of a sentence that are worth a look of their own; empty for a sentence of one clause."""
    parts = [part.strip() for part in _CLAUSE.split(sentence) if part and len(part.split()) > SHORT_CLAUSE]
    return parts if len(parts) > 1 else []
