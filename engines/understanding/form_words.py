"""Words around a question that are not about its subject: greetings, thanks, courtesies, lead-ins, wishes about the form.

`engines.understanding.understanding` takes them out of what is searched. To `engines.understanding.intents` a message
of nothing but wishes is about the last answer. Pure functions and patterns, in the languages of the interface.
"""

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
    r"|i(?:'m| am) (?:a )?(?:pretty |quite |totally |completely |very |really |a little |a bit |so )*(?:new|lost|confused|beginner|newbie|noob|stuck)(?: here| at this| to this)?\b[\s,.!…]*$"
    r"|(?:long time reader|first time (?:here|asking|poster))"
    r"|(?:if )?(?:this|it) (?:is|was|may be|might be) (?:a )?(?:(?:stupid|dumb|silly|basic|newbie|beginner) question|asked before)"
    r"|(?:i know )?(?:stupid|dumb|silly|basic|newbie) question\b"
    r"|(?:please )?help(?: me)?(?: please)?[\s!.]*$"
    r"|any (?:help|hint|idea|ideas|pointers?) (?:is|would be|are)\b"
    r")",
    regex.IGNORECASE,
)
"""A sentence that is a courtesy or a remark to the helper, from its beginning."""

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
        rf"in (?:a |the )?nut ?shell|(?:put |explained |said )?(?:in|with|using) (?:very |really |some |more |just |only |my |your |a |"
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
