"""Letters, words and languages of a message: what is meant by them, how rare a word is, which language it is in.

Copied text brings zero-width spaces and marks of direction, some keyboards write letters of double width, and people
decorate letters, or paste markup and addresses as a browser encodes them. Search would take each of these for another
word, so that a message is made `readable` first.
How frequent a word is in the language at large comes from wordfreq's data, which is read when the first word is asked.
A message's language is detected by its script and its small words. Misspelt words are corrected to those of the book
(`SpellingCorrector`). Called by the modules beside it, by the coverage signals and by retrieval.
"""

import json
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from operator import itemgetter
from urllib.parse import unquote

import regex
import wordfreq
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from storage.vectors.bm25 import decode_written_words, tokens

_APOSTROPHES = re.compile(r"['’ʼ`´]")
_WORDS = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_LAST_RUN = re.compile(r"([^\W\d_])\1+$")
_AS_FAR = 30  # characters in which the word beside another one is looked for
_CLOSE = 0.8  # of difflib's ratio: one letter wrong in five, two swapped in six
_SIMILAR = _CLOSE - 0.001  # a little less, as it is rounded
_SHORT = 4  # letters; shorter words are not corrected

SHORTEST, LONGEST = 4, 25  # letters of a word that is corrected
TWO_EDITS_FROM = 8  # letters
_PARTS_OF_A_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHORTEST_IDENTIFIER = 6  # letters of one that is corrected
MOST_CORRECTIONS = 8  # in one question; a text with more is of another language

_COMMON_ZIPF = 3.8  # words of the language at large that a misspelt word may stand for
_FREQUENT_ZIPF = 4.6  # a misspelt word that the book lacks stands for a frequent one
_KNOWN_ZIPF = 3.3  # a word of this frequency is not misspelt
_NAME_ZIPF = 2.5  # a word of this frequency that another language has as often is a name there, too: "Bilal", "Sven"
_RARE_ZIPF = 1.5  # below it a word is no name and no word of its own
_REAL_WORD_ZIPF = 2.0  # a word of this frequency may be a word of its own: it takes a much more frequent one instead
_RATHER_TYPICAL, _TYPICAL = 1.0, 1.8  # of Zipf's scale: ten and sixty times as frequent in the book
_COMMON_AT_LARGE = 5.0
_AS_FREQUENT = 0.5  # of Zipf's scale: two words of which one is at most three times as frequent
# Of a word with an apostrophe only the beginning of a possessive is one by itself: `didn` of "didn't" is none.
_WORD = regex.compile(r"(?<![\p{L}\p{N}_./@\\$<'`\"-])\p{L}+(?![\p{L}\p{N}_/\\@(=`-]|\.\p{L}|['’](?!s\b)\p{L})")
# An identifier of several words: `joint_sate_publisher`, `ros2-contorl`.
_JOINED = regex.compile(
    r"(?<![\p{L}\p{N}_./@\\$-])\p{L}[\p{L}\p{N}]*(?:[_-]+[\p{L}\p{N}]+)+(?![\p{L}\p{N}_/\\@-]|\.\p{L})"
)
_PART = regex.compile(r"[\p{L}\p{N}]+")
_PART_OR_SIGNS = regex.compile(r"[\p{L}\p{N}]+|[^\p{L}\p{N}]+")
_SHORTEST_PART = 3  # letters; so short a part is corrected where two of its letters are swapped
_SHORTEST_COMPOUND = 10  # letters of an identifier without the signs between its parts
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"^ps", "s"), (r"^x", "z"), (r"ph", "f"), (r"ght", "t"),
        (r"ck|q|c(?![eiyh])|ch(?=[rl])", "k"), (r"c(?=[eiy])", "s"), (r"g(?=[eiy])|dg", "j"), (r"x", "ks"), (r"z", "s"),
        (r"y", "i"), (r"(?<=.)[aeiouhw]", ""), (r"^[aeiou]", "a"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_SHORTEST_SOUND = 3  # letters of what is left
_ALIKE = 0.65  # of the letters


# Joiners (U+200C, U+200D) stay: Urdu's spelling and emoji need them.
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_STACKED = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # that no letter is composed with
# Letters that are others in a costume: of double width, mathematical, in circles, as Arabic script joins them.
_COSTUMES = re.compile(
    "[\u2460-\u24ff\u3000\ufb00-\ufb06\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\uff01-\uffee\U0001d400-\U0001d7ff]+"
)
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})")
_FEWEST_ENCODED = 3
_FORMATTED = re.compile(
    r"<(b|i|u|em|strong|mark|span|font|small|big|p|h[1-6])\b[^<>]{0,200}>([^<>]*)</\1\s*>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--(?:(?!<!--|-->).){0,2000}-->", re.DOTALL)
_MOST_NESTED = 4
_TAG = re.compile(  # a script is read up to the next one: to look for the end of each would take the square of the time
    r"<(script|style)\b[^<>]{0,200}>(?:(?!</?(?:script|style)\b).)*+</\1\s*>|</?[a-z][^<>]{0,200}>",
    re.IGNORECASE | re.DOTALL,
)
_QUESTION_KEYS = ("question", "message", "query", "prompt", "text", "content")  # of a body for a service


# A sign that goes on and on says no more than a row of it; patterns take time by the square of its length.
_SHORT_ROW = 80
_LONG_ROW = re.compile(r"([^\w\s()\[\]{}<>])\1{80,}")
_LONG_GAP = re.compile(r"[^\S\n]{80,}")


def readable(text: str) -> str:
    """The message in the letters that are meant; one that is written plainly is given back as it is."""
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        text = _COSTUMES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        if _STACKED.search(text):
            text = _STACKED.sub("", unicodedata.normalize("NFC", text))
    if len(text) > _SHORT_ROW:
        text = _LONG_GAP.sub(" ", _LONG_ROW.sub(lambda found: found[1] * _SHORT_ROW, text))
    if len(_ENCODED.findall(text)) >= _FEWEST_ENCODED and not any(map(str.isspace, text.strip())):
        text = unquote(text)
    if text.lstrip().startswith("{"):
        text = _in_json(text)
    return _without_markup(text) if "<" in text else text


def _in_json(text: str) -> str:
    """The question in a body that is meant for a service, `{"question": "..."}`; other texts as they are."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    values = [body.get(key) for key in _QUESTION_KEYS] if isinstance(body, dict) else []
    return next((value for value in values if isinstance(value, str) and value.strip()), text)


def _without_markup(text: str) -> str:
    """A text without comments, and without tags that only format the words between them.

    Other tags may be what a question is about: "when does `<ion-tab>` load?".
    """
    shown = _COMMENT.sub(" ", text)
    formatted = bool(_FORMATTED.search(shown))
    for _ in range(_MOST_NESTED):
        plain = _FORMATTED.sub(r"\2", shown)
        if plain == shown:
            break
        shown = plain
    if formatted:  # a piece of a page
        shown = " ".join(_TAG.sub(" ", shown).split())
    return shown if any(map(str.isalnum, shown)) else text


def plain_words(text: str) -> list[str]:
    """The words in lower case, without accents, vowel marks, apostrophes, signs and emoji."""
    plain = _APOSTROPHES.sub("", text).casefold()
    if plain.isascii():
        return _WORDS.findall(plain)
    decomposed = unicodedata.normalize("NFKD", plain)
    return _WORDS.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter)))


@lru_cache(maxsize=64)
def _by_length(vocabulary: frozenset[str]) -> dict[int, list[str]]:
    """The words of a vocabulary by their length: most words of a question are in none, and each is compared."""
    found: dict[int, list[str]] = {}
    for word in vocabulary:
        found.setdefault(len(word), []).append(word)
    return found


@lru_cache(maxsize=20_000)
def corrected(word: str, vocabulary: frozenset[str]) -> str:
    """The word of the vocabulary that was meant ("hellooo", "tahnks"), else the word as it is."""
    if word in vocabulary:
        return word
    for letters in (r"\1\1", r"\1"):
        shortened = _LONG_RUN.sub(letters, word)
        if shortened in vocabulary:
            return shortened
    single = _LAST_RUN.sub(r"\1", word)
    if single in vocabulary:
        return single
    shortened = _LONG_RUN.sub(r"\1", word)
    if len(shortened) < _SHORT or not shortened.isalpha():
        return word
    by_length = _by_length(vocabulary)
    near_length = range(max(_SHORT, len(shortened) - 1), len(shortened) + 2)
    alike = [known for length in near_length for known in by_length.get(length, ())]
    # rapidfuzz's similarity is never below difflib's ratio, and far quicker: few are left to compare.
    near = process.extract(shortened, alike, scorer=Indel.normalized_similarity, score_cutoff=_SIMILAR, limit=None)
    return next(iter(get_close_matches(shortened, [known for known, *_ in near], n=1, cutoff=_CLOSE)), word)


STOP_ZIPF = 6.0  # words of this frequency and above say nothing about a subject: about a hundred in English
_FOREIGN_ZIPF = 4.0  # frequent enough in another language to be of that language
_FOREIGN_LEAD = 1.5  # by how much more frequent it has to be there
_RARE_AT_HOME = 3.6
_NEIGHBOURS = ("en", "es", "fr", "de", "pt", "it", "nl", "tr", "id")  # languages written with Latin letters

# Closed classes of English: whatever a question is about, none of them names it.
_CLOSED_CLASSES = (
    "a about above across after against all along already also although always am among an and another any anybody "
    "anyone anything are around as at away be became because become been before behind being below beneath beside "
    "besides between beyond both but by can cannot could did do does doing done down during each either else enough "
    "even ever every everybody everyone everything except few for from had has have having he hence her here hers "
    "herself him himself his how however i if in inside instead into is it its itself just least less many may maybe "
    "me might mine more most much must my myself near neither never nevertheless no nobody none nor not nothing now "
    "of off often on once one only onto or other others otherwise ought our ours ourselves out outside over own per "
    "perhaps quite rather same shall she should since so some somebody somehow someone something sometimes somewhat "
    "soon still such than that the their theirs them themselves then there therefore these they this those though "
    "through throughout thus till to together too toward towards under unless until up upon us very via was we well "
    "were what whatever when whenever where whereas wherever whether which whichever while who whoever whole whom "
    "whose why will with within without would yes yet you your yours yourself yourselves"
)
_FUNCTION_WORDS = frozenset(_CLOSED_CLASSES.split())

# Function words of Urdu and Hindi in Latin letters, for which no frequency data is published. Words that are English
# as well ("main", "to", "is") are left out.
_ROMAN_URDU_WORDS = (
    "aa aaj aap abhi achha agar aik aisa aise aisi apna apne apni asaan aur baad baare bahar bahut banati banaya "
    "baray bataen batao batayen bhai bhi bohat bolun chahiye chahte chal dein dete diya dono gaya hai hain hamara "
    "hamare hamari hoga hona hone hota hote hoti hua hue hui isay iska iske iski isko jab jahan jaise jata jate "
    "jati jis ka kaam kahan kaisa kaisay kaise kamon karein karen karke karna karne karo karta karte karti karun "
    "karunga kaun ke kesay kese kin kisi kitna kitne kitni kiya kiye ko koi kon konsa konse konsi kuch kya kyon "
    "kyu kyun lagte lekin likha likhna likhun liye magar mahine matlab mein mera mere meri milta mujhe mujhko "
    "nahi nahin neeche paas paise pata pehle phir poora pura raha rahe rahi saath sakta sakte sakti samajh "
    "samjhao samjhna sath shuru sikhna sirf suno taake tarah tareeqa torta tumhara unka unke unki usay uska uske "
    "uski usko wahan waja wajah wala wale wali waqt warna woh yaar yahan yehi zaroori zyada"
)
_ROMAN_URDU = frozenset(_ROMAN_URDU_WORDS.split())


def is_roman_urdu(word: str) -> bool:
    """Whether a word in small letters is a function word of Urdu and Hindi in Latin letters."""
    return word in _ROMAN_URDU


def is_among_urdu(text: str, start: int, end: int) -> bool:
    """Whether the words beside a word of a text show that it is Roman Urdu, too: "farq" of "kya farq hai".

    A short word needs one such neighbour. A longer one needs both: terms stand at the edges of what is said of them.
    """
    if not _has_roman_urdu(text):
        return False
    before = _LETTERS.findall(text[max(0, start - _AS_FAR) : start])[-1:]
    after = _LETTERS.findall(text[end : end + _AS_FAR])[:1]
    beside = [is_roman_urdu(word.casefold()) for word in (*before, *after)]
    return any(beside) if end - start <= SHORTEST else len(beside) == 2 and all(beside)


@lru_cache(maxsize=256)  # asked for each word of a question
def _has_roman_urdu(text: str) -> bool:
    return not _ROMAN_URDU.isdisjoint(_LETTERS.findall(text.casefold()))


def language_of(locale: str | None) -> str:
    """The language of a locale (`pt-BR` → `pt`); English where it has Latin letters and no frequency data."""
    language = (locale or "en").replace("_", "-").split("-")[0].lower()
    return language if language in _available() or language in _IN_OTHER_SCRIPTS else "en"


@lru_cache(maxsize=50_000)  # a question asks it 120 times
def zipf(word: str, language: str) -> float:
    """A word's frequency in a language: log10 of its uses in a billion words; 0 for a word that is not listed."""
    frequency = _frequencies(language).get(word.casefold())
    return math.log10(frequency) + 9 if frequency else 0.0


def is_stop_word(word: str, language: str) -> bool:
    """Whether a word is so frequent in its language that it says nothing about a subject."""
    return zipf(word, language) >= STOP_ZIPF


def is_function_word(word: str, language: str) -> bool:
    """Whether a word holds sentences together and names nothing: a stop word, or in English one of a closed class."""
    return is_stop_word(word, language) or (language == "en" and word.casefold() in _FUNCTION_WORDS)


@lru_cache(maxsize=20_000)
def is_foreign(word: str, language: str) -> bool:
    """Whether a word is of another language than the one given, by its script or its frequency in both."""
    if word in _ROMAN_URDU or _of_another_script(word, language):
        return True
    here = zipf(word, language)
    if here >= _RARE_AT_HOME or not word.isalpha():
        return False
    bare = unicodedata.normalize("NFKD", word)
    if language == "en" and bare != word and not zipf("".join(filter(str.isascii, bare)), language):
        return True  # a compound or an inflected form that no list of words has
    needed = max(_FOREIGN_ZIPF, here + _FOREIGN_LEAD)
    return any(zipf(word, other) >= needed for other in _NEIGHBOURS if other != language)


@lru_cache(maxsize=20_000)
def leans_elsewhere(word: str, language: str) -> bool:
    """Whether a word is rather one of a European language than of the given one: "quoi", "est", "un"."""
    if word in _ROMAN_URDU:
        return True
    return max(zipf(word, other) for other in EUROPEAN if other != language) >= zipf(word, language) + _FOREIGN_LEAD


def _of_another_script(word: str, language: str) -> bool:
    """Whether a word is in a script that a language with Latin letters does not use; Greek symbols are in all."""
    if word.isascii() or language in _IN_OTHER_SCRIPTS or _LATIN_OR_GREEK.search(word):
        return False
    return any(script.search(word) for _, script in _SCRIPTS)


def frequent_words(language: str, *, least: float) -> list[str]:
    """The words of a language that are at least this frequent (`zipf`)."""
    floor = 10 ** (least - 9)
    return [word for word, frequency in _frequencies(language).items() if frequency >= floor]


@lru_cache(maxsize=1)
def _available() -> Mapping[str, object]:
    return wordfreq.available_languages("small")


@lru_cache(maxsize=16)
def _frequencies(language: str) -> Mapping[str, float]:
    if language not in _available():
        return {}
    # The large list where a book's own words are judged; English is what technical terms are taken from everywhere.
    wordlist = "large" if language == "en" else "small"
    return wordfreq.get_frequency_dict(language, wordlist)


_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ur", re.compile(r"[\u0600-\u06ff\u0750-\u077f]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_OF_ARABIC = re.compile(r"[كيةىأإؤ]")  # letters that Urdu does not have
_OF_URDU = re.compile(r"[ٹڈڑںہھۂۃیےۓکگچپژ]")  # letters that Arabic does not have
_LATIN_OR_GREEK = regex.compile(r"[\p{Latin}\p{Greek}]")
_LETTER = regex.compile(r"\p{L}")
_IN_OTHER_SCRIPTS = frozenset(  # languages that are written in other letters than Latin ones
    (  # noqa: SIM905 - a list of them takes a line for each word
        "am ar be bg bn ckb dv el fa gu he hi hy ja ka kk km kn ko ks ky lo mk ml mn mr my ne or pa pnb ps ru sa sd si "
        "sr ta te tg th ti ug uk ur yi yue zh"
    ).split()
)
# Small words that one of these languages has and English has not; "ur-Latn" is Urdu and Hindi in Latin letters.
_SMALL_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(plain_words(words))
    for language, words in (
        (
            "de",
            "der das und ist sind nicht wie welche welcher wird kann ich fur mit von zu ein eine einen auf wenn warum",
        ),
        ("fr", "le les des une est sont pas comment pourquoi quel quelle je avec pour dans du et sur que faut peut"),
        ("es", "el los las una es son como por que cual cuando donde puedo con para del y se funciona hago mi"),
        (
            "ur-Latn",
            f"{_ROMAN_URDU_WORDS} ka ki se kar",
        ),
    )
}
_ENGLISH = frozenset(
    plain_words("the is are what why how does do which of and with a an to in i for can on my it when where should")
)
_READ_WORDS, _READ_CHARS = 100, 2_000  # of a text whose language is told
_LETTERS = regex.compile(r"\p{L}+")
EUROPEAN = ("de", "fr", "es", "pt", "it")
_LEAST_WORDS = 3
_MORE_FREQUENT = 1.0  # of Zipf's scale: ten times as frequent in the mean
_LANGUAGES_WITH = Counter(word for small in _SMALL_WORDS.values() for word in small)
_LEAST = 2  # small words of a language that make it that one
_MULTILINGUAL = re.compile(
    r"multilingual|\bm3\b|bge-m3|labse|xlm|gte-multi|e5-.*instruct|paraphrase-multi", re.IGNORECASE
)


@lru_cache(maxsize=256)  # of 20 KB at most; one question asks it four times
def detected_language(text: str) -> str | None:
    """The language of a text, "ur-Latn" for Roman Urdu; None where it may be English or cannot be told."""
    letters = sum(character.isalpha() for character in text)
    words = plain_words(text)[:_READ_WORDS]
    has_english = not _ENGLISH.isdisjoint(words)
    for language, script in _SCRIPTS:
        found = len(script.findall(text))
        # Terms in Latin letters may be most of a question in another script; in an English one that is quoted.
        if found * 3 > letters or (found > 1 and not has_english):
            return "ar" if language == "ur" and is_arabic(text) else language
    counts = {language: sum(word in small for word in words) for language, small in _SMALL_WORDS.items()}
    # Small words of several languages ("se", "par", "le") say less than those of one ("kaise").
    own = {
        language: sum(_LANGUAGES_WITH[word] == 1 for word in words if word in small)
        for language, small in _SMALL_WORDS.items()
    }
    best = max(counts, key=lambda language: (counts[language] + own[language], counts[language]))
    english = sum(word in _ENGLISH for word in words)
    if counts[best] >= _LEAST and counts[best] > english:
        return best
    return _told_by_frequency(text) if counts["ur-Latn"] == 0 else None


def is_arabic(text: str) -> bool:
    """Whether a text in Arabic letters is not in Urdu; a few words may be of either."""
    return bool(_OF_ARABIC.search(text)) and not _OF_URDU.search(text)


def has_small_english_words(text: str) -> bool:
    """Whether a text has words that hold English sentences together, and not only terms."""
    return not _ENGLISH.isdisjoint(plain_words(text[:_READ_CHARS]))


def _told_by_frequency(text: str) -> str | None:
    """The language in which the words are much more frequent than in English: "Quels capteurs possède un robot ?"."""
    words = [word for word in _LETTERS.findall(text.casefold())[:_READ_WORDS] if len(word) > 1]
    if len(words) < _LEAST_WORDS:
        return None
    means = {language: _mean_zipf(words, language) for language in ("en", *EUROPEAN)}
    best = max(means, key=lambda language: means[language])
    return best if means[best] - means["en"] >= _MORE_FREQUENT else None


def _mean_zipf(words: Sequence[str], language: str) -> float:
    known = _frequencies(language)
    return sum(math.log10(known[word]) + 9 for word in words if word in known) / len(words)


def is_of_language(text: str, locale: str | None) -> bool:
    """Whether a text may be in the language of a locale; what cannot be told may be English."""
    return (detected_language(text) or "en") == (locale or "en").partition("-")[0].lower()


def reads_locale(model: str, locale: str) -> bool:
    """Whether an embedding model reads an edition's language."""
    return bool(_MULTILINGUAL.search(model)) or locale.partition("-")[0].lower() == "en"


def reads(model: str, text: str) -> bool:
    """Whether an embedding model can make something of a text: one that is not multilingual reads English."""
    return bool(_MULTILINGUAL.search(model)) or detected_language(text) is None


def reads_nothing(model: str, text: str, locale: str) -> bool:
    """Whether what an embedding model makes of a question to an edition says nothing about it.

    A model that is not multilingual reads English, and in an English edition it makes something of other languages in
    Latin letters, whose words it knows in part.
    """
    return not reads(model, text) and not (reads_locale(model, locale) and _in_latin_letters(text))


def _in_latin_letters(text: str) -> bool:
    return 2 * len(_LATIN_OR_GREEK.findall(text)) >= len(_LETTER.findall(text))


# English as it is typed in chats. Words that may be a subject of their own ("id", "r", "ur") are left as they are.
_TEXT_SPEAK = {
    "wat": "what", "wats": "what's", "whats": "what's", "wht": "what", "whts": "what's", "wheres": "where's",
    "hows": "how's", "whos": "who's", "whys": "why's", "thats": "that's", "theres": "there's", "lets": "let's",
    "im": "I'm", "ive": "I've", "youre": "you're", "theyre": "they're", "dont": "don't", "doesnt": "doesn't",
    "didnt": "didn't", "cant": "can't", "couldnt": "couldn't", "shouldnt": "shouldn't", "wouldnt": "wouldn't",
    "wont": "won't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't", "werent": "weren't", "hasnt": "hasn't",
    "havent": "haven't", "aint": "isn't", "u": "you", "pls": "please", "plz": "please", "plss": "please",
    "plzz": "please", "thx": "thanks", "thnx": "thanks", "tnx": "thanks", "abt": "about", "bcz": "because",
    "bcoz": "because", "cuz": "because", "coz": "because", "becuz": "because", "wanna": "want to", "gonna": "going to",
    "gotta": "have to", "gimme": "give me", "lemme": "let me", "dunno": "don't know", "idk": "I don't know",
    "thru": "through", "ppl": "people", "smth": "something", "sth": "something", "sumthing": "something",
    "wiht": "with", "cud": "could", "shud": "should", "wud": "would", "kno": "know", "doin": "doing", "hav": "have",
}  # fmt: skip
_CHAT_WORD = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}_./@\\$<('’`\"-])(?:{'|'.join(_TEXT_SPEAK)})(?![\p{{L}}\p{{N}}_/\\@(=`'’-]|\.\p{{L}})",
    regex.IGNORECASE,
)


def without_text_speak(text: str) -> str:
    """A text with the words of chats written out: "wats the diff" is "what's the diff"; words in capitals stay."""
    return _CHAT_WORD.sub(lambda match: match[0] if match[0].isupper() else _TEXT_SPEAK[match[0].lower()], text)


class SpellingCorrector:
    """Corrects the words of questions to one book.

    A word is corrected where neither the book nor its language has it, to the nearest word of either by optimal string
    alignment (rapidfuzz): one edit, two in a word of eight letters or more. Names, identifiers and words of other
    languages stay as they are.
    """

    def __init__(self, words: Mapping[str, int], locale: str | None) -> None:
        self._words = words
        self._locale = locale
        self._language = language = language_of(locale)
        self._total = sum(words.values())
        self._stems = frozenset(token for word in words for token in tokens(word, locale))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        # A language of which wordfreq has the small list alone lacks too many words to say that one is misspelt, and
        # which of its own was meant: there only the book's words are.
        common = [word for word in frequent_words(language, least=_COMMON_ZIPF) if word.isalpha()]
        if language not in wordfreq.available_languages("large"):
            common = []
        for word in sorted({*words, *common}):
            self._by_length[len(word)].append(word)
        self._by_sound: dict[str, str] = {}  # the most frequent one of the book's own words
        for word, _ in sorted(words.items(), key=itemgetter(1)):
            if len(word) > SHORTEST and self.typical_by(word) >= _RATHER_TYPICAL:
                self._by_sound[_sound(word)] = word
        self._remembered = lru_cache(maxsize=5_000)(self._nearest)
        self._remembered_part = lru_cache(maxsize=1_000)(self._nearest_part)
        self._remembered_compound = lru_cache(maxsize=1_000)(self._nearest_compound)

    def correct(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with its misspelt words replaced, and what was replaced by what."""
        corrections = self._identifiers(text)
        for typed, meant in corrections.items():
            text = text.replace(typed, meant)
        for match in _WORD.finditer(text):
            word = match.group()
            if len(corrections) == MOST_CORRECTIONS:
                break
            if is_among_urdu(text, *match.span()):
                continue
            if self._may_be_misspelt(word):
                nearest = self._remembered(word.lower())
                starts = not text[: match.start()].strip(" \"'(")
                if nearest is not None and (word[0].islower() or self._is_no_name(word, nearest, starts=starts)):
                    corrections[word] = self._spelt_like(word, nearest)
        if not corrections:
            return text, ()
        replaced = _WORD.sub(lambda match: corrections.get(match.group(), match.group()), text)
        return replaced, tuple(corrections.items())

    def _spelt_like(self, identifier: str, corrected: str) -> str:
        """A corrected identifier in the parts of the one that was typed: `toEqaul` gives `toEqual`."""
        parts = _PARTS_OF_A_NAME.findall(identifier)
        if len(parts) < 2:
            return corrected
        found = [part if self.has(part.lower()) else (self._remembered(part.lower()) or part) for part in parts]
        cased = (new.capitalize() if old[0].isupper() else new for old, new in zip(parts, found, strict=True))
        joined = "".join(cased)
        return joined if joined.lower() == corrected else corrected

    def _may_be_misspelt(self, word: str) -> bool:
        if not SHORTEST <= len(word) <= LONGEST:
            return False
        if word[1:] != word[1:].lower():  # `toEqaul`; a name like `QoS` or `ROS` stays
            return len(word) >= _SHORTEST_IDENTIFIER and (word[0].islower() or len(_PARTS_OF_A_NAME.findall(word)) > 1)
        return True

    def _is_no_name(self, word: str, nearest: str, *, starts: bool) -> bool:
        """Whether a word with a capital letter is a misspelt one: "Gazbo" is Gazebo, and "Marek" is not "mark".

        At the beginning of a sentence it may be any word, elsewhere one that the book uses more often than others do.
        """
        if word[1:] != word[1:].lower():
            return nearest in self._words and not zipf(word, self._language)
        if zipf(word, self._language) < _RARE_ZIPF:
            return starts or self.typical_by(nearest) >= _RATHER_TYPICAL
        return starts and (is_function_word(nearest, self._language) or self.typical_by(nearest) >= _TYPICAL)

    def _identifiers(self, text: str) -> dict[str, str]:
        """The identifiers whose misspelt parts are put right, where the book has another part of them."""
        found: dict[str, str] = {}
        for match in _JOINED.finditer(text):
            whole = self._remembered_compound("".join(_PART.findall(match[0])).lower())
            if whole and len(found) < MOST_CORRECTIONS:
                found[match[0]] = whole
                continue
            # In words with hyphens an ordinary word is rather meant as it is: "first-person".
            most = _KNOWN_ZIPF if "_" in match[0] else _NAME_ZIPF
            wrong: dict[str, str] = {}
            known = False
            for part in _PART.findall(match[0]):
                meant = self._remembered_part(part.lower()) if zipf(part, self._language) < most else None
                known = known or (meant is None and self.has(part.lower()))
                wrong |= {part: meant} if meant else {}
            if wrong and known and len(found) < MOST_CORRECTIONS:
                found[match[0]] = "".join(wrong.get(part, part) for part in _PART_OR_SIGNS.findall(match[0]))
        return found

    def _nearest_compound(self, squashed: str) -> str | None:
        """The identifier of the book that is meant by parts with signs between them: "modual-name-maper".

        None where the book has the parts as they are written. It takes one edit for each five letters, three at most.
        """
        if len(squashed) < _SHORTEST_COMPOUND or self.has(squashed):
            return squashed if squashed in self._words else None
        edits = min(3, len(squashed) // 5)
        own = [
            word
            for length in range(len(squashed) - edits, len(squashed) + edits + 1)
            for word in self._by_length.get(length, ())
            if word in self._words and not zipf(word, self._language)
        ]
        found = process.extractOne(squashed, own, scorer=OSA.distance, score_cutoff=edits)
        return found[0] if found else None

    def _nearest_part(self, part: str) -> str | None:
        """The book's word that a part of an identifier is with one letter wrong, or two in a long one."""
        if (
            not part.isalpha()
            or not _SHORTEST_PART <= len(part) <= LONGEST
            or self.has(part)
            or zipf(part, self._language) >= _KNOWN_ZIPF
        ):
            return None
        edits = 2 if len(part) >= TWO_EDITS_FROM else 1
        near: dict[str, float] = {}
        for length in range(len(part) - edits, len(part) + edits + 1):
            own = [word for word in self._by_length.get(length, ()) if self._words.get(word, 0) > 1]
            own = [word for word in own if not part.startswith(word[:-1]) and word not in _FUNCTION_WORDS]
            for word, distance, _ in process.extract(part, own, scorer=OSA.distance, score_cutoff=edits, limit=None):
                is_swapped = sorted(word) == sorted(part)
                score = self._score(part, word, float(distance), 0.0)
                if score is not None and (len(part) > _SHORTEST_PART or is_swapped):
                    near[word] = score + is_swapped
        return max(near, key=near.__getitem__, default=None)

    def _nearest(self, word: str) -> str | None:
        """The word that was most likely meant, None for one that is right or near nothing."""
        frequency = zipf(word, self._language)
        if frequency >= _KNOWN_ZIPF or is_foreign(word, self._language) or self.has(word):
            return None
        is_name = frequency >= _NAME_ZIPF and any(
            zipf(word, other) >= frequency for other in _NEIGHBOURS if other != self._language
        )
        edits = 2 if len(word) >= TWO_EDITS_FROM and frequency < 1.0 else 1
        near: dict[str, float] = {}  # by how likely they were meant
        for length in range(len(word) - edits, len(word) + edits + 1):
            found = process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
            for candidate, distance, _ in found:
                score = self._score(word, candidate, float(distance), frequency)
                if score is not None and not (is_name and self._is_ordinary(candidate)):
                    near[candidate] = score
        if near:
            return self._rather_a_subject(word, max(near, key=near.__getitem__), near)
        return self._heard_as(word) if frequency < _RARE_ZIPF else None

    def _is_ordinary(self, word: str) -> bool:
        """Whether a word neither holds sentences together nor is typical of the book."""
        return not is_function_word(word, self._language) and self.typical_by(word) < _RATHER_TYPICAL

    def _heard_as(self, word: str) -> str | None:
        """The word of the book that sounds as this one does and looks similar."""
        sound = _sound(word)
        heard = self._by_sound.get(sound) if len(sound) >= _SHORTEST_SOUND else None
        return heard if heard and Indel.normalized_similarity(word, heard) >= _ALIKE else None

    def _rather_a_subject(self, word: str, best: str, near: Mapping[str, float]) -> str:
        """The best correction, or one as near and as frequent that names something: "wether" is "weather".

        Every book has "whether", so that its uses there say nothing about what was meant.
        """
        swapped = (other for other in near if sorted(other) == sorted(word) and is_function_word(other, self._language))
        if (small := next(swapped, None)) or not is_function_word(best, self._language):
            return small or best  # "waht" is "what", and not "want"
        edits, least = Indel.distance(word, best), zipf(best, self._language) - _AS_FREQUENT
        others = {
            other: score
            for other, score in near.items()
            if not is_function_word(other, self._language)
            and zipf(other, self._language) >= least
            and Indel.distance(word, other) == edits
        }
        return max(others, key=others.__getitem__, default=best)

    def typical_by(self, word: str) -> float:
        """How much more often the book uses a word than its language does, on Zipf's scale; 0 for one used once."""
        count = self._words.get(word.lower(), 0)
        return math.log10(count / self._total) + 9 - zipf(word, self._language) if count > 1 else 0.0

    def is_about_the_book(self, sentence: str, *, surely: bool = False) -> bool:
        """Whether a sentence has a word that is typical of the book; one that is common at large has to be much so.

        Surely it is about the book with such a word that is much so, or with two.
        """
        found = [by for word in set(_LETTERS.findall(sentence.casefold())) if (by := self._tells_by(word)) > 0]
        return len(found) > 1 or any(by >= _TYPICAL for by in found) if surely else bool(found)

    def _tells_by(self, word: str) -> float:
        by = self.typical_by(word)
        common = by < _TYPICAL and zipf(word, self._language) >= _COMMON_AT_LARGE
        return 0.0 if by < _RATHER_TYPICAL or common else by

    def has(self, word: str) -> bool:
        """Whether the book has the word, in this form or another."""
        return word in self._words or not self._stems.isdisjoint(tokens(word, self._locale))

    def _score(self, word: str, candidate: str, distance: float, frequency: float) -> float | None:
        """How likely a candidate was meant; None where it was not."""
        if candidate[0] != word[0] and candidate[:2] != word[1::-1]:
            return None  # the first letter is rarely wrong
        in_book, at_large = self._words.get(candidate, 0), zipf(candidate, self._language)
        if frequency > 0 and at_large < frequency + (2.0 if frequency >= _REAL_WORD_ZIPF else 1.0):
            return None
        if _RARE_ZIPF <= frequency < _REAL_WORD_ZIPF and not in_book and at_large < _FREQUENT_ZIPF:
            return None  # "joran" is no "jordan"
        own = 1.5 + 0.5 * math.log10(1 + in_book) if in_book else 0.0
        return own + 0.35 * at_large - 3 * distance - 0.4 * Indel.distance(word, candidate)


def _sound(word: str) -> str:
    """The consonants that are heard of an English word: "kinimatiks" sounds as "kinematics" does."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


@lru_cache(maxsize=8)
def load_corrector(encoded: str, locale: str | None) -> SpellingCorrector | None:
    """The corrector of a book whose words are encoded so; None for a build that has kept none."""
    words = decode_written_words(encoded)
    return SpellingCorrector(words, locale) if words else None
