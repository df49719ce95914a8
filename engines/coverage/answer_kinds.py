"""Questions for a price, a date or another figure, and texts that have one; `engines.coverage.verdict` compares them.

A passage that names a robot and its parts has most words of "what does the robot cost?", but no answer to it. Prices
and dates are recognised in all languages, the other kinds in English; the words stand in `[patterns.figures]`.
"""

import re

from engines.understanding.lexicon import pattern, word_pattern

_PRICE_TOLD = pattern(
    "figures",
    r"[$€£¥₹]\s?\d{2}|[$€£¥₹]\s?\d[.,]\d\d\b|\d\s?[€£¥₹]",
    r"\d\+?\s?(?:k |k)?{whole:currency}\b|{anywhere:currency}",
    r"\b{currency_before}\s?\d",
    r"\b{whole:free_of_charge}|{anywhere:free_of_charge}",
)
_DATE_TOLD = re.compile(r"\b(?:19|20)\d\d\b")
_PERSON_TOLD = pattern(
    "figures",
    r"\b{made_by}\b|\b{maker}\b",
    r"\b[A-Z]\w+ {and_another} [A-Z]\w+ \(?(?:19|20)\d\d|\b[A-Z]\w+ {made}\b",
    flags=re.NOFLAG,
)
KINDS = (  # (what asks for one, what has one)
    (word_pattern("figures.price_asked"), _PRICE_TOLD),
    (word_pattern("figures.date_asked"), _DATE_TOLD),
    (word_pattern("figures.person_asked"), _PERSON_TOLD),
    (pattern("figures", r"\b{weight_asked}"), pattern("figures", r"\d\s?{unit_of_weight}\b|\b{weight_in_words}\b")),
    (
        pattern("figures", r"\b{torque_asked}"),
        re.compile(r"\d\s?(?:N\s?[·⋅*]?\s?m|Nm|newton)|N\\?[,·⋅]?\\?\s?m\b", re.IGNORECASE),
    ),
    (pattern("figures", r"\b{system_asked}"), word_pattern("figures.system_name")),
)
