"""Words around a question that are not about its subject: greetings, thanks, courtesies, lead-ins, wishes about the form.

`engines.understanding.understanding` takes them out of what is searched. To `engines.understanding.intents` a message
of nothing but wishes is about the last answer, and so is one that wants its sources, more of it, an example or code.
Pure functions and patterns, in the languages of the interface.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import regex

_GREETINGS = (
    r"(?:hi+|hey+|hello+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|dear (?:team|all|sir|madam)|"
    r"(?:as+al[ao]+mu?|salam|salaam)(?:[ -]?o?[ -]?(?:u|a)?lai?kum)?|namaste|adaab|shalom|hola|buen[oa]s (?:d[ií]as|tardes|noches)|"
    r"hallo|guten (?:tag|morgen|abend)|moin|servus|bonjour|bonsoir|salut|ol[aá]|bom dia|boa (?:tarde|noite)|ciao|"
    r"merhaba|selam|привет|здравствуйте|السلام علیکم|سلام|مرحبا|नमस्ते|你好|您好|こんにちは|안녕하세요)"
)
_ADDRESSED = (
    r"(?:there|all|everyone|everybody|team|guys|folks|friends?|sir|madam|ma'?am|dear|bot|assistant|again|hey|"
    r"bhai|bhaiya|yaar|ji|janab|amigos?|zusammen|à tous)"
)
_THANKS = (
    r"(?:(?:many |much |big |great )?thanks?(?: ?you)?|thank ?u|thanku|thx+|tnx|ty|tysm|cheers|much appreciated|appreciate it|"
    r"jaza?k ?all?ah(?: ?khair(?:an)?)?|shukr[ai]y?a|meherbani|dhanyavad|(?:muchas )?gracias|(?:vielen )?dank(?:e)?|danke (?:schön|sehr)|"
    r"merci(?: beaucoup)?|obrigad[oa]|grazie|teşekkürler|спасибо|شکریہ|شكرا|धन्यवाद|谢谢|ありがとう(?:ございます)?|감사합니다)"
)
_THANKS_REST = (
    r"(?:you|u|youu+|so|very|a|an|lot|lots|ton|tons|bunch|million|much|again|in|advance|for|to|all|everyone|everybody|sir|"
    r"the|your|this|these|awesome|great|wonderful|amazing|nice|good|kind|help|helpful|docs?|documentation|book|answers?|"
    r"patience|time|work|being|here|there|so|far|and|team|guys|madam|dear|loads|heaps|already|lifesaver|you're|are|"
    r"por|adelantado|todo|de|antemano|im|voraus|d'avance|bahut|boht|aap|ka)"
)

_EDGE = r"[\s,.!?;:…~\-–—()'\"*^]|\p{Emoji_Presentation}|\p{Extended_Pictographic}|\uFE0F"

GREETING = regex.compile(rf"^(?:{_EDGE})*{_GREETINGS}\b(?:(?:{_EDGE})+{_ADDRESSED}\b)*(?:{_EDGE})*", regex.IGNORECASE)
"""A greeting at the beginning of a sentence."""

THANKS = regex.compile(
    rf"(?:{_EDGE})*\b(?:and )?{_THANKS}\b(?:(?:{_EDGE})+{_THANKS_REST}\b)*(?:{_EDGE}|:\)|:-\)|<3)*$", regex.IGNORECASE
)
"""Thanks at the end of a sentence, or all of it."""

COURTESY = regex.compile(
    r"^(?:"
    r"(?:so |very |i'?m |i am |we are |really |i really |first of all,? |i |also |just |well |ok(?:ay)? )*(?:sorry|apologi[sz]e|apologies|excuse me|pardon)\b"
    r"|(?:i )?(?:really |just )?hope(?:fully)? (?:you|everybody|everyone|all|this|that|it)\b"
    r"|thank(?:s| you) (?:for|to|so|very)\b|first of all$"
    r"|how are you\b|how'?s it going\b|what'?s up\b"
    r"|(?:have|wish you) (?:a |an )?(?:\w+ )?(?:nice|good|great|lovely|wonderful|happy)\b"
    r"|i (?:really )?(?:love|like|enjoy) (?:this|the|your) (?:book|docs?|documentation|answers?|site)\b"
    r"|(?:you(?:'re| are)) (?:so |really |very |a |an )*(?:kind|helpful|great|awesome|amazing|lifesaver|the best)\b"
    r"|(?:this|it|that) is (?:great|awesome|amazing|helpful)\b"
    r"|(?:your|the) (?:last|previous|first) answers? (?:worked|was|were|helped)\b"
    r"|i(?:'m| am) (?:a )?(?:pretty |quite |total(?:ly)? |complete(?:ly)? |absolute(?:ly)? |very |really |a little |a bit |so )*(?:new|lost|confused|beginner|newbie|noob|stuck)(?: here| at this| to this)?\b[\s.!…]*(?:,|$)"
    r"|(?:long time reader|first time (?:here|asking|poster))"
    r"|(?:if )?(?:this|it) (?:is|was|may be|might be) (?:a )?(?:(?:stupid|dumb|silly|basic|newbie|beginner) question|asked before)"
    r"|(?:i know )?(?:stupid|dumb|silly|basic|newbie) question\b"
    r"|(?:please )?help(?: me)?(?: please)?[\s!.]*$"
    r"|any (?:help|hint|idea|ideas|pointers?) (?:is|would be|are)\b"
    r")",
    regex.IGNORECASE,
)
"""A sentence that is a courtesy or a remark to the helper, from its beginning."""

_ASKING = (
    r"how|what|which|who|whom|whose|when|where|why|is|are|was|were|do|does|did|can|could|should|will|would|has|have|had"
)
_ARTICLE = r"the (?:robot|node|client|server|controller|planner|system|model|user|test|action|service)s?|an? (?:robot|node|client|server|user|action|service)"
# Who asks, in the third person: "my sister Fatima from Karachi was wondering, how …".
_REPORTED = (
    r"(?:(?:(?:was|is|were|are|been|kept|keeps) )?(?:just |also |only )?(?:wonder(?:ing|s|ed)?|ask(?:ing|s|ed)?|curious)(?: (?:me|us|you|himself|herself))?"
    r"|(?:just |also |really )?(?:wants?|wanted|would (?:really )?like|needs|needed|likes|hopes|is trying|was trying|tries) to (?:know|understand|learn|ask|find out|figure out)(?: (?:from )?(?:me|us|you))?"
    r"|(?:said|says|told (?:me|us)|suggested|recommended|thinks|thought|advised)(?: that)? (?:i|we|you)(?: (?:should|can|could|must|may|might|have to|need to|ought to|better|just|simply))* (?:ask|try)(?: (?:here|you|this|it|about it|the book|the docs|the bot|the assistant))?"
    r"|(?:said|says|told (?:me|us)) to ask(?: (?:here|you|this|the book|the docs|the bot|the assistant))?"
    r"|(?:has|have|had) (?:a|this|the|one) (?:quick |small |simple |same )?question)"
    r"(?: about (?:it|this|that))?"
)
_BEFORE_IT = r"(?:\s*[,:;–—-]+\s*|\s+)(?:(?:so|and|then|basically|if|whether|that)[\s,]+)*"
ONLY_REPORTS = regex.compile(rf"^[^?!]{{2,80}}?\b{_REPORTED}\W*$", regex.IGNORECASE)
"""A sentence that only says who asks."""

LEAD_IN = regex.compile(
    r"^(?:(?:and|so|but|ok(?:ay)?|well|now|also|please|pls|plz|just|hey|actually|anyway|um+|uh+|eh)[\s,]+"
    r"|(?:a )?(?:quick|short|small|one|simple|another|stupid|dumb|silly|basic)(?: more| last| quick| small)?(?: (?:one|thing|question|q))?(?: more)?(?: please)?\s*[:,–—-]+\s*"
    r"|(?:just )?(?:one|1) more (?:thing|question|please|one)(?: please)?\s*[:,–—-]*\s*"
    r"|(?:just )?(?:curious|wondering)\b\s*[:,]?\s*(?:about|if|whether)?\s*"
    r"|(?:i(?:'m| am| was)?|we(?:'re| are| were)?) (?:just |really |only )?(?:curious|wondering|wonder|asking|confused)(?: about)?\b[\s,:]*(?:if|whether)?\s*"
    r"|(?:i|we)(?:'d| would| do)? ?(?:just |really |only )?(?:like|love|want|need) to (?:know|ask|understand|learn)\b(?: about| if| whether)?[\s,:]*"
    r"|(?:(?:could|can|would|will|may|might) (?:you|u|i|anyone|anybody|someone|somebody|we)(?: maybe| perhaps| please| kindly| also| possibly)*|please|pls|plz|kindly)[\s,]+"
    r"(?:(?:please|kindly|also) )?(?:tell|explain|show|help|say|ask|describe|clarify|teach|give|let|remind|guide)(?: (?:me|us|to me|to us))?(?: (?:out|know|understand))?(?: (?:with|please))?[\s,:]+(?:if |whether |about )?"
    r"|(?:could|can|would) you (?:please |kindly )?(?:also )?"
    r"|(?:if )?you don'?t mind[\s,]+|if (?:it is |it's )?(?:possible|ok|okay|you (?:can|have (?:a )?(?:time|minute|moment)))[\s,]+"
    r"|(?:do you|does (?:anyone|anybody|someone)) (?:know|have an idea)[\s,]*(?:if |whether )?"
    r"|(?:please )?(?:tell|explain|show)(?: (?:me|us|to me|to us))(?: please)?[\s,:]+(?:about |if |whether )?"
    r"|(?:my|our) question (?:is|would be)(?: this)?[\s,:]+"
    r"|(?:may|can|could) (?:i|we) (?:please |also |just )?ask(?: you)?[\s,:]+(?:if |whether |about )?"
    rf"|(?!(?:{_ASKING}|if|while|once|after|before|because|since|explain|describe|give|list|show|tell|compare|define|name|{_ARTICLE})\b)"
    rf"[^?!;:]{{2,80}}?\b{_REPORTED}(?:{_BEFORE_IT}(?=(?:{_ASKING})\b)|\s+(?:if|whether)\s+)"
    r"|[\w'’-]+(?: [\w'’-]+)? here\s*[,.!;–-]+\s*"
    r")",
    regex.IGNORECASE,
)
"""How a question is led in: taken off the beginning, as often as one is found."""

_OF_A_TEXT = r"(?:(?:short|brief|quick|simple|easy|clear|concise|detailed|general|high|level|one|two|three|\d|sentence|line|word|paragraph|page)[- ])"
_TEXT = r"(?:summary|overview|explanation|recap|description|outline|definition)"
TASK_WORDS = regex.compile(
    r"^(?:please )?(?:"
    r"what (?:do|does|did) (?:the|this|your) (?:book|docs?|documentation|guide|manual|course|text(?:book)?|tutorial|site|author) (?:say|tell|write|recommend|teach|explain|advise)(?: us| me)?(?: about| on| regarding)?"
    r"|what is (?:said|written)(?: in the book)? about"
    r"|what(?:'s| is) in the (?:section|chapter|part|page)(?: on| about| called)?"
    r"|(?:explain|describe|summari[sz]e|outline|define|discuss|clarify|elaborate(?: on)?|recap)(?: (?:to me|me|us|briefly|shortly|quickly))?"
    rf"|(?:give|write|show|make)(?: me| us)? (?:a|an|the) {_OF_A_TEXT}{{0,3}}{_TEXT}(?: of| about| on)?"
    rf"|(?:a|an|the) {_OF_A_TEXT}{{1,3}}{_TEXT} (?:of|about|on)"
    r"|tell (?:me|us)(?: more)?(?: about)?"
    r")\b[\s:]*(?:(?:the|this) (?:section|chapter|part|page)(?: (?:on|about|called|of the|of))?\b\s*)?",
    regex.IGNORECASE,
)
"""An instruction at the beginning whose object is the subject: `Explain X`, `What does the book say about X?`."""

# Wishes about the form of an answer: "in a nutshell", "briefly", "tl;dr". Each language has a small grammar of what
# such phrases are made of. One that speaks of wording ("in simple words") is a wish anywhere in a sentence, others
# ("briefly") at its edges. One that may be about a subject as well ("as a list", "quickly") is one where it is set off:
# by itself, by a comma or a colon, or beside an instruction.

_NUMBER = (
    r"(?:\d{1,2}|one|a|an|two|three|four|five|ten|a few|a couple of|ein(?:em|er|en)?|zwei|drei|vier|fünf|zehn|wenigen?|"
    r"une?|deux|trois|quatre|cinq|dix|quelques|peu de|una?|dos|tres|cuatro|cinco|diez|pocas|unas|unas pocas|"
    r"ek|do|teen|char|chand|thor[ae]|ایک|دو|تین|چار|پانچ|چند|تھوڑے)"
)
_SIMPLE = (
    r"(?:simple|simpler|plain|easy|easier|lay|layman['’]?s?|laymen['’]?s?|lay ?person['’]?s|non-?technical|everyday|"
    r"basic|short|brief|clear|concise|normal|human|own|other|your own|my own|fewer|few)"
)
_WORDING = r"(?:words?|terms?|language|english|sentences?|summary)"

# Phrases that speak of wording, by language.
_ALWAYS = (
    (
        rf"in (?:a |the )?nut ?shell|(?:put |explained |said )?(?:in|with|using) (?>very |really |some |more |just |only |my |your |a |"
        rf"{_NUMBER} )*(?:{_SIMPLE}(?:,? (?:and )?{_SIMPLE})*) {_WORDING}|in (?:just |only |about |max(?:imum)? )?{_NUMBER} "
        r"(?:(?:short|simple|single) )?(?:words?|sentences?)(?: max| or less)?"
    ),
    (
        r"(?:explain(?:ed)? (?:it |this |that )?(?:to me )?)?(?:like|as if|as though) (?:i(?:['’ ]?a?m| was| were)|to) "
        r"(?:only |just )?(?:an? )?(?:\d{1,2}|five|six|ten|twelve|child|kid|toddler|beginner|newbie|noob|dummy|idiot)"
        r"(?:[ -]years?[ -]old| yo)?"
    ),
    r"eli ?5|tl ?[;,:/]? ?dr",
    (
        r"in (?:einfachen|wenigen|eigenen|kurzen|klaren|anderen|zwei|drei) (?:kurzen )?(?:worten|sätzen)|"
        rf"in (?:nur )?{_NUMBER} (?:kurzen |einfachen )?(?:satz|sätzen|worten)|"
        r"in (?:einfacher|klarer|leichter) (?:sprache|form)|auf (?:einfache|leichte|verständliche) (?:art|weise)|"
        r"(?:leicht|einfach) (?:erklärt|gesagt|ausgedrückt|verständlich)|kurz (?:gesagt|gefasst|erklärt|und (?:bündig|knapp|gut))|"
        r"wie (?:für|einem) (?:ein )?(?:kind|kinder|anfänger|fünfjährige[nmr]?)"
    ),
    (
        rf"en (?:seulement )?{_NUMBER} (?:mots?|phrases?)(?: simples?)?|(?:en|avec des|dans des) (?:mots|termes) (?:plus |très )?simples|"
        r"(?:en|dans un) langage (?:simple|courant|clair)|(?:expliqu\w+ )?comme (?:à|pour|si j['’](?:étais|avais)) (?:un |une )?"
        r"(?:enfant|débutant|\d+ ans)"
    ),
    (
        rf"en (?:solo )?{_NUMBER} (?:frases?|palabras?|oraci(?:ón|ones))|(?:en|con) (?:palabras|términos|terminos) (?:muy |más |mas )?"
        r"(?:sencill[oa]s|simples|fáciles|llanas)|en lenguaje (?:sencillo|simple|llano)|dicho (?:en breve|de forma sencilla)|"
        r"como (?:si (?:tuviera|fuera)|a|para) (?:un |una )?(?:niñ[oa]s?|principiante|\d+ años)"
    ),
    (
        r"(?:bohot |bahut |zara )?(?:asaan|aasan|saada|sada|simple|easy|aam|mukhtasar|seedh[ei]) (?:se )?(?:alfaa?z|lafz(?:on)?|zabaa?n|words?|"
        r"language|tareeq[aey]|tarah|jumlon?)(?: (?:mein|mai|me|main|se))?|"
        rf"{_NUMBER} (?:jumle|jumlon|lafzon|alfaa?z|lines?|satron)(?: (?:mein|mai|me|main))"
    ),
    (
        r"(?:بہت |ذرا )?(?:آسان|سادہ|عام|مختصر|سیدھے|چند|تھوڑے) (?:سے )?(?:الفاظ|لفظوں|زبان|انداز|طریقے|جملوں)(?: (?:میں|سے))?|"
        rf"(?:صرف )?{_NUMBER} (?:جملے|جملوں|سطر|سطروں|لفظوں|الفاظ|لائن) میں"
    ),
)
# Phrases that are wishes at the beginning or the end of a sentence.
_AT_AN_EDGE = (
    (
        r"(?:very |really |more )?(?:briefly|concisely)(?: put| said)?|simply (?:put|said)|in (?:short|brief|essence)|long story short|"
        r"step[- ]by[- ]step|(?:no|without)(?: any)? (?:jargon|code|maths?|formulas?)|"
        r"for (?:an? )?(?:(?:complete|absolute|total) )?(?:beginners?|dummies|newbies?|noobs?|laymen|laypersons?|kids?|child(?:ren)?)|"
        r"(?:(?:just|only|a|the|one|as|very|really|short|brief|quick|simple|concise|easy|sweet|and|,|&) ?){1,6}"
        r"(?:answer|version|explanation|definition|summary|overview|idea|gist|basics|as possible)"
    ),
    (
        r"(?:ganz )?kurz und (?:knapp|bündig|einfach)|in kürze|kurzfassung|(?:eine )?kurze (?:antwort|erklärung)|schritt für schritt|"
        r"für (?:absolute )?(?:anfänger|dummies|laien|einsteiger|kinder)|ohne (?:fachbegriffe|code|formeln)"
    ),
    (
        r"en (?:bref|résumé|clair)|brièvement|étape par étape|sans (?:jargon|code|formules)|"
        r"pour (?:les |des |un |une )?(?:nuls|débutants?|enfants?)|(?:une )?(?:réponse|explication) (?:courte|brève|simple)"
    ),
    (
        r"en (?:resumen|corto|breve)|brevemente|de (?:forma|manera) (?:breve|sencilla|simple|clara|corta)|paso a paso|"
        r"sin (?:jerga|código|fórmulas)|para (?:un |una )?(?:principiantes?|dummies|tontos|niñ[oa]s?)|"
        r"(?:una )?(?:respuesta|explicación) (?:corta|breve|sencilla|simple)"
    ),
    r"mukhtasar(?:an)?(?: (?:mein|me|main|sa|si|se))?|short (?:mein|me|main)|مختصر(?:اً|ا| طور پر| میں)",
)
# Phrases that may be about a subject as well.
_SET_OFF = (
    (
        r"(?:make it |keep it |be |very |really |a bit |a little |much |even |more |just |please )*"
        r"(?:short(?:er|ly)?|brief(?:er)?|quick(?:ly|er)?|simple|simpl(?:er|y)|easy|easier|concise|clearer|less technical)(?:(?: and|,| but)? sweet)?|"
        rf"(?:(?:put|write|give|show|list|make|say|format|turn) (?:it |this |that |them )?)?(?:as|in|in form of|into) "
        rf"(?:a |an |the |{_NUMBER} )?(?:(?:short|bulleted|bullet|numbered|simple|single) )*"
        r"(?:lists?|table|bullets|bullet points?|points|lines?|paragraphs?|(?:point|list|table|bullet) form|essay|poem|story)|"
        r"(?:in|with) (?:detail|details|depth)|bullet points?|"
        r"(?:rephrase|reword|paraphrase|simplify|shorten|condense)(?: (?:it|this|that|(?:the|your)(?: last)? answer))?"
    ),
    (
        r"(?:ganz |bitte |nur |sehr |etwas |noch |viel |mach es |fass dich )*(?:kurz|kürzer|knapp|knapper|einfach|einfacher|kompakter?|stichpunktartig)|"
        r"(?:als|in) (?:einer? )?(?:liste|stichpunkten?|stichworten|tabelle)"
    ),
    (
        r"bref|(?:plus |très |en plus |encore plus |fais )*(?:courte?|bref|brève|simple|simplement|rapidement|clair)|"
        r"(?:en|sous forme d(?:e|['’]une)) ?(?:liste|points|puces|tableau)"
    ),
    (
        r"(?:m[aá]s |muy |hazlo |un poco )*(?:corto|breve|simple|sencillo|claro|resumido|r[aá]pidamente)|"
        r"(?:como|en|en forma de) (?:una )?(?:lista|puntos|tabla)"
    ),
    (
        r"(?:aur |thora |zyada |bohot |bahut )*(?:mukhtasar|chh?ota|asaan|aasan|short|simple)(?: (?:karo|kar do|karen|kardo|kijiye|mein|me|main))?|"
        r"(?:points|list|table) (?:ki shakl )?(?:mein|me|main)"
    ),
    r"(?:اور |تھوڑا |زیادہ |مزید )*(?:مختصر|آسان|چھوٹا|سادہ)(?: (?:کریں|کرو|کر دیں|بنائیں))?|(?:نکات|فہرست|جدول) (?:کی (?:شکل|صورت) )?میں",
)
_POLITE = (
    r"(?:please|pls+|plz+|kindly|thanks|thank you|por favor|porfa|bitte|danke|s['’ ]?il (?:te|vous) pla[iî]t|svp|stp|per favore|"
    r"lütfen|meherbani|براہ کرم|برائے مہربانی|مہربانی)"
)
_INSTRUCTION = (
    r"(?:(?:please|pls|can you|could you|just) )*(?:explain|describe|define|tell|say|answer|summari[sz]e|outline|show|give|reply|write|put)"
    r"(?: (?:it|this|that))?(?: (?:to )?(?:me|us))?|"
    r"(?:erkläre?|beschreibe?|sage?|nenne?|definiere)(?: (?:mir|uns))?|"
    r"(?:explique[rz]?|décri[st]|dis|définis)(?:[- ](?:moi|nous))?|(?:expl[ií]ca|describe|di|define)(?:me|nos)?|"
    r"batao|bataen|samjhao|سمجھائیں|بتائیں"
)
_BEGINS = (  # with what a question goes on behind a wish
    r"(?:what|which|who|when|where|why|how|is|are|do|does|can|explain|describe|define|tell|summari[sz]e|compare|list|was|wie|warum|"
    r"welche\w*|wer|wo|erkläre?|qu['’]|que\b|comment|pourquoi|quel|c['’]est|expli|qué|cómo|cuál|por qué|kya|batao|bataen|samjhao|"
    r"بتائیں|سمجھائیں|کیا)"
)
_BESIDE = (  # what may stand beside a wish in a message of nothing else
    r"(?:(?:(?:can|could|would|will) you|i (?:want|need)|i['’]d like|try|explain|say|tell|put|write|give|make|show|repeat|answer|"
    r"kannst du|sag|schreib|mach|erklär\w*|peux[- ]tu|dis|écris|expli\w+|puedes|dilo|dímelo|hazlo|isko|isay|ise|اسے|اس کو|مجھے)"
    r"(?: (?:it|this|that|me|us|to me|everything|the same|(?:the|your)(?: last)? answer|es|das|mir|ça|cela|moi|esto|eso))*|"
    r"and|but|or|then|ok(?:ay)?|now|again|instead|all|und|et|y|aur|noch ?mal|encore|otra vez|dobara|phir|samjhao|batao|karo|"
    r"kar do|do|اور|دوبارہ|پھر|سمجھائیں|بتائیں|کریں|لکھیں|دیں)"
)


def _any(phrases: tuple[str, ...]) -> str:
    return "|".join(phrases)


_OF_A_SUBJECT = (  # behind what would be a wish: "a short summary of the chapter on drones"
    r"\s+(?:of|about|on|for|from|between|von|über|zu|für|zwischen|des?|du|sur|entre|sobre|ka|ki|ke|کا|کی|کے)\b"
)
# Each phrase is replaced by a letter of a private-use area, so that what stands around it can be looked at with short
# patterns: all phrases in each of these would take a second to compile.
_PHRASE = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}\p{{N}}_'’-])(?:(?P<always>{_any(_ALWAYS)})|(?P<edge>{_any(_AT_AN_EDGE)}|{_POLITE})|"
    rf"(?P<set_off>{_any(_SET_OFF)}))(?![\p{{L}}\p{{M}}\p{{N}}_-]|{_OF_A_SUBJECT})",
    regex.IGNORECASE,
)
_FIRST_LETTERS = {"always": 0xE000, "edge": 0xE100, "set_off": 0xE200}
_ALWAYS_MARK, _EDGE_MARK, _MARK = "[\ue000-\ue0ff]", "[\ue000-\ue1ff]", "[\ue000-\ue2ff]"
_MOST_PHRASES = 16  # of one sentence; less than letters for a kind

_SIGNS = "[^\\w\ue000-\ue2ff]*"
_PAUSE = r"(?:[,:;…(–—]|\.\.|-\s)[\s,:;.…(–—-]*"
_JOINED = r"(?:(?:and|but|und|et|y|aur)\s+)?"
_END = r"[\s,.!?;:)…؟。]*$"


def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)


_WITHIN = _compiled(rf",\s*{_MARK}\s*(?=,)|[\s(–—]*{_ALWAYS_MARK}\)?")
_FIRST = _compiled(rf"^\W*{_MARK}(?:[\s,]*{_MARK})*(?:\s*{_PAUSE}|\s+(?={_BEGINS}))")
_LAST = _compiled(rf"(?:[\s,;:.(–—-]+{_JOINED}{_EDGE_MARK}|\s*[,;:.(–—-]\s*{_JOINED}{_MARK})+{_END}")
_TOLD = _compiled(rf"^(\W*(?:{_INSTRUCTION}))(?:\s+{_MARK})+(?=[\s:,])")
_INSTRUCTS = _compiled(rf"^\W*(?:{_MARK}\W*)*(?:{_INSTRUCTION})(?!\w)")
_LAST_OF_AN_INSTRUCTION = _compiled(rf"(?<=\w)(?:\s+{_MARK})+{_END}")
_ALONE = _compiled(rf"^{_SIGNS}(?:(?:{_BESIDE})(?!\w){_SIGNS})*+(?:{_MARK}{_SIGNS}(?:(?:{_BESIDE})(?!\w){_SIGNS})*+)+$")
_BEFORE_A_MARK = regex.compile(r"[\s,;:]+(?=[?؟])|(?<=[¿¡])[\s,;:]+")
_LONGEST, _LONGEST_WISH = 500, 120  # characters; at the edges of a longer sentence a wish weighs little
_LETTERS = regex.compile(r"[\p{L}\p{N}]")
_PRIVATE = regex.compile("[\ue000-\uf8ff]")


@lru_cache(maxsize=1_000)
def without_wishes(sentence: str) -> str:
    """A sentence without its wishes about the form; "" where it is nothing else."""
    marked, phrases = _marked(sentence)
    if not phrases:
        return sentence
    if len(sentence) <= _LONGEST_WISH and _ALONE.match(marked):
        return ""
    instructs = bool(_INSTRUCTS.match(marked))
    text = _FIRST.sub("", _WITHIN.sub("", marked), count=1)
    text = _TOLD.sub(r"\1", text)
    for last in (_LAST, _LAST_OF_AN_INSTRUCTION) if instructs else (_LAST,):
        text = last.sub(_question_mark, text)
    text = _BEFORE_A_MARK.sub("", _PRIVATE.sub(lambda mark: phrases[ord(mark[0]) % 0x100], text).strip(" ,;:–—-"))
    return text if _LETTERS.search(text) else sentence


def is_wish(text: str) -> bool:
    """Whether a message is wishes about the form and nothing else: "shorter please", "in one sentence"."""
    return bool(text.strip()) and len(text) <= _LONGEST_WISH and not without_wishes(text)


def _marked(text: str) -> tuple[str, list[str]]:
    """The text with a letter for each phrase, and the phrases."""
    phrases: list[str] = []

    def mark(found: regex.Match[str]) -> str:
        phrases.append(found[0])
        return chr(_FIRST_LETTERS[str(found.lastgroup)] + len(phrases) - 1)

    if len(text) > _LONGEST or _PRIVATE.search(text):
        return text, []
    return _PHRASE.sub(mark, text, count=_MOST_PHRASES), phrases


def _question_mark(end: regex.Match[str]) -> str:
    return next((mark for mark in "?؟" if mark in end[0]), "")


# What a message after an answer wants of that answer: where it is from, more of it, an example, code. A message is one of
# these wishes as a whole or not at all: "show me the code for a subscriber" has a subject of its own and is a question.
# The phrases are written without accents, as `_plain` leaves them.

FollowUp = Literal["sources", "more", "example", "code"]

_LONGEST_FOLLOW_UP = 100  # characters
_POLITE_WORDS = (
    r"please|pls|plz|kindly|now|then|bitte|mal|doch|denn|svp|stp|s il (?:te|vous) plait|por favor|porfa|zara|bhai|"
    r"براہ کرم|مہربانی|ذرا|कृपया|请|吗|呢|吧"
)
_LEAD = (
    r"(?:(?:and|but|or|ok|okay|hm+|so|well|wait|sorry|yes|yeah|no|und|aber|ja|nein|et|mais|oui|non|y|pero|si|aur|lekin|acha|"
    r"achha|haan|اور|لیکن|اچھا|और|लेकिन|" + _POLITE_WORDS + r")\s+|那)"
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
    tail = rf"(?:\s*(?:{_POLITE_WORDS}))*"
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
    if len(text) > _LONGEST_FOLLOW_UP:
        return None
    said = _BETWEEN.sub(" ", _plain(text.casefold())).strip()
    for _ in range(_MOST_LEADS):
        found = next((kind for kind, pattern in _patterns().items() if pattern.fullmatch(said)), None)
        rest = _LEADS.sub("", said, count=1)
        if found is not None or rest == said:
            return found
        said = rest
    return None
