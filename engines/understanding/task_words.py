"""A message with the words and numbers of tasks in one form, as the phrases have them.

"The third chapter", "Kapitel drei" and "第三章" become figures behind the word for a chapter; "总结第3章" becomes "summarize
chapter 3". A number in words is one beside a word for a chapter of its own language: "read this chapter once" has no
Spanish eleven. What a task is about stays as it is written; Hindi becomes Roman Urdu, whose words and order it shares.
Called by `engines.understanding.intents` before a message is read, and by `engines.tasks.contents`. Pure functions.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from engines.understanding.phrases import COUNTED_WORD

_CARDINALS: Mapping[str, str] = {  # from one to twenty; forms of the same number with a slash between
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty",
    "de": "eins zwei drei vier fünf/fuenf sechs sieben acht neun zehn elf zwölf/zwoelf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte",
    "ur-Latn": "ek/aik do teen/tin char/chaar panch/paanch chay/che/chhe saat/sat aath/ath nau/no dus gyara/gyarah bara/barah tera/terah chauda/chaudah "
    "pandra/pandrah sola/solah satra/satrah athara/atharah unnis bees",
    "ur": "ایک دو تین چار پانچ چھ/چھے سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس بیس",
    "hi": "एक दो तीन चार पाँच/पांच छह/छः/छे सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह सत्रह अठारह उन्नीस बीस",
}
_ORDINALS: Mapping[str, str] = {  # those that are not made of the cardinals, from the first one on
    "en": "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "de": "erste zweite dritte vierte fünfte sechste siebte/siebente achte",
    "fr": "premier/première deuxième/second/seconde troisième quatrième cinquième sixième septième huitième neuvième",
    "es": "primer/primero/primera segundo/segunda tercer/tercero/tercera cuarto/cuarta quinto/quinta sexto/sexta séptimo/séptima "
    "octavo/octava noveno/novena décimo/décima undécimo/undécima duodécimo/duodécima",
    "ur-Latn": "pehla/pehle/pehli/pahla/pahle doosra/doosre/doosri/dusra/dusre/dusri teesra/teesre/teesri/tisra/tisre/tisri chautha/chauthe/chauthi",
    "ur": "پہلا/پہلے/پہلی/اول دوسرا/دوسرے/دوسری/دوم تیسرا/تیسرے/تیسری/سوم چوتھا/چوتھے/چوتھی/چہارم پانچواں/پانچویں/پنجم چھٹا/چھٹے/چھٹی/ششم",
    "hi": "पहला/पहले/पहली दूसरा/दूसरे/दूसरी तीसरा/तीसरे/तीसरी चौथा/चौथे/चौथी पाँचवाँ/पाँचवें/पाँचवीं छठा/छठे/छठी/छठवाँ",
}
_ENDINGS = {  # that make ordinals of cardinals
    "en": ("th",),
    "de": ("te", "ste"),
    "fr": ("ième",),
    "ur-Latn": ("wan", "wa", "wen", "win"),
    "ur": ("واں", "ویں"),
    "hi": ("वाँ", "वां", "वें", "वीं"),
}
_TENS = {  # "twenty-one"; the second of German stands behind what it is added to
    "en": (("twenty", 20), ("thirty", 30)),
    "de": (("undzwanzig", 20), ("unddreißig", 30)),
    "fr": (("vingt", 20), ("trente", 30)),
    "es": (("veinti", 20), ("treinta y ", 30)),
}
_LANGUAGES_OF = (  # by the first letters of a word for a chapter
    (("en", "ur-Latn"), ("ch", "modul", "unit", "part", "week", "lesson")),
    (("ur-Latn",), ("baab", "bab", "hiss", "haft")),
    (("de",), ("kap", "modul", "teil", "woche", "lektion")),
    (("fr",), ("chap", "modul", "partie", "semaine", "lecon", "unite")),
    (("es",), ("cap", "modul", "unidad", "parte", "semana", "leccion")),
    (("ur",), ("باب", "ابواب", "چیپٹر", "ماڈیول", "حص", "ہفت")),
    (("hi",), ("अध्याय", "मॉड्यूल", "भाग")),
)
_IN_CHINESE = {"章": "chapter", "部分": "part", "单元": "unit", "模块": "module", "课": "lesson"}
_CHINESE_NUMBER = re.compile(r"第\s*([\d零〇一二两三四五六七八九十]{1,4})\s*(章|部分|单元|模块|课)(?!程)")
_CHINESE_LAST = re.compile(r"最后的?一?个?(章|部分|单元|模块|课)(?!程)")
_CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_WORD = re.compile(r"\S+")
_GENITIVE = re.compile(r"['’]s$")
_AROUND = "\"'“”„«»‘’()[]¿¡?!.,;:،؟۔।？！。，"
_CHAPTER = re.compile(COUNTED_WORD, re.IGNORECASE)
_CALLED_NUMBER = frozenset(("no", "nr", "number", "nummer", "numero", "نمبر", "नंबर", "#"))
_IN_FIGURES = re.compile(r"(\d{1,3})(?:st|nd|rd|th|\.|e|er|re|eme|o|a|واں|ویں|वाँ|वां|वें|वीं)?")
_BETWEEN = frozenset(("and", "und", "et", "y", "e", "aur", "اور", "और", "to", "bis", "a", "hasta", "se", "سے"))
_NOT_TWO = [["do", word] for word in ("i", "we", "you", "they")]  # "which chapter do I open?"
_MOST_WORDS = 3  # of a number


def in_figures(text: str) -> str:
    """A message with the numbers of chapters behind the word for a chapter, and in figures."""
    if not text.isascii():
        text = _CHINESE_LAST.sub(lambda found: f" last {_IN_CHINESE[found[1]]} ", text)
        text = _CHINESE_NUMBER.sub(lambda found: f" {_IN_CHINESE[found[2]]} {_of_chinese(found[1])} ", text)
    words = list(_WORD.finditer(text))
    for at in range(len(words) - 1, -1, -1):
        word = _GENITIVE.sub("", words[at][0].strip(_AROUND))
        if not _CHAPTER.fullmatch(word):
            continue
        behind = _numbers_behind(words, at, word)
        if behind:
            numbers, last = behind
            text = f"{text[: words[at].end()]} {numbers}{_ending(words[last][0])}{text[words[last].end() :]}"
            continue
        before = _number_before(words, at, word)
        if before is not None:
            number, first = before
            text = f"{text[: words[first].start()]}{word} {number}{_ending(words[at][0])}{text[words[at].end() :]}"
    return text


def number_in_words(word: str) -> int | None:
    """The number that a word of one of the languages is."""
    folded = _folded(word)
    return next((table[folded] for language in _CARDINALS if folded in (table := _table(language))), None)


def _numbers_behind(words: list[re.Match[str]], at: int, chapter: str) -> tuple[str, int] | None:
    """The numbers behind a word for a chapter, with what stands between them, and the place of the last word."""
    first, last, found = at + 1, at, ""
    if words[at][0].endswith((",", ";", ".", "?", "!")):
        return None
    if first < len(words) and _folded(words[first][0]) in _CALLED_NUMBER:
        first += 1
    if [_folded(each[0]) for each in words[first : first + 2]] in _NOT_TWO:
        return None
    while (number := _number_at(words, first, chapter)) is not None:
        value, last = number
        between = words[first - 1][0] if found else ""
        found = f"{found} {between} {value}".strip()
        first = last + 2
        if _ending(words[last][0]) or first >= len(words) or _folded(words[first - 1][0]) not in _BETWEEN:
            break
    return (found, last) if found else None


def _number_at(words: list[re.Match[str]], first: int, chapter: str) -> tuple[int, int] | None:
    """The longest number that begins at a place, and the place of its last word."""
    for last in range(min(first + _MOST_WORDS, len(words)) - 1, first - 1, -1):
        number = _number_of(" ".join(word[0] for word in words[first : last + 1]), chapter)
        if number is not None:
            return number, last
    return None


def _number_before(words: list[re.Match[str]], at: int, chapter: str) -> tuple[int, int] | None:
    """The ordinal before a word for a chapter, and the place of its first word."""
    for first in range(max(0, at - _MOST_WORDS), at):
        spelt = " ".join(word[0] for word in words[first:at])
        number = _number_of(spelt, chapter, ordinal=True)
        if number is not None:
            return number, first
    return None


def _number_of(spelt: str, chapter: str, *, ordinal: bool = False) -> int | None:
    folded = _folded(spelt)
    figures = _IN_FIGURES.fullmatch(folded)
    if figures:
        return int(figures[1]) if len(folded) > len(figures[1]) or spelt.endswith(".") or not ordinal else None
    for language in _languages_of(_folded(chapter)):
        number = _table(language, ordinal).get(folded)
        if number is not None:
            return number
    return None


@lru_cache(maxsize=256)
def _languages_of(chapter: str) -> tuple[str, ...]:
    return tuple(
        language
        for languages, beginnings in _LANGUAGES_OF
        for language in languages
        if chapter.startswith(tuple(map(_folded, beginnings)))
    )


@lru_cache(maxsize=16)
def _table(language: str, only_ordinals: bool = False) -> Mapping[str, int]:
    """The numbers of a language by their words, without accents."""
    cardinals = dict(_cardinals(language))
    ordinals = {
        f"{word.removesuffix('e') if language == 'fr' else word}{ending}": number
        for word, number in cardinals.items()
        for ending in _ENDINGS.get(language, ())
    }
    for number, words in enumerate(_ORDINALS[language].split(), 1):
        ordinals |= dict.fromkeys(words.split("/"), number)
    if language == "en":
        ordinals |= {
            f"{tens}-{word}": value + number for tens, value in _TENS["en"] for word, number in _ordinal_ones()
        }
        ordinals |= {"twentieth": 20, "thirtieth": 30}
    if language == "de":
        ordinals |= {f"{word}{end}": number for word, number in ordinals.items() for end in "nrsm"}
    found = ordinals if only_ordinals else cardinals | ordinals
    return {_folded(word): number for word, number in found.items()}


def _ordinal_ones() -> Iterator[tuple[str, int]]:
    yield from ((word, number) for number, word in enumerate(_ORDINALS["en"].split()[:9], 1))


def _cardinals(language: str) -> Iterator[tuple[str, int]]:
    ones = [words.split("/") for words in _CARDINALS[language].split()]
    for number, words in enumerate(ones, 1):
        yield from ((word, number) for word in words)
    for tens, value in _TENS.get(language, ()):
        for number, words in enumerate(ones[:9], 1):
            word = words[0]
            if language == "de":
                yield f"{'ein' if number == 1 else word}{tens}", value + number
            elif language == "es":
                yield f"{tens}{word}", value + number
            else:
                yield f"{tens} et un" if language == "fr" and number == 1 else f"{tens}-{word}", value + number
        yield {"de": tens[3:], "es": "treinta"}.get(language, tens), value


def _of_chinese(spelt: str) -> int:
    if spelt.isdecimal():
        return int(spelt)
    tens, ten, ones = spelt.partition("十")
    if not ten:
        return int("".join(str(_CHINESE_DIGITS[digit]) for digit in spelt))
    return 10 * _CHINESE_DIGITS.get(tens, 1) + _CHINESE_DIGITS.get(ones, 0)


def _ending(word: str) -> str:
    """The signs that a word ends with."""
    return word[len(word.rstrip(_AROUND)) :]


@lru_cache(maxsize=2_000)
def _folded(text: str) -> str:
    """A text in lower case, without accents, hyphens and the signs around its words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(word.strip(_AROUND) for word in bare.split())


_CHINESE: Mapping[str, str] = {
    "总结 概括 摘要 概述 归纳 小结 提要": "summarize",
    "翻译 译": "translate",
    "要点 重点 关键点 核心内容 主要内容": "key points",
    "测验 测试题 选择题 考考我 小测试 问答题": "quiz",
    "学习目标": "learning objectives",
    "练习题 练习 习题": "exercises",
    "目录 大纲": "table of contents",
    "先修知识 先修 前置知识 预备知识 先决条件 前提条件 基础知识": "prerequisites",
    "之前 以前": "before",
    "之后 以后 后面 接下来 接着": "after",
    "下一章": "next chapter",
    "下一页 下一节": "next page",
    "上一章": "previous chapter",
    "上一页 上一节": "previous page",
    "这本书 本书 这书 这部书 全书 整本书": "this book",
    "这一章 这章 本章": "this chapter",
    "这一页 这页 本页 这里 此页 这个页面 这一节 本节": "this page",
    "那一章 一章 章节 章": "chapter",
    "那一页 那一节 一节 节 那个页面 页面 网页 一页 那页 页": "page",
    "哪一章 哪章 哪些章节 哪几章 哪个章节": "which chapter",
    "哪一页 哪页 哪些页面 哪几页 哪个页面": "which page",
    "多少个 多少 几个 几": "how many",
    "一共 总共 总计 共有": "in total",
    "部分": "parts",
    "模块": "modules",
    "单元": "units",
    "讲什么 讲了什么 说什么 说了什么 介绍什么 关于什么 讲的是什么 内容是什么": "what is it about",
    "关于 讲到 讲解 介绍 讲 涉及": "about",
    "有哪些 哪些": "which",
    "是什么 什么": "what is",
    "能做什么 能够做什么 会做什么": "be able to do",
    "需要 应该 必须": "need to",
    "知道 掌握 学会 了解 懂得 具备 完成": "know",
    "用简单的话 简单地 通俗地": "in simple words",
    "列出 列个 列一个 列一下 列 列个清单 列一个清单 清单 列表": "list",
    "显示 给我 给我看看 给我看 请给我": "give me",
    "学习 阅读 学完 读完 读 学": "read",
}  # fmt: skip
_HINDI: Mapping[str, str] = {
    "सारांश संक्षेप सार": "khulasa",
    "बिंदु बिन्दु बातें बिंदुओं": "points",
    "मुख्य महत्वपूर्ण ज़रूरी जरूरी": "main",
    "क्विज़ क्विज प्रश्नोत्तरी": "quiz",
    "सरल आसान": "asaan",
    "शब्दों भाषा": "alfaaz",
    "समझाओ समझाइए समझाएं समझाएँ समझाइये": "samjhao",
    "अध्याय पाठ चैप्टर": "chapter",
    "अध्यायों पाठों": "chapters",
    "मॉड्यूल": "module",
    "भाग खंड खण्ड": "part",
    "पेज पृष्ठ पन्ना पन्ने": "page",
    "पेजों पृष्ठों": "pages",
    "किताब पुस्तक कोर्स": "kitab",
    "विषय-सूची विषयसूची अनुक्रमणिका": "fehrist",
    "सूची लिस्ट": "list",
    "पूर्वापेक्षाएँ पूर्वापेक्षाएं पूर्वापेक्षा पूर्व-ज्ञान": "prerequisites",
    "उद्देश्य लक्ष्य": "objectives",
    "उदाहरण": "misaal",
    "अभ्यास": "exercises",
    "पहले": "pehle",
    "बाद": "baad",
    "अगला अगले अगली": "agla",
    "पिछला पिछले पिछली": "pichla",
    "क्या": "kya",
    "कौन": "kaun",
    "सा": "sa",
    "सी": "si",
    "से": "se",
    "कौनसा कौनसे": "kaunsa",
    "किस": "kis",
    "कहाँ कहां": "kahan",
    "कितने कितनी कितना": "kitne",
    "कुल": "kul",
    "बारे": "baare",
    "में": "mein",
    "का": "ka",
    "की": "ki",
    "के": "ke",
    "को": "ko",
    "पर": "par",
    "और": "aur",
    "है": "hai",
    "हैं": "hain",
    "यह ये": "yeh",
    "इस": "is",
    "इसके उसके": "iske",
    "पूरी पूरा": "poori",
    "वाले वाला वाली": "wale",
    "मुझे मैं": "mujhe",
    "दो दीजिए दें दीजिये": "do",
    "बताओ बताइए बताएं बताएँ": "batao",
    "दिखाओ दिखाइए दिखाएं": "dikhao",
    "बनाओ बनाइए": "banao",
    "पढ़ने": "parhne",
    "शुरू": "shuru",
    "करने": "karne",
    "करना": "karna",
    "पूरे": "poore",
    "चाहिए": "chahiye",
    "होगा होगी": "hoga",
    "आना": "aana",
    "आता आती": "aata",
    "जानना सीखना पता": "seekhna",
    "सीखने": "seekhne",
    "पाऊंगा पाऊँगा पाऊंगी पाऊँगी सकूंगा सकूँगा सकूंगी सकूँगी": "sakun ga",
    "कर": "kar",
}  # fmt: skip


def _one_table(table: Mapping[str, str]) -> Mapping[str, str]:
    return {word: meaning for words, meaning in table.items() for word in words.split()}


def _any_of(words: Mapping[str, str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_OF_CHINESE, _OF_HINDI = _one_table(_CHINESE), _one_table(_HINDI)
_CHINESE_WORD = re.compile(_any_of(_OF_CHINESE))
_HINDI_WORD = re.compile(rf"(?<![\u0900-\u097f])(?:{_any_of(_OF_HINDI)})(?![\u0900-\u097f])")
_HAN, _DEVANAGARI = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[\u0900-\u097f]")
_CHINESE_FILLERS = re.compile(
    r"用?[一二三四五六七八九十两几\d]+(?:句话?|段话?|条|个|道)|出|请问|请|帮我|用[\u4e00-\u9fff]文|主要|简短|简单|一点|就行|就好|即可|一些|看看|个|成|先|一下|的|了|吗|呢|吧|我|它们|叫|有|是|里|中(?!文)|、"
)
_BEFORE_A_PAGE = re.compile(r"([A-Za-z][\w .&:+'-]*?)\s*[这那]一?个?(?=[章页节])")  # "Simulation 这一章"
_QUIZ = re.compile(r"出[\u4e00-\u9fff\d]{0,4}题")  # "出五道题"
_HOW_MANY = re.compile(r"\bkitne (?:chapter|module|part|page)\b")
_COUNTED = re.compile(r"\bhow many (?:chapter|page)\b")
_SIGNS = str.maketrans("？，。！：；।", "?,.!:;.")


def in_latin_letters(text: str) -> str:
    """A message with the words of tasks in Chinese and Hindi as the phrases have them; others stay as they are."""
    if _DEVANAGARI.search(text):
        text = text.translate(_SIGNS).replace("विषय सूची", "fehrist")
        text = _HINDI_WORD.sub(lambda word: _OF_HINDI[word[0]], text)
        text = _HOW_MANY.sub(r"\g<0>s", text)
    if _HAN.search(text):
        text = _QUIZ.sub(" quiz ", _BEFORE_A_PAGE.sub(r" the \1 ", text))
        text = _CHINESE_WORD.sub(lambda word: f" {_OF_CHINESE[word[0]]} ", text.translate(_SIGNS))
        text = _COUNTED.sub(r"\g<0>s", " ".join(_CHINESE_FILLERS.sub(" ", text).split()))
    return text
