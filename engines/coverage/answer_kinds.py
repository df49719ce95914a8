"""Questions for a price, a date or another figure, and texts that have one; `engines.coverage.verdict` compares them.

A passage that names a robot and its parts has most words of "what does the robot cost?", but no answer to it. Prices
and dates are told in the languages of the interface, Roman Urdu, Hindi and Chinese, the other kinds in English. The
patterns are read across, not down.
"""

import re

_PRICE_ASKED = re.compile(
    r"\b(?:prices?|pricing|salar(?:y|ies)|how expensive|how much money|how much (?:does|do|did|will|would|can) .{1,80}\b(?:cost|earn)s?|"
    r"what (?:does|do|did|will|would) .{1,80}\bcosts?(?=\W*$)|was kostet|was kosten|wie ?viel kostet|wie teuer|preise?|gehalt|"
    r"combien (?:co[uû]te|gagne|vaut)\w*|prix|salaire|cu[aá]nto (?:cuesta|cuestan|vale|valen|gana)|precios?|sueldo|"
    r"kitn[aei] (?:ka|ki|ke) (?:hai|hain|milta|milti|aata|ata)|kitne (?:paise|paisay|rupay|rupees)|qeemat|keemat|tankhwah?)\b|"
    r"کتنے (?:کا|کی|پیسے|روپے)|قیمت|تنخواہ|कितने (?:का|की|पैसे|रुपये)|कीमत|वेतन|多少钱|价格|价钱|工资",
    re.IGNORECASE,
)
_PRICE_TOLD = re.compile(
    r"[$€£¥₹]\s?\d{2}|[$€£¥₹]\s?\d[.,]\d\d\b|\d\s?[€£¥₹]|\d\+?\s?(?:k |k)?(?:us |u\.s\. )?(?:dollars?|usd|eur|euros?|pounds|rupees|pkr|inr|cents|yuan|yen)\b|"
    r"\b(?:usd|eur|pkr|inr|rs\.?)\s?\d|\bfor free\b|\bfree (?:of charge|plan|tier|account)|\bkostenlos|\bgratuit|\bgratis\b|روپے|ڈالر|مفت",
    re.IGNORECASE,
)
_WORK = r"(?:version|edition|(?:next|new|latest) (?:release|update)|(?:text)?book|ausgabe|buch|libro|livre|edici[oó]n|versi[oó]n|kitab|\w+ \d{1,3})"
_DATE_ASKED = re.compile(
    r"\b(?:release|publication|launch) date\b|\b(?:which|what) year\b|"
    r"\bwhen (?:was|were|did) .{1,80}\b(?:invent\w*|introduced|founded|created|discovered|first)\b|"
    rf"\bwhen\b(?=.*\b{_WORK}\b).{{1,80}}\b(?:released|published|comes? out|coming out|launch\w*|announced|written)\b|"
    rf"\bwann\b(?=.*\b{_WORK}\b).{{0,80}}\b(?:erscheint|erschien\w*|heraus\w*|veröffentlicht|geschrieben)\b|\bwann erscheint\b|"
    r"\bdate de (?:sortie|publication)\b|\bquand\b.{1,60}\b(?:sort|sortira|sorti|publi[eé])\b|"
    r"\bfecha de (?:lanzamiento|publicaci[oó]n)\b|\bcu[aá]ndo (?:sale|saldr[aá]|sali[oó]|se public[oó])\b|"
    r"\bkab (?:release|publish|launch|likhi)\b|کب (?:شائع|جاری|لانچ)|कब (?:रिलीज|प्रकाशित)|什么时候(?:发布|出版|推出)|发布日期|出版日期",
    re.IGNORECASE,
)
_DATE_TOLD = re.compile(r"\b(?:19|20)\d\d\b")

_MADE = (
    "invented|wrote|written|created|developed|founded|discovered|designed|introduced|proposed|proved|maintain(?:s|ed)"
)
_PERSON_ASKED = re.compile(rf"\bwho (?:first )?(?:{_MADE})\b|\bby whom\b", re.IGNORECASE)
_PERSON_TOLD = re.compile(
    rf"\b(?:{_MADE}|published|made|owned|credited|due) (?:by|to)\b|\b(?:authors?|maintainers?|inventors?|founders?)\b|\bet al\b|"
    rf"\b[A-Z]\w+ (?:and|&) [A-Z]\w+ \(?(?:19|20)\d\d|\b[A-Z]\w+ (?:{_MADE})\b"
)
_UNITS = (  # (the quantity that is asked for, an amount of it)
    (
        r"how heavy|how much (?:does|do|did|will|can) .{1,60}\bweigh|(?:what is|what['’]?s) the weight",
        r"\d\s?(?:kg|g|kilos?|grams?|pounds|lbs?|tons?)\b|\bkilograms?\b",
    ),
    (
        r"(?:how much|maximum|max|peak|rated|what|which) torque|newton[ -]?met(?:er|re)s?",
        r"\d\s?(?:N\s?[·⋅*]?\s?m|Nm|newton)|N\\?[,·⋅]?\\?\s?m\b",
    ),
    (
        r"(?:which|what) (?:operating system|os)\b(?!.*\b(?:error|call|signal))",
        r"\b(?:ubuntu|windows|linux|mac ?os|debian|android|ios|qnx|freertos)\b",
    ),
)
KINDS = (  # (what asks for one, what has one)
    (_PRICE_ASKED, _PRICE_TOLD),
    (_DATE_ASKED, _DATE_TOLD),
    (_PERSON_ASKED, _PERSON_TOLD),
    *((re.compile(rf"\b(?:{asked})", re.IGNORECASE), re.compile(told, re.IGNORECASE)) for asked, told in _UNITS),
)
