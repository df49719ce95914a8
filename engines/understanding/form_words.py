"""Words and phrases about the form of a question and not about its subject: greetings, thanks, wishes about the answer.

Called by `engines.understanding.understanding`, which takes them out, and by the coverage signals, which give them no weight.
Latin-script learners' Urdu and Hindi (Roman Urdu) has lists of its own, as word-frequency data does not know it.
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
    r"|please (?:keep it |be )?(?:short|brief)\b|short please\b|keep it short\b|be brief\b"
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

TASK_WORDS = regex.compile(
    r"^(?:please )?(?:"
    r"what (?:do|does|did) (?:the|this|your) (?:book|docs?|documentation|guide|manual|course|text(?:book)?|tutorial|site|author) (?:say|tell|write|recommend|teach|explain|advise)(?: us| me)?(?: about| on| regarding)?"
    r"|what is (?:said|written)(?: in the book)? about"
    r"|what(?:'s| is) in the (?:section|chapter|part|page)(?: on| about| called)?"
    r"|(?:explain|describe|summari[sz]e|outline|define|discuss|clarify|elaborate(?: on)?|recap)(?: (?:to me|me|us|briefly|shortly|quickly))?"
    r"|(?:give|write|show|make)(?: me| us)? (?:a|an|the) (?:short |brief |quick )?(?:summary|overview|explanation|recap|description|outline)(?: of| about| on)?"
    r"|tell (?:me|us)(?: more)?(?: about)?"
    r")\b[\s:]*(?:(?:the|this) (?:section|chapter|part|page)(?: (?:on|about|called|of the|of))?\b\s*)?",
    regex.IGNORECASE,
)
"""An instruction at the beginning whose object is the subject: `Explain X`, `What does the book say about X?`."""

MANNER = regex.compile(
    r"[\s,;(–—-]*\b(?:"
    r"(?:explain(?:ed)?|tell me|say it)?\s*(?:in|with|using)(?: (?:very|really|some|a few|more|just))* (?:simple|plain|easy|layman'?s?|your own|own|few|short|short and simple)(?:r)? (?:words?|terms?|english|language|sentences?|way)"
    r"|(?:explain (?:it |this |that )?)?like (?:i(?:'m| am)|im) (?:a )?(?:five|5|ten|10|child|kid|beginner|\d+ years? old)(?: years? old)?"
    r"|eli5|tl;?dr"
    r"|step by step(?: please)?"
    r"|(?:as |very |really )?(?:short|brief(?:ly)?|quick(?:ly)?|simple|simply|concise(?:ly)?)(?: (?:answer|explanation|please|pls|as possible))+"
    r"|(?:just|only) (?:the |a |one )?(?:short |brief )?(?:answer|sentence|idea|summary|basics)(?: please)?"
    r"|in (?:one|two|three|a few|\d+) (?:sentences?|lines?|words?|bullet points?)"
    r"|for (?:a )?(?:complete |absolute |total )?(?:beginners?|dummies|newbies?|kids?|child(?:ren)?)"
    r"|(?:no|without) (?:jargon|code|math(?:s)?|formulas?)(?: please)?"
    r"|please|pls|plz|por favor|bitte|s'il (?:te|vous) pla[iî]t|per favore|lütfen|asaan (?:alfaz|lafzon|zaban) mein|मतलब"
    r")\b[\s,.!?;:)…]*$",
    regex.IGNORECASE,
)
"""A wish about the answer's form at the end of a sentence."""
