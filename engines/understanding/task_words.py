"""The words of tasks in Chinese and Hindi as the phrases have them: "总结第3章" is "summarize chapter 3".

Called by `engines.understanding.intents` before a message is read. What a task is about stays as it is written. Hindi
becomes Roman Urdu, whose words and order it shares.
"""

import re
from collections.abc import Mapping

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
