"""Whether a question speaks of something that it does not name: "How do I mock it?", "At which rate should it run?".

Called by `engines.coverage.verdict`, for questions that follow nothing. Pure functions.
"""

import re

from engines.understanding.words import is_function_word, plain_words

_MOST_WORDS = 9  # of such a question
_MOST_TELLING = 2  # of them, beside the pronoun
_PRONOUN = re.compile(
    r"\b(?:it|they|them|(?:this|that|these|those)(?=\W*$)|(?<=\bdoes )(?:this|that)|ihn|(?:es|das|sie|damit|dafür)(?=\W*$)|(?<=\bich )(?:es|das)|"
    r"(?:this|that|the (?:first|second|third|other|last)) (?:one|option|step|method|way)(?! (?:of|in|to|for)\b)|(?<=\bist )(?:sie|er)|(?<=\bsind )sie|"
    r"[çc]a|cela|lo|eso|esto|isko|isay|ise|usko|usay|is ?k[aei]|us ?k[aei])\b|"
    r"(?<!\w)(?:اسے|اس ک[وایے]|इसे|इसको|उसे|इसक[ाीे]|उसक[ाीे])(?!\w)|它",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(  # a pronoun that stands for a clause, or for what the clause before it has named
    r"\bit(?:['’]?s)?\W+(?:\w+\W+){0,3}(?:to|that|if|when|for)\b|\b(?:is|was) it (?:\w+ )?(?:possible|necessary|true|worth|ok|safe)\b|"
    r"\b(?:that|if|when|while|because|until|before|after|once|so)\W+(?:it|they)\b|"
    r"\bes\b.*\bzu\b|\bque\b.*\blo\b",
    re.IGNORECASE,
)
_BESIDE = frozenset(  # small words of the other languages
    plain_words(
        "ist sind hat war कितना कितनी कितने क्या है हैं and but und aber et pero y aur اور please pls wie was warum wann wo welche ich man kann soll sollte muss das die der ein eine nicht comment quand pourquoi "
        "combien quel quelle je on peux dois faut il se pas le la les une como cuando donde por que cuanto puedo debo los las "
        "kaise kab kahan kya kitna kitni main mein hai hain hoon karun karoon karein karte کیسے کب کہاں کیا کتنا میں ہے ہیں کروں کریں"
    )
)


def names_nothing(question: str) -> bool:
    """Whether a question has a pronoun and so few other words that nothing in it says what is meant."""
    words = plain_words(question)
    if len(words) > _MOST_WORDS or not _PRONOUN.search(question) or _STANDS_FOR.search(question):
        return False
    bare = plain_words(_PRONOUN.sub(" ", question))
    telling = [word for word in bare if not is_function_word(word, "en") and word not in _BESIDE]
    return len(telling) <= _MOST_TELLING and not re.search(r"\b[A-Z]{2,}|\w[._]\w|[a-z][A-Z]|\d", question)
