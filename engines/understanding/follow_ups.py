"""What a message after an answer wants of that answer: where it is from, more of it, an example, code.

Called by `engines.understanding.intents`; pure functions. A message is one of these wishes as a whole or not at all:
"show me the code for a subscriber" has a subject of its own and is a question. The phrases are those of the interface's
languages, of Roman Urdu, Hindi and Chinese, and are written without accents.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

FollowUp = Literal["sources", "more", "example", "code"]

_LONGEST = 100  # characters
_POLITE = (
    r"please|pls|plz|kindly|now|then|bitte|mal|doch|denn|svp|stp|s il (?:te|vous) plait|por favor|porfa|zara|bhai|"
    r"براہ کرم|مہربانی|ذرا|कृपया|请|吗|呢|吧"
)
_LEAD = (
    r"(?:(?:and|but|or|ok|okay|hm+|so|well|wait|sorry|yes|yeah|no|und|aber|ja|nein|et|mais|oui|non|y|pero|si|aur|lekin|acha|"
    r"achha|haan|اور|لیکن|اچھا|और|लेकिन|" + _POLITE + r")\s+|那)"
)
_THAT = (
    r"(?:that|this|it|these|those|the|your (?:last )?answer|the (?:last )?answer|das|es|dies|davon|dazu|dafur|darüber|daruber|"
    r"ca|cela|c|esto|eso|ello|yeh?|is ?ka|is ?ki|iske?|us ?ka|us ?ki|iska|isay|ise|is baa?re|یہ|اس|इस|यह|इसका)"
)
_GIVE = (
    r"(?:(?:can|could|will|would) (?:you|u|i|we) (?:please )?|i (?:want|need|would like)(?: to see)? |do you have |have you got |"
    r"is there |are there |what about |how about |kannst du |hast du |gibt es |peux tu |pouvez vous |as tu |y a t il |puedes |tienes |hay |"
    r"muje? |mujhe |kya )*"
    r"(?:(?:give|show|tell|cite|name|write|get|see|have|gib|zeige?|nenne?|mach|donnes?|donner|montres?|montrer|cites?|da|dar|"
    r"muestra|mostrar|ensena|pon|dame|muestrame|ensename|dime)(?: (?:me|us|mir|uns|moi|nous|m en|me))? )?"
    r"(?:(?:the|a|an|any|some|one|your|its|another|more|only|just|der|die|das|den|ein|eine|einen|le|la|les|l|un|une|des|du|ta|tes|"
    r"votre|vos|el|los|las|una|algun|alguna|tu|tus|su|otro|koi|ek|is ?ka|is ?ki|iska|iski|کوئی|ایک|اس کی|اس کا|कोई|एक|इसका) )*"
)
_TAKE = (
    r"(?: (?:do|dein|den|dijiye|dikhao|dikhaen|dikha do|batao|bataen|bata do|kya hai|hai|دو|دیں|دیجیے|دکھائیں|دکھاؤ|بتائیں|"
    r"بتاؤ|کیا ہے|ہے|दो|दीजिए|दें|दिखाओ|दिखाइए|बताओ|बताइए|क्या है|है))?"
    r"(?: (?:for|of|on|to|about|fur|zu|von|pour|de|para|sobre|ka|ki))?(?: " + _THAT + r")?"
)
_DETAIL = (
    r"(?:detail|details|depth|info|infos|information|informationen|einzelheiten|explications?|informations?|detalles?|informacion|"
    r"tafseel|tafsil|tafseelat|wazahat|maloomat|تفصیل|تفصیلات|وضاحت|معلومات|विस्तार|जानकारी)"
)
_TELL_URDU = (
    r"(?: (?:batao|bataen|bataiye|batayen|samjhao|samjhaen|do|dein|dijiye|karo|likho|بتائیں|بتاؤ|بتائیے|سمجھائیں|سمجھاؤ|دیں|دو|کریں|"
    r"बताओ|बताइए|बताएं|समझाओ|समझाइए|दो|दीजिए))"
)

_SOURCES = (
    r"(?:are|r) (?:you|u) (?:really |very |absolutely |100 |quite )?(?:sure|certain)(?: (?:about|of))?(?: that| this| it)?",
    r"(?:you|u) sure(?: about (?:that|this|it))?|sure about (?:that|this|it)|really|seriously|says who|who says(?: that| so)?|prove it|can you prove (?:it|that)",
    r"(?:is|was) (?:that|this|it) (?:really |actually )?(?:true|so|in the book|from the book)",
    (
        r"(?:what|which) (?:is|are|was|were) (?:the|your|its) (?:sources?|references?|citations?|evidence)(?: (?:for|of) "
        + _THAT
        + r")?"
    ),
    r"(?:(?:give|show|send)(?: me)? )(?:the |a |your )?links?|the links?|(?:whats|what is) the link|link (?:do|dein|batao)|لنک دیں",
    r"whats (?:the|your) source|from where|in which (?:page|chapter|section)(?: is)?(?: (?:that|this|it))?",
    (
        _GIVE
        + r"(?:sources?|references?|citations?|evidence|proofs?|quellen?|quellenangaben?|belege?|preuves?|fuentes?|referencias?|"
        r"pruebas?|hawal[ae]|maakhaz|حوالہ|حوالے|ماخذ|ذریعہ|स्रोत|संदर्भ)" + _TAKE
    ),
    (
        r"where (?:(?:is|was|does|do|did|are) )?(?:it|that|this|these|all that|all this) (?:come |comes |taken |written |said |stated |say )?"
        r"(?:from|written|said|stated|say(?: (?:that|so|this))?|in the book)"
    ),
    (
        r"where (?:does|did) (?:it|the book) say (?:that|this|so|it)|(?:how|where) (?:do|did) (?:you|u) (?:know|get|find|read|have|take) "
        r"(?:that|this|it|all that)(?: from)?"
    ),
    r"(?:which|what) (?:page|section|chapter) (?:is|was) (?:that|this|it)(?: (?:from|on|in))?|where (?:can i|do i) (?:read|find|check|see) (?:that|this|it)",
    (
        r"(?:bist du|sind sie|seid ihr)(?: (?:dir|sich|euch))?(?: (?:da|damit|ganz|wirklich))* sicher|sicher|wirklich|echt|stimmt das(?: wirklich)?|"
        r"ist das (?:wirklich )?(?:wahr|richtig|so|sicher)"
    ),
    (
        r"woher (?:hast|weisst|nimmst|kommt|stammt|ist|haben|wissen) ?(?:du |sie )?(?:das|die information|die info)?|wo (?:steht|ist) das(?: (?:im buch|geschrieben))?|"
        r"wo hast du das (?:her|gelesen|gefunden)|was (?:ist|sind) (?:die|deine|ihre) quellen?"
    ),
    (
        r"(?:(?:tu es|vous etes|t es) (?:vraiment )?(?:sur|sure|certain)|(?:es tu|etes vous) (?:vraiment )?(?:sur|sure|certain))(?: de (?:ca|cela|toi))?|"
        r"vraiment|c est vrai|est ce vrai|c est sur"
    ),
    (
        r"d ?ou (?:vient|viennent|sort|sors tu|tires tu|tu sors|tu tires|tiens tu) ?(?:ca|cela|cette information)?|d ou ca (?:vient|sort)|"
        r"ou (?:as tu (?:trouve|lu)|est ce (?:ecrit|dit)|c est ecrit|ca se trouve) ?(?:ca|cela)?|"
        r"(?:quelle est|quelles sont) (?:ta|tes|la|les|votre|vos) sources?|comment (?:le )?(?:sais tu|tu sais|savez vous)(?: ca)?"
    ),
    r"(?:estas?|esta usted) (?:realmente )?(?:segur[oa])(?: de (?:eso|esto|ello))?|segur[oa]|de verdad|en serio|es (?:eso |esto )?(?:verdad|cierto)(?: eso)?",
    (
        r"de donde (?:sale|viene|sacas|sacaste|has sacado|lo sacas|lo sacaste|es)(?: (?:eso|esto|esa informacion))?|donde (?:dice|esta|pone|se dice)(?: (?:eso|esto))?|"
        r"(?:cual es|cuales son) (?:la|tu|tus|su|las) fuentes?|como (?:lo )?sabes(?: eso)?"
    ),
    (
        r"(?:kya )?(?:aap|ap|tum|tumhe|tumhen|apko|aapko)?(?: ko)? ?(?:pakka|sure|yaqeen|yakeen|confirm|confirmed)(?: (?:hai|ho|hain))?(?: na)?|"
        r"(?:kya )?yeh? (?:sach|sahi|theek|durust)(?: mein)? (?:hai|he)(?: kya)?"
    ),
    (
        r"(?:yeh? )?(?:kahan|kahaan|kidhar|kis (?:page|chapter|safhe)) (?:se|par|pe|mein)? ?(?:hai|he|aya|aaya|liya|mila|likha|likhi|padha|parha)(?: (?:hai|he|hua hai|aap ne|tum ne))?(?: yeh?)?|"
        r"(?:aap|ap|tum)(?: ?ko| ne|ne)? (?:yeh? )?(?:kaise pata|kahan se (?:liya|mila|pata))(?: (?:hai|chala))?"
    ),
    (
        r"(?:کیا )?(?:آپ|تم)(?: کو)? (?:یقین|پکا|یقینی)(?: (?:ہے|ہیں|ہو))?|(?:کیا )?یہ (?:سچ|درست|صحیح|ٹھیک) ہے|واقعی|پکا|"
        r"یہ (?:بات )?(?:کہاں|کس (?:صفحے|باب)) (?:سے|پر|میں)? ?(?:ہے|آیا|آئی|لیا|لی|ملا|ملی|لکھا|لکھی)(?: (?:ہے|گیا ہے|گئی ہے))?|آپ کو (?:یہ )?کیسے (?:پتا|معلوم)(?: (?:ہے|چلا))?|(?:اس کا|آپ کا) (?:ماخذ|حوالہ|ذریعہ) کیا ہے"
    ),
    r"(?:क्या )?(?:आपको|तुम्हें|आप) (?:यकीन|पक्का|निश्चित)(?: (?:है|हैं))?|(?:क्या )?यह (?:सच|सही) है|पक्का|यह (?:कहाँ|कहां) (?:से |पर )?(?:है|आया|लिखा|मिला)(?: है)?",
    r"(?:你)?(?:确定|肯定)(?:吗|么)?|真的(?:吗|么)?|(?:来源|出处|依据)(?:是什么|在哪里?|呢)?|(?:这|这个|这些)?(?:是)?(?:从)?(?:哪里|哪儿|哪)(?:来的|写的|说的|看到的)|你怎么知道的?",
)
_MORE = (
    (
        r"(?:(?:can|could|would) (?:you|u) )?(?:please )?(?:(?:tell|give|show|say|explain|write|teach)(?: (?:me|us))? )?(?:(?:it|that|this) )?(?:a (?:bit|little) |some |much |even )?more"
        r"(?: " + _DETAIL + r")?(?: (?:about|on|of|from))?(?: " + _THAT + r")?"
    ),
    (
        r"(?:go|carry|move|read) on|continue|keep going|proceed|more|and then|further|next part|"
        r"(?:(?:can|could|would) (?:you|u) )?(?:elaborate|expand|go deeper|go into (?:more )?detail|explain further|explain more)(?: (?:on|about|more))?(?: "
        + _THAT
        + r")?"
    ),
    (
        r"(?:(?:can|could) (?:you|u) )?(?:(?:explain|describe|tell)(?: me)? )?(?:(?:it|that|this) )?in (?:more |greater |much more |some |full )?(?:detail|details|depth)|"
        r"(?:in )?(?:more|full) (?:detail|details)"
    ),
    r"what (?:do|did) (?:you|u) mean(?: (?:by|with))?(?: (?:that|this|it))?|what (?:does|did) (?:that|this|it) mean|what else|anything else(?: about (?:it|that|this))?",
    (
        r"(?:(?:noch )?(?:mehr|weitere|genauere))(?: "
        + _DETAIL
        + r")?(?: (?:davon|dazu|daruber|dariber))?|(?:mach |und )?weiter|fahre? fort|"
        r"(?:erzahle?|sage?|erklare?)(?: (?:mir|uns))?(?: (?:das|es))? (?:noch )?(?:mehr|genauer|ausfuhrlicher|naher)(?: (?:davon|dazu|daruber))?|"
        r"(?:etwas |bitte )?(?:genauer|ausfuhrlicher|detaillierter|naher)|im detail|" + _DETAIL + r"|"
        r"was (?:meinst du|meinen sie)(?: (?:damit|mit dem|da))?|was (?:heisst|bedeutet) das|was noch|und dann"
    ),
    (
        r"(?:(?:donne|dis|raconte|explique|peux tu (?:en )?(?:dire|expliquer))(?: (?:m en|moi|en|moi en|nous))? )?(?:un peu )?(?:encore )?plus(?: (?:de|d|en))?(?: "
        + _DETAIL
        + r")?(?: (?:sur|a propos de) "
        + _THAT
        + r")?|"
        r"en savoir plus|continuez?|vas y|poursuis|developpez?|encore|(?:que|qu est ce que) (?:tu veux|veux tu|vous voulez|voulez vous) dire(?: par (?:la|ca|cela))?|"
        r"qu est ce que (?:ca|cela) (?:veut dire|signifie)|que (?:veut dire|signifie) (?:ca|cela)|quoi d autre"
    ),
    (
        r"(?:(?:dime|dame|cuentame|explicame|explica|puedes (?:explicar|decir|contar)(?:me)?) )?(?:algo |un poco )?mas(?: "
        + _DETAIL
        + r")?(?: (?:de|sobre) "
        + _THAT
        + r")?|"
        r"(?:explicame(?:lo)? |explicalo )?(?:con|en) (?:mas )?detalles?|continua|sigue|amplia|profundiza|adelante|"
        r"que (?:quieres|quiere) decir(?: (?:con|por) (?:eso|esto|ello))?|que significa (?:eso|esto)|que mas"
    ),
    (
        r"(?:(?:is|us|iss)(?: ?(?:ke|ki|ka|ko))?(?: baa?re)?(?: (?:mein|main|me))? )?(?:thora |thoda |thori |zara |kuch )*(?:aur|or|mazeed|zyada|ziada)(?: (?:bhi|zyada))?(?: "
        + _DETAIL
        + r")?(?: (?:mein|me|main|se|ke sath))?"
        + _TELL_URDU
    ),
    (
        r"(?:thora |thoda |thori |zara )*(?:(?:aur|or|mazeed|zyada) )?"
        + _DETAIL
        + r"(?: (?:mein|me|main|se|ke sath))?"
        + _TELL_URDU
        + "?|"
        r"(?:aage|agay|aagay) (?:batao|bataen|chalo|barho)|jaa?ri rakho|mazeed|"
        r"(?:is|iss|us|aap|ap)(?: ?(?:ka|se))? (?:kya )?matlab(?: kya)?(?: hai| tha)?|kya matlab(?: hai)?|iska (?:kya )?matlab(?: kya)?(?: hai)?"
    ),
    (
        r"(?:اس (?:کے بارے میں |کی |کو )?)?(?:تھوڑا |تھوڑی |ذرا |کچھ )*(?:مزید|اور|زیادہ)(?: (?:بھی|زیادہ))?(?: "
        + _DETAIL
        + r")?(?: (?:سے|میں|کے ساتھ))?"
        + _TELL_URDU
        + "|"
        r"(?:(?:مزید|زیادہ|اور) )?"
        + _DETAIL
        + r"(?: (?:سے|میں|کے ساتھ))?"
        + _TELL_URDU
        + "?|مزید|جاری رکھیں|آگے بتائیں|"
        r"(?:اس|آپ) (?:کا|سے) (?:کیا )?(?:مطلب|مراد)(?: کیا)?(?: ہے)?"
    ),
    (
        r"(?:थोड़ा )?(?:और|ज्यादा)(?: "
        + _DETAIL
        + r")?(?: (?:से|में))?"
        + _TELL_URDU
        + "|विस्तार (?:से|में)"
        + _TELL_URDU
        + r"?|जारी रखो|आगे बताओ|इसका (?:क्या )?मतलब(?: क्या)? है"
    ),
    (
        r"(?:请|再|能|可以|更)*(?:说|讲|解释|说明|介绍)?(?:得|的)?(?:更)?(?:详细|具体)(?:一点|一些|点|些)?(?:地)?(?:说明|说|讲|解释|介绍)?(?:一下)?|继续(?:说|讲)?|更多|"
        r"多(?:说|讲)(?:一)?(?:点|些)|还有(?:呢|吗)?|(?:这|这个|你)?(?:是)?什么意思|展开(?:说说|讲讲)?"
    ),
)
_EXAMPLE = (
    (
        _GIVE
        + r"(?:(?:concrete|simple|short|good|real|practical|worked|konkretes|einfaches|concret|simple|concreto|sencillo|practico) )*"
        r"(?:examples?|beispiele?|exemples?|ejemplos?|misaa?l(?:ein|en)?|مثال|مثالیں|उदाहरण)(?: (?:concret|simple|concreto|sencillo|practico))?"
        + _TAKE
    ),
    r"for (?:example|instance)|zum beispiel|par exemple|por ejemplo|misaal ke taur par|مثال کے طور پر",
    r"(?:请|能|可以|给我|给|举|看|有|来)*(?:一|几)?个?(?:例子|示例|例)(?:看看)?|(?:请)?举例(?:说明)?",
)
_CODE = (
    (
        _GIVE
        + r"(?:(?:example|sample|source|full|whole|python|c|vollstandigen|complet|completo) )*(?:codes?|code (?:examples?|samples?|snippets?)|snippets?|"
        r"quellcode|codebeispiele?|beispielcode|codigo|کوڈ|कोड)(?: (?:examples?|complet|completo))?" + _TAKE
    ),
    r"(?:how|what) (?:does|would|is) (?:that|this|it|the code) (?:look )?(?:like )?in (?:code|python|c)|wie sieht (?:das|der code)(?: in (?:code|python))? aus",
    r"(?:请|能|可以|给我|给|看|有|来|展示)*(?:看|一下|一段)?代码(?:示例|例子)?(?:看看)?",
)


def _plain(text: str) -> str:
    """The text without accents and vowel marks; those of Devanagari are letters of their own."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(each for each in decomposed if not unicodedata.combining(each) or "\u0900" <= each <= "\u097f")


@lru_cache(maxsize=1)
def _patterns() -> dict[FollowUp, re.Pattern[str]]:
    kinds: dict[FollowUp, tuple[str, ...]] = {
        "sources": _SOURCES,
        "more": _MORE,
        "example": _EXAMPLE,
        "code": _CODE,
    }
    tail = rf"(?:\s*(?:{_POLITE}))*"
    return {
        kind: re.compile(_plain(f"(?:{'|'.join(f'(?:{phrase})' for phrase in phrases)}){tail}"))
        for kind, phrases in kinds.items()
    }


_LEADS = re.compile(_plain(rf"^(?:{_LEAD})(?=\S)"))
_BETWEEN = re.compile(r"[^\w\u0900-\u0963\u0966-\u097f]+|_+")
_MOST_LEADS = 4


_LEADING = re.compile(rf"^\W*(?:{_LEAD})(?=\S)", re.IGNORECASE)


def without_lead(text: str) -> str:
    """A message without the "and" or "ok" that it begins with."""
    return _LEADING.sub("", text)


@lru_cache(maxsize=2_000)
def follow_up(text: str) -> FollowUp | None:
    """What a message that is nothing but a wish about the answer before it wants; None for any other message."""
    if len(text) > _LONGEST:
        return None
    said = _BETWEEN.sub(" ", _plain(text.casefold())).strip()
    for _ in range(_MOST_LEADS):
        found = next((kind for kind, pattern in _patterns().items() if pattern.fullmatch(said)), None)
        rest = _LEADS.sub("", said, count=1)
        if found is not None or rest == said:
            return found
        said = rest
    return None
