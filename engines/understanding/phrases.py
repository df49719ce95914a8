"""The phrases by which tasks on a page or on the book, and follow-ups are recognised.

Called by `engines.understanding.intents` and `engines.chat.condense`. In English, Urdu, Roman Urdu, German, French and
Spanish, the languages of the interface. The patterns of all languages stand together: a reader mixes them ("is page ka
summary do").
"""

import re

from engines.understanding.words import plain_words

# Tasks on a page, a chapter or the book.
PAGE_WORD = (
    r"(?:page|section|article|lesson|tutorial|document|doc|text|reading|content|material|topic|"
    r"seite|abschnitt|artikel|lektion|text|leçon|texte|article|p[aá]gina|secci[oó]n|art[ií]culo|lecci[oó]n|texto|"
    r"safh[ae]|sabaq|صفحے|صفحہ|صفحات|پیج|سبق|حصے|حصہ|مضمون)s?"
)
CHAPTER_WORD = (
    r"(?:chapter|module|unit|part|week|chap|ch|kapiteln?|modul|chapitre|module|cap[ií]tulo|m[oó]dulo|unidad|baab|bab|"
    r"باب|ابواب|چیپٹر|ماڈیول)s?"
)
BOOK_WORD = (
    r"(?:(?:text|e-?)?book|docs?|documentation|guide|course|manual|handbook|website|site|(?:lehr)?buch(?:es)?|dokumentation|"
    r"kurs|livre|manuel|cours|libro|किताब|पुस्तक|documentaci[oó]n|curso|kitaab|kitab|کتاب|دستاویزات|کورس)s?"
)
# What may stand between the parts of a phrase, without a subject of its own. Each word is taken once and for all: a
# pattern that may take a word in two ways takes twice as long with each further one.
_GAP_WORDS = (
    r"(?>(?:\d{1,3}|do|does|did|is|are|the|this|these|that|whole|entire|current|page|chapter|section|article|lesson|module|tutorial|text|"
    r"doc|it|s|i|we|you|on|in|of|here|can|will|should|all|right|just|directly|straight|immediately|die|das|der|diese\w*|seite|kapitel|abschnitt|es|auf|mir|uns|mal|kurz|bitte|ce|cette|cet|"
    r"chapitre|est|que|esta?|este|p[aá]gina|cap[ií]tulo|secci[oó]n|me|nos|book|buch|livre|libro)\b)"
)
GAP = rf"(?:\W+{_GAP_WORDS})*\W+"
THIS = (
    r"(?:this|the current|current|these|the present|is|iss|ye|yeh|dies\w*|aktuelle\w*|cette|cet|ce|est[ae]|"
    r"اس|اِس|یہ|موجودہ)\s+(?:wal[aei]\s+)?(?:whole|entire|very|poor[ae]|poori|puri|ganze\w*|پورے|پوری|پورا)?\s*"
)
THE = r"(?:the|whole|entire|that|der|die|das|den|dem|le|la|l['’]|el)\s+(?:whole |entire )?"
THIS_PAGE = re.compile(
    rf"(?<!\w)(?!these docs)(?:{THIS})(?:{PAGE_WORD})(?!\w)|这一?(?:页|节|篇)|本(?:页|节)", re.IGNORECASE
)
THIS_CHAPTER = re.compile(rf"(?<!\w){THIS}(?:{CHAPTER_WORD})(?!\w)|这一?章|本章", re.IGNORECASE)
THE_PAGE = re.compile(rf"(?<!\w){THE}(?:{PAGE_WORD})(?!\w)", re.IGNORECASE)
THE_CHAPTER = re.compile(rf"(?<!\w){THE}(?:{CHAPTER_WORD})(?!\w)", re.IGNORECASE)
THIS_BOOK = re.compile(
    rf"(?<!\w)(?:{THIS}|{THE}|your |is |poori |whole |all )?(?:{BOOK_WORD})(?!\w)|\bthese pages\b|\bdiese seiten\b",
    re.IGNORECASE,
)
HERE = re.compile(r"\b(?:here|hier|ici|aqu[ií]|yahan|yahaan|idhar)\b|یہاں|ادھر", re.IGNORECASE)

# In this order: a message that asks for several is the first.
PAGE_TASKS: dict[str, re.Pattern[str]] = {
    "quiz": re.compile(
        r"\b(?:quiz\w*|test me|test my|(?:exam|practice|study|review|revision|test|comprehension|control|check) questions?|(?:exercise|question|practice) sheets?|worksheets?|flash ?cards?|mcqs?|multiple choice|self[- ]test|"
        r"questions? (?:about|on|from|for) (?:this|the)|ask (?:me|us) (?:\w+ )?questions?|"
        r"stell\w* (?:mir|uns) (?:\w+ )?fragen|pose[sz]?[- ](?:moi|nous) (?:\w+ )?(?:des )?questions|haz(?:me|nos) (?:\w+ )?preguntas|karteikarten|lernkarten|abfrag\w*|prüfungsfragen|übungsfragen|teste mich|frag mich\b.{0,40}\bab|"
        r"fiches? de r[eé]vision|cartes m[eé]moire|questionnaire|interroge[- ]moi|tarjetas|cuestionario|examen(?: tipo test)?(?= (?:de|con|sobre)\b)|preguntas (?:de|tipo) test|preguntas de (?:examen|pr[aá]ctica|repaso)|examíname|examiname|"
        r"preg[uú]nta(?:me|nos)|p[oó]n(?:me|nos)? a prueba|eval[uú]a(?:me|nos)|t[oó]mame la lecci[oó]n|fais[- ](?:moi|nous) r[eé]viser|imtihan|sawal(?:aat|at)? bana\w*|sawal pooch\w*)\b|کوئز|امتحان|فلیش کارڈ|سوال(?:ات)? (?:بنا|تیار)\w*|سوال پوچھ|سوالات دی|出.{0,6}题|测验|选择题|考考我",
        re.IGNORECASE,
    ),
    "simpler": re.compile(
        r"\b(?:eli ?5|explain like|like i(?: ?['’]?a?m| were| was)? (?:a )?(?:5|five|ten|child|kid|beginner|dummy|newbie)|"
        r"as if i (?:were|was|am)|simplif\w+|(?:dumb|break|boil) (?:it|this|that|(?:this|the) (?:\w+ )?(?:page|chapter|section)) down|rewrite|unpack (?:it|this)|reformul\w+|umformulier\w+|"
        r"(?:in|with|using) (?:\w+ )?(?:simple|simpler|plain|easy|easier|layman['’]?s?|basic) (?:\w+ )?(?:words?|terms?|language|english|way)|"
        r"more simply|simply|easier|rephras\w+|reword\w*|paraphras\w+|(?:do not|don['’]?t|did not|didn['’]?t) (?:understand|get)|explain|einfach\w* (?:worten?|sprache)|in einfachen|erklär\w*|vereinfach\w*|"
        r"en termes (?:plus )?simples|mots (?:plus )?simples|plus simplement|einfacher|simplifie\w*|explique\w*|expliquer|"
        r"(?:en|con) (?:palabras|t[eé]rminos) (?:m[aá]s )?(?:sencill|simpl)\w+|m[aá]s (?:sencillo|simple|f[aá]cil)|de forma sencilla|expl[ií]ca\w*|simplifica\w*|"
        r"asaan|aasan|saada|samjha\w*)\b|آسان|سادہ|سمجھا\w*|وضاحت|简单|通俗|解释",
        re.IGNORECASE,
    ),
    "key_points": re.compile(
        r"\b(?:(?:key|main|important|essential|core|central|most important|top|big) (?:\w+ )?(?:points?|takeaways?|ideas?|concepts?|facts?|lessons?|things?|parts?|message)|"
        r"takeaways?|take[- ]aways?|highlights?|bullet points?|cheat ?sheet|most important|"
        r"(?:handout|crib ?sheet|one[- ]pager)s?|should i (?:remember|know|learn|memori[sz]e|keep in mind|take away)|(?:have|need|ought|got) to (?:know|remember|learn|memori[sz]e|understand)|must i (?:remember|know)|(?:to )?remember from|"
        r"(?:muss|soll|sollte|müssen|sollten) (?:ich|man|wir) (?:\w+ ){0,7}(?:wissen|merken|lernen|können)|wichtigste\w*|kernpunkte|kernaussagen|hauptpunkte|stichpunkte\w*|merken|"
        r"(?:dois[- ]je|faut[- ]il|il faut|je dois) (?:\w+ ){0,2}(?:savoir|retenir|apprendre)|points? (?:cl[eé]s?|importants?|essentiels?|principaux)|l['’]essentiel|id[eé]es? principales?|retenir|"
        r"(?:tengo|hay) que (?:saber|recordar|aprender)|(?:debo|necesito) (?:saber|recordar|aprender)|puntos? (?:clave|principal\w*|importantes?)|ideas? (?:clave|principal\w*)|lo m[aá]s importante|recordar|"
        r"kya (?:kya )?(?:yaad|seekhna|parhna)\b.{0,20}(?:hai|hoga|chahiye|zaroori)|(?:aham|ahem|khaas|zaroori|main) (?:points?|nuqt[ae]|nukaat|baat\w*|cheez\w*))\b|اہم|نکات|خاص باتیں|یاد رکھ\w*|要点|重点",
        re.IGNORECASE,
    ),
    "before": re.compile(
        r"\b(?:prerequisites?|pre-requisites?|prior knowledge|background (?:do i need|knowledge)|"
        r"(?:read|know|learn|study|understand|do|need|required?)"
        + GAP
        + r"(?:before|beforehand|first)|(?:know|learn|read) before|before (?:reading |starting |i read |i start )?(?:this|it)|"
        r"(?:comes?|came|goes|is) (?:right |just )?before|previous (?:page|chapter|lesson|section|module)|"
        r"vor (?:dies\w+|de[mnr]) (?:seite|kapitel|abschnitt|lektion|modul|artikel)|vorher|zuvor|voraussetzung\w*|davor|avant|pr[eé]requis|pr[eé]alables?|antes|requisitos?|prerrequisitos?|previos?|"
        r"(?:is )?se (?:pehle|pehlay)|pehle)\b|سے پہلے|پہلے|پیشگی|先[读学看]",
        re.IGNORECASE,
    ),
    "next": re.compile(
        rf"\b(?:(?:what|which)(?:\W+(?:{_GAP_WORDS}|comes?|follows|read|now))*\W+"
        r"(?:next|after(?:wards)?)|read next|next (?:page|chapter|lesson|section|module|step)|after (?:this|reading)|"
        r"(?:^|(?<=[.!?,;] ))(?:and |so |ok |okay )?(?:what(?:['’]?s)? )?next(?=\W*$)|als nächstes|danach|nächste\w* (?:seite|kapitel|abschnitt|lektion)|nach diese[rm]|ensuite|apr[eè]s|suivante?|despu[eé]s|siguiente|a continuaci[oó]n|"
        r"(?:is ?|us ?)?k(?:e|ay)? baad|agla|agli|aglay)\b|کے بعد|اگلا|اگلے|اگلی|下一[页章节]",
        re.IGNORECASE,
    ),
    "example": re.compile(
        r"\b(?:examples?|beispiele?|exemples?|ejemplos?|misaa?l(?:ein|en)?)\b|مثال|例子|举例", re.IGNORECASE
    ),
    "summary": re.compile(
        r"\b(?:summar\w+|sum(?: it| this| that)? up|tl ?;? ?dr|recap\w*|overview|gist|nutshell|abstract|synopsis|"
        r"short version|brief (?:me|version|overview)|worth (?:reading|my time|it|the time)|(?:can|could|may|should) i skip (?:it|this)|what (?:do|will|would|can|could) (?:i|we|you) (?:get|gain|take|learn) (?:from|out of|in|on)|lohnt (?:es )?sich|vale la pena|vaut(?:[- ]il)? (?:la peine|le coup)|condense|outline|(?:make|write|take|give|create|prepare)(?: me| us)?(?: some| short| study| revision| lecture)* notes|study notes|revision notes|what(?:['’]?s)?"
        + GAP
        + r"about|was steht|shorten\w*|"
        r"(?:what|was|que|qu['’]?est|de qu[eé])"
        + GAP
        + r"(?:say|says|tell|tells|cover|covers|teach|teaches|explain|explains|discuss|discusses|describe|describes|contain|contains|learn)|"
        r"notizen|lernzettel|spickzettel|zusammenfass\w*|fass\w*\b[^.?!]{0,60}\bzusammen|überblick|kurzfassung|worum geht|wovon handelt|"
        r"prends des notes|fiche(?: de (?:révision|lecture))?|r[eé]sum\w+|synth[eè]se|aperçu|de quoi (?:parle|traite|s['’]agit)|"
        r"apuntes|resum\w+|s[ií]ntesis|de qu[eé] (?:trata|va|habla)|"
        r"notes (?:bana|likh|tayy?ar)\w*|khulas[aeh]+|mukhtasar|nichod|kis baa?re (?:mein|me|main))\b|خلاص\w*|مختصر[\w\u064b]*|کس بارے میں|لب لباب|सारांश|संक्षेप|总结|概括|摘要|概述|归纳",
        re.IGNORECASE,
    ),
}
# Of a page, without a task of the list and beside `PIECES`: what can only be answered from that page's own text.
ON_THE_PAGE = re.compile(
    r"\b(?:on|in|from|of|at|auf|in|aus|von|sur|dans|de|en|sobre)\s+$|\b(?:mein|main|me|se|ka|ki|ke|par|pe)\b|میں|پر|سے|کا|کی|کے",
    re.IGNORECASE,
)
PIECE_OF_A_PAGE = re.compile(
    r"\b(?:steps?|lists?|headings?|sections?|paragraphs?|sentences?|links?|notes?|warnings?|tips?|numbers?|values?|terms?|keywords?|"
    r"tools?|topics?|questions?|schritte?|étapes?|pasos?|qadam|marahil)\b|مراحل|قدم",
    re.IGNORECASE,
)

# What a page may have beside its text, as a message asks for it and as a heading names it.
PIECES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "exercises": r"\b(?:exercises?|assignments?|homework|activit(?:y|ies)|practice tasks?|übung\w*|aufgaben?|exercices?|devoirs?|ejercicios?|tareas?|mash[qk]\w*)\b|مشق\w*|练习",
        "mistakes": r"\b(?:mistakes?|misconceptions?|misunderstandings?|pitfalls?|gotchas?|troubleshooting|fehler|missverständnis\w*|erreurs?|pièges?|malentendus?|errores|malentendidos?|ghalti\w*|ghalat ?fehmi\w*)\b|غلطی\w*|غلطیاں|غلط فہمی|错误",
        "objectives": r"\b(?:objectives?|learning (?:goals?|outcomes?)|goals?|(?:lern)?ziele?|objectifs?|objetivos?|maqa?sid)\b|مقاصد|学习目标",
        "diagram": r"\b(?:diagrams?|figures?|images?|pictures?|charts?|illustrations?|flow ?charts?|abbildung\w*|diagramm\w*|bild|bilder|schémas?|diagrammes?|figuras?|diagramas?|im[aá]gen(?:es)?|tasveer|shakl)\b|شکل|خاکہ|تصویر|图表?",
        "commands": r"\b(?:commands?|befehle?|commandes?|comandos?)\b|کمانڈ\w*|命令",
        "code": r"\b(?:codes?|snippets?|listings?|scripts?|quell(?:code|text)|c[oó]digos?)\b|کوڈ|代码",
        "table": r"\b(?:tables?|tabellen?|tableaux?|tablas?)\b|جدول|表格",
        "formulas": r"\b(?:formulas?|formulae|equations?|formeln?|gleichung\w*|formules?|équations?|f[oó]rmulas?|ecuaci(?:ón|ones))\b|فارمول\w*|公式",
        "terms": r"\b(?:definitions?|(?:key|technical|difficult|hard|new|important|special) (?:terms?|words?|vocabulary)|terms|vocabulary|glossary|jargon|fachbegriffe?|fachwörter|begriffe|glossar|termes|vocabulaire|glossaire|t[eé]rminos|vocabulario|glosario|mushkil alfaaz|istilaha?t)\b|مشکل الفاظ|اصطلاحات|术语",
    }.items()
}
# What may stand beside such a piece, and names no subject: "the solution of exercise 2".
BESIDE_PIECES = frozenset(
    plain_words(
        """
        solution solutions solve answer answers losung losungen reponse corrige solucion respuesta hal common typical learning
        haufige haufigen courantes frecuentes comunes example examples block blocks number nr حل جواب
        """
    )
)
_A_PLACE = rf"(?:{CHAPTER_WORD}|{PAGE_WORD})(?!\w)"
# The page or the chapter before the open one, or after it.
PREVIOUS = re.compile(
    rf"\b(?:previous|preceding|prior|vorige[nmrs]?|vorherige[nmrs]?|pichh?l[aei])\s+{_A_PLACE}|پچھل[اےی]\s+{_A_PLACE}|"
    rf"\b(?<!\bthis )(?:{CHAPTER_WORD}|{PAGE_WORD})\s+(?:before|davor|pr[eé]c[eé]dente?|anterior)\b|上一[章页节]",
    re.IGNORECASE,
)
LAST = re.compile(
    rf"\b(?:last|letzte[nmrs]?|derni[eè]re?|[uú]ltim[oa])\s+{_A_PLACE}|\b(?:{CHAPTER_WORD}|{PAGE_WORD})\s+(?:pasad[oa]|passée?)\b",
    re.IGNORECASE,
)
FOLLOWING = re.compile(
    rf"\b(?:next|following|coming|nächste[nmrs]?|kommende[nmrs]?|folgende[nmrs]?|pr[oó]xim[oa]|prochaine?|agl[aei]|aglay)\s+{_A_PLACE}|"
    rf"اگل[اےی]\s+{_A_PLACE}|\b(?:{CHAPTER_WORD}|{PAGE_WORD})\s+(?:danach|suivante?|siguiente)\b|下一[章页节]",
    re.IGNORECASE,
)
LEARNT = re.compile(  # what was read or will be, and not which page it is
    r"\b(?:(?:did|have|had) (?:we|i)|we (?:learn|learned|learnt|saw|covered)|learn(?:ed|t)?|again|gelernt|gelesen|behandelt|nochmal|"
    r"appris|avons[- ]nous|vu|aprendimos|aprend[ií]|vimos|seekh[aei]|sikh[aei]|parh[aei])\b|سیکھ\w*|پڑھا|学了",
    re.IGNORECASE,
)
LENGTH = re.compile(
    r"\b(?:how (?:long|big)(?: (?:does|will|would) it take(?: me| us)?(?: to (?:read|finish|study))?)?|reading time|wie (?:lange?|umfangreich)|lesezeit|lesedauer|"
    r"combien de temps|temps de lecture|quelle (?:est la )?longueur|cu[aá]nto (?:tiempo|dura|tard[ao]\w*)|tiempo de lectura|qu[eé] tan larg[oa]|"
    r"kitn[aei] (?:lamb[aei]|bar[aei]|der|dair|waqt|time))\b|کتنا (?:وقت|لمبا|ٹائم)|کتنی (?:لمبی|دیر)|多长|多久",
    re.IGNORECASE,
)
BESIDE_LENGTH = frozenset(
    plain_words(
        "take takes need needed time minutes hours finish dauert braucht brauche lese minuten stunden dure prend lire minutes "
        "heures lleva leer tarda minutos horas lagega lagegi lagta lagti parhne لگے لگتا پڑھنے میں"
    )
)
PLAN = re.compile(
    r"\b(?:in (?:what|which)|reading|best) order\b|\b(?:study|reading|learning) (?:plan|schedule)\b|\b(?:lern|lese|studien)plan\b|"
    r"plan d[e'’] ?(?:lecture|[eé]tudes?|apprentissage)|plan de (?:estudios?|lectura|aprendizaje)|"
    r"\b(?:parhne|parhai|study) ka (?:plan|schedule)\b|(?:مطالع\w+|پڑھائی|پڑھنے) کا (?:منصوبہ|پلان|شیڈول)|学习计划",
    re.IGNORECASE,
)
PERIODS = re.compile(
    r"(?<!\w)(?P<count>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|zwei|drei|vier|fünf|deux|trois|quatre|cinq|dos|tres|"
    r"cuatro|cinco|do|teen|char|panch|دو|تین|چار|پانچ)[\s-]*(?:weeks?|days?|months?|wochen|tagen?|monaten?|semaines|jours|mois|semanas|"
    r"d[ií]as|meses|haft[aey]\w*|din|mahin\w*|ہفت\w*|دن\w*|مہین\w*|周|天)(?!\w)",
    re.IGNORECASE,
)

COUNTED_WORD = (  # of what a book has several of, by number: "this part" may be a passage as well
    rf"(?:{CHAPTER_WORD}|(?:parte|partie|woche|semaine|semana|lesson|lektion|leçon)s?|teil(?:e[ns]?)?|wochen|unidades|lecciones|lektionen|"
    r"hiss(?:[ae]|on)|haft[aey]|hafton|حصہ|حصے|حصوں|ہفتہ|ہفتے|अध्याय|मॉड्यूल|भाग)"
)
# Of a chapter; numbers in words are put into figures before (`engines.understanding.task_words`).
NUMBER = (
    r"(?:no\.? ?|number |nr\.? ?|#)?(?P<number>\d{1,3}|(?-i:[IVX]{2,5}|[VX]|I(?=\s*(?:[?.!,]|$)))|i{2,3}|iv|vi{1,3}|ix)"
)
_ORDINAL = r"(?P<ordinal>last|letzte[snr]?|derni[eè]re?|[uú]ltim[oa]|aa?khri|آخری|अंतिम|आख़?िरी)"
NUMBERED = re.compile(
    rf"(?<!\w)(?P<word>{COUNTED_WORD})\s*{NUMBER}(?!\w)|(?<!\w){_ORDINAL}\s+(?P<word2>{COUNTED_WORD})(?!\w)",
    re.IGNORECASE,
)
THE_SUBJECT = re.compile(  # of a chapter, in a message for nothing else
    r"\bc['’ ]?est quoi\b|\b(?:subject|topic|thema|sujet|tema|mauzu|mozu|mawzu|chapter|kis|baa?re|bare|trata|habla|va|parle|traite|handelt|geht|worum|wovon)\b|موضوع|کس|किस (?:बारे|विषय) में|के बारे में|क्या है|है|(?:主要)?(?:讲|说|介绍|包含)了?(?:的是)?(?:什么|啥|哪些)(?:内容)?|的?(?:主要)?内容(?:是什么)?|是?关于什么的?|是什么|有(?:哪些|什么)(?:页|小节|内容)?",
    re.IGNORECASE,
)
CALLED = re.compile(  # "and what are they called?", behind a count
    r"\b(?:called|they|c[oó]mo se|names?|titles?|hei(?:ß|ss)en|namen|appellent[- ]?(?:ils|elles)?|s['’]appellent|noms?|llaman|nombres?|naam|titel)\b|نام|नाम|"
    r"\b(?:in total|total|altogether|overall|insgesamt|gesamt|au total|en tout|en total|kul|milakar)\b|کل",
    re.IGNORECASE,
)
_THROUGH = r"(?:to|through|thru|until|till|bis|à|au|al?|hasta|se|سے|到|至|-|–)"
SEVERAL_CHAPTERS = re.compile(
    rf"(?<!\w)(?P<word>{CHAPTER_WORD})\s*(?P<numbers>\d{{1,3}}(?:\s*(?:[,،]?\s*(?:and|or|und|oder|et|ou|y|e|o|aur|ya|اور|یا|&|with|mit|avec|con|vs\.?|versus|和|或)|"
    rf"[,،]|{_THROUGH})\s*(?:{CHAPTER_WORD}\s*)?\d{{1,3}})+)(?!\w)",
    re.IGNORECASE,
)
THROUGH = re.compile(rf"\d\s*{_THROUGH}\s*(?:{CHAPTER_WORD}\s*)?\d", re.IGNORECASE)
COMPARE = re.compile(
    r"\b(?:compar\w*|contrast|differ\w*|in common|vs|versus|overlap\w*|überschneid\w*|vergleich\w*|unterschied\w*|différen\w*|diferen\w*|muq[aā]bla|muwazna|farq)\b|موازنہ|فرق|तुलना|अंतर|比较|对比|区别|不同",
    re.IGNORECASE,
)
# That two chapters have to do with each other, and the second one, where the first is the open one.
CONNECT = re.compile(
    r"\b(?:connect\w*|relat\w+|link(?:s|ed)? (?:to|with)|buil(?:d|ds|t) (?:up)?on|depend\w* on|fits? (?:with|together)|(?:have|has) to do with|"
    r"zusammenh[aä]ng\w*|h[aä]ng(?:t|en)\b.{0,60}\bzusammen|verbind\w*|verbunden|bezug|(?:en )?rapport|li[eé]e?s?|lien|relaci[oó]n\w*|conect\w*|"
    r"taa?l+uq|talluq)\b|تعلق|ربط|संबंध|关系|联系",
    re.IGNORECASE,
)
THE_OTHER = re.compile(
    rf"\b(?:the|that|dem|der|das|celui|celle|le|la|el)\s+(?:one|{CHAPTER_WORD}|{PAGE_WORD})?\s*(?:on|about|über|zu|sur|de|sobre)\s+(?P<name>[^?!.,;]{{2,60}})|"
    rf"\b(?:the|das|dem|der)\s+(?P<name2>[^?!.,;]{{2,60}}?)\s+(?:one|{CHAPTER_WORD}|{PAGE_WORD})\b",
    re.IGNORECASE,
)
# Advice on what to read: which chapters can be left out, are hard or matter, and whether a reader is ready for something.
_MAY_I = r"\b(?:can|may|could|should|kann|darf|sollte?|puis|peux|dois|puedo|debo)\W+(?:i|we|ich|wir|je|on)?\W*(?:also |safely |just |auch )?"
_SKIP = r"(?:skip|leave out|ignore|überspringen|auslassen|weglassen|sauter|ignorer|saltar(?:me)?|omitir)"
_MOST = (
    r"(?:hardest|toughest|easiest|best|worst|favou?rite|longest|shortest|most (?:difficult|important|interesting|useful|relevant)|least (?:important|useful)|"
    r"schwerste\w*|schwierigste\w*|leichteste\w*|einfachste\w*|wichtigste\w*|beste\w*|"
    r"sab ?se (?:mushkil|ziada mushkil|asaa?n|aasan|aham|ahem|acha|zaroori)|سب سے (?:زیادہ )?(?:مشکل|آسان|اہم|اچھا|ضروری)|सबसे (?:कठिन|आसान|महत्वपूर्ण|अच्छा))"
)
_MOST_BEHIND = r"(?:(?:le|la|les) plus (?:difficile|dur|facile|important|utile|int[eé]ressant)\w*|m[aá]s (?:dif[ií]cil|f[aá]cil|importante|[uú]til|interesante)\w*)"
_READ = (  # without "part" and "unit": "the most important part of a controller" is no chapter
    r"(?:chapter|module|lesson|kapitel|modul|lektion|chapitre|leçon|cap[ií]tulo|m[oó]dulo|lecci[oó]n|baab|bab|باب|ابواب|چیپٹر|अध्याय)(?:s|en|es)?"
)
_IS = r"(?:is|are|ist|sind|est|sont|es|son|hai|ہے|है)"
ADVICE = re.compile(
    rf"\b{_READ}(?!\w)\W+{_MAY_I}{_SKIP}\b|{_MAY_I}{_SKIP}\W+(?:the |this |all |some |le |les |el |los )?(?:\w+ )?{_READ}(?!\w)|"
    rf"{_MAY_I}(?:\w+ )?{_READ}(?!\w).{{0,40}}\b{_SKIP}\b|(?<!\w){_READ}\s+(?:chhor|chor|چھوڑ|छोड़)\w*|"
    rf"(?<!\w){_MOST}\s+{_READ}(?!\w)|(?<!\w){_READ}(?!\w)\W+(?:{_IS}\s)?\W*(?:the |der |die |das |el |la )?(?:{_MOST}|{_MOST_BEHIND})(?!\w)",
    re.IGNORECASE,
)
READY = re.compile(
    r"\b(?:am i|are we|will i be) ready (?:for|to)\b|\bbin ich (?:schon )?bereit für\b|\bsuis[- ]je pr[eê]te? (?:pour|à)\b|\bestoy (?:ya )?list[oa] para\b|"
    r"\bkya (?:main|mein) \w+ (?:ke liye )?tayy?ar\b",
    re.IGNORECASE,
)
TABLE_OF_CONTENTS = re.compile(
    r"(?<!\w)(?:table of contents|toc|inhaltsverzeichnis|inhaltsübersicht|gliederung|table des mati[eè]res|sommaire|"
    r"[ií]ndice|fehrist|(?:show|see|list)(?: me)?(?: the)? contents?)(?!\w)|فہرست",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    rf"\b(?:table of contents|contents page|toc|inhaltsverzeichnis|table des mati[eè]res|sommaire|[ií]ndice(?: del libro)?|fehrist|(?:show|see|list)(?: me)?(?: the)? contents?)\b|فہرست|"
    rf"\b(?:list|show|name|give|tell|liste|nenne|zeig\w*|donne|montre|lista|dime|muestra\w*|enumera)\b.{{0,30}}\b(?:{CHAPTER_WORD}|topics|themen|sujets|temas)(?!\w)|"
    rf"\b(?:how many|wie ?viele|combien de|cu[aá]nt[oa]s|kitn[aei]+)\b.{{0,15}}(?:{CHAPTER_WORD}|pages|seiten|p[aá]ginas)(?!\w)|کتنے (?:ابواب|باب|صفحات)|"
    rf"\b(?:what|which|welche|quels?|quelles?|qu[eé]|cu[aá]les|kaun ?se|kon ?se|kya kya)\b.{{0,20}}\b(?:{CHAPTER_WORD}|topics?|subjects?|themen|sujets?|temas)\b.{{0,25}}\b(?:there|cover\w*|{BOOK_WORD}|gibt|behandel\w*|il y a|hay|trata|hain|hai)(?!\w)",
    re.IGNORECASE,
)
_COUNTED = rf"(?:{COUNTED_WORD}|pages?|seiten|p[aá]ginas|safhe|safhat|صفحات|صفحے|پیجز?)"
HOW_MANY = re.compile(
    rf"\b(?:how many|(?:the )?(?:total )?number of|wie ?vielen?|(?:die )?anzahl (?:der|an)|combien de|(?:le )?nombre de|cu[aá]nt[oa]s|"
    rf"(?:el )?número de|kitn[aei]+)\b.{{0,15}}?\b(?P<word>{_COUNTED})(?!\w)|کتن[ےی]\s*(?P<word2>{_COUNTED})(?!\w)",
    re.IGNORECASE,
)
PARTS_COUNTED = re.compile(
    rf"(?:,|\b(?:and|or|und|et(?: de)?|y|aur)\b|اور)\s*(?:how many |wie viele |cuántas? )?({_COUNTED})(?!\w)",
    re.IGNORECASE,
)
# Tasks that need the conversation: to translate what was said or the open page, and to say what was asked.
TRANSLATE = re.compile(
    r"\b(?:translat\w+|translation|übersetz\w*|uebersetz\w*|tradui\w*|traduc\w*|traduz\w*|tarjum\w*|tarjam\w*)\b|"
    r"ترجم\w*|翻译",
    re.IGNORECASE,
)
THE_ANSWER = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|responses?|antwort\w*|réponses?|respuestas?|jawab\w*|it|this|that|above|es|das|ça|cela|"
    r"esto|eso|lo|le)\b|جواب|اسے|回答|这",
    re.IGNORECASE,
)
LANGUAGES = frozenset(
    plain_words(
        """
        urdu english german french spanish arabic hindi chinese turkish italian portuguese russian japanese korean persian
        punjabi pashto sindhi bengali deutsch englisch spanisch franzosisch arabisch chinesisch anglais allemand espagnol
        francais ourdou arabe chinois ingles aleman espanol frances chino angrezi urdusprache
        اردو انگریزی جرمن عربی ہندی فرانسیسی ہسپانوی چینی 中文 英文 英语
        """
    )
)
BESIDE_LANGUAGES = frozenset(  # of a message that names no more than the language that the answer is wanted in
    plain_words(
        """
        in into to auf en ins al a ko mein main me ab now and und et y aur or but please pls plz bitte por favor s il te
        plait the same again it this that say write answer reply explain tell only batao bolo likho samjhao jawab do dein
        karo karein can could would you u kannst du sagen sag das es nochmal noch einmal erklare antworte peux tu dire
        reponds encore une fois puedes decirlo responde otra vez language sprache langue idioma zaban roman dobara wahi
        wohi bitte میں بتائیں بتاؤ لکھیں دوبارہ جواب دیں دو کریں سمجھائیں یہی
        """
    )
)
BESIDE_TRANSLATE = frozenset(
    plain_words(
        """
        urdu english german french spanish arabic hindi chinese turkish italian portuguese russian japanese korean persian
        punjabi pashto sindhi bengali deutsch deutsche englisch englische urdusprache ins spanisch spanische franzosisch
        franzosische anglais allemand espagnol francais ourdou arabe chinois ingles aleman espanol frances urdu arabe chino
        angrezi roman into language sprache langue idioma zaban last previous your whole full answer answers reply response
        antwort antworten deine letzte letzten reponse derniere ta votre respuesta ultima tu su jawab above oben lo le karo
        al a ao en karen kar kardo do krdo isko uska iska انگریزی اردو جرمن عربی ہندی زبان کریں کرو دو جواب اپنا اپنے پچھلے آخری 把 请 请把 成中文 成英文 成英语 成乌尔都语 一下
        """
    )
)
ANSWERS = re.compile(  # of a quiz
    r"\b(?:answers?|answer key|solutions?|solve (?:it|them)|lösung(?:en)?|antworten|auflösung|réponses?|corrigé|respuestas?|solucion(?:es)?|"
    r"jawa?ba?(?:at)?|hal)\b|جواب(?:ات)?|حل",
    re.IGNORECASE,
)
BESIDE_ANSWERS = frozenset(
    plain_words(
        "answer answers correct right quiz them those these all his richtigen richtige alle bonnes correctes todas correctas sahi "
        "reveal see check my are is tell show give key solution solutions inka un sab in ان صحیح تمام درست کوئز"
    )
)
ASKS_SOMETHING = re.compile(
    r"\b(?:what|which|why|how|when|where|who|more|was|wie|warum|welche\w*|wo|wer|mehr|que|quoi|quel\w*|comment|pourquoi|où|plus|qué|"
    r"cuál\w*|cómo|dónde|más|kya|kyun|kaise|kahan|aur)\b|کیا|کیوں|کیسے|کہاں|مزید",
    re.IGNORECASE,
)
ASKED_BEFORE = re.compile(
    r"\b(?:what|which)(?: (?:\w+ )?questions?)? (?:did|have|had) i (?:just )?(?:ask|asked|say|said)\b|"
    r"\b(?:what|which) (?:was|were|is|are) (?:my (?:\w+ )?questions?|the (?:\w+ )?questions? (?:that )?i (?:have )?asked)\b|"
    r"\b(?:repeat|show|list|tell me) (?:me )?(?:all )?my (?:\w+ )?questions?\b|"
    r"\b(?:was|welche frage)(?: frage)? habe? ich (?:dich |sie )?(?:\w+ ){0,3}gefragt\b|"
    r"\b(?:was|wie) (?:war|waren|lautete) meine (?:\w+ )?fragen?\b|"
    r"\bqu['’]?(?:est[- ]ce que |')?(?:je t|je vous|j)?['’ ]?ai[- ](?:je )?(?:\w+ )?demandé\b|"
    r"\bquelles? (?:était|étaient|est|sont) mes? (?:\w+ )?questions?\b|\bquelle était ma (?:\w+ )?question\b|"
    r"\b(?:cu[aá]l|cu[aá]les) (?:fue|era|fueron|es|son) mis? (?:\w+ )?preguntas?\b|\bqu[eé] (?:te |le )?(?:he )?pregunt(?:é|ado)\b|"
    r"\bmer[aei] (?:\w+ )?saw?aa?l(?:at)? (?:kya )?(?:tha|thay|the|hai)\b|"
    r"\bm(?:ain|ein) ?ne (?:\w+ ){0,3}(?:kya )?pooch?a\b|میر[اے] (?:\w+ )?سوال(?:ات)? کیا(?: تھا| تھے| ہے)?|"
    r"میں نے (?:\w+ ){0,3}کیا پوچھا(?: تھا| ہے)?|"
    r"我(?:之前|刚才|第一个|最先)?(?:问了?什么|的?问题是什么|问的?第一个问题)",
    re.IGNORECASE,
)
FIRST = re.compile(
    r"\b(?:first|zuerst|erste\w*|anfangs|premi[eè]re?|d['’]abord|primer[ao]?|pehl[aei]|shuru)\b|پہل|第一|最先",
    re.IGNORECASE,
)
ALL_OF_THEM = re.compile(
    r"\b(?:questions|all|so far|fragen|alles|bisher|preguntas|todas?|toutes?|saw?alat|saare|until now)\b|سوالات|سارے",
    re.IGNORECASE,
)
ABOUT_THE_CONTENTS = re.compile(  # that a message speaks of what the book has, and not of a thing
    r"\b(?:cover\w*|table of contents|contents?|toc|inhalt\w*|behandel\w*|sommaire|mati[eè]res|abord\w*|trait\w*|"
    r"[ií]ndice|trata\w*|fehrist)\b|فہرست",
    re.IGNORECASE,
)
PARTS_OF_A_CHAPTER = re.compile(
    r"\b(?:(?:sub[- ]?)?(?:topics?|pages?|sections?|lessons?|subjects?|chapters?)|contents?|themen|seiten|abschnitte?|"
    r"lektionen|inhalt|sujets?|leçons?|temas?|p[aá]ginas?|secciones|lecciones|mauzu\w*|safh\w+)\b|موضوع\w*|صفحات|اسباق",
    re.IGNORECASE,
)
ABOUT_BOOK = re.compile(
    rf"\b(?:what|worum|wovon|was|de quoi|que|qu['’]est|qu[eé]|kya|kis)\b.{{0,60}}(?:{BOOK_WORD})(?!\w)|(?:{BOOK_WORD}).{{0,40}}(?:kya|kis|کیا|کس)(?!\w)|"
    rf"(?:what|was|que|qu[eé])\b.{{0,12}}\b(?:can|will|could|kann|werde|peux|puis|vais|puedo|voy)\b.{{0,12}}\b(?:learn|find|read|lernen|finden|apprendre|trouver|aprender|encontrar)\b|کتاب .{{0,30}}(?:کیا|کس)",
    re.IGNORECASE,
)
ABOUTNESS = (
    r"(?:is|are|gibt es|y a[- ]t[- ]il|hay|about|on|talks?|deals?|covers?|explains?|discuss(?:es)?|describes?|treats?|mentions?|contains?|introduces?|"
    r"teach(?:es)?|(?:should|must|do) i (?:\w+ )?read|(?:debo|puedo|tengo que) leer|soll(?:te)? ich (?:\w+ )?lesen|muss ich lesen|"
    r"(?:dois|puis|devrais)[- ]je lire|(?:mujhe )?parhn[aei] chahiye|deals?|(?:that |which )?deal|handeln|behandeln|erklären|parlent|traitent|"
    r"abordent|expliquent|can i (?:read|find|learn)|has|have|tells?|"
    r"ist|sind|behandel\w*|handelt|geht|erklärt|wird|steht|finde|parle|traite|explique|aborde|est|décrit|"
    r"(?:se )?(?:tratan?|hablan?|explican?|describen?|mencionan?)|est[aá]|contiene|mein|main|me|(?:[\w.+#-]+ ){1,4}ke baa?re)"
)
TRAILING = re.compile(
    rf"\s*\b(?:in|of|on) (?:the|this|your|these) {BOOK_WORD}\b.*$|\s*\b(?:than|besides|apart from) (?:just |only )?this\b.*$|\s*\b(?:and|,) where\b.*$|"
    r"\s*\b(?:(?:is |are )?(?:explained|covered|described|discussed|treated|found|in)|behandelt|erklärt|beschrieben|"
    r"(?:ke|kay) baa?re (?:mein|main|me)(?: hain?)?|hai|hain)\s*$|\s*(?:کے بارے میں)?\s*(?:ہے|ہیں)?\s*[؟?]?\s*$",
    re.IGNORECASE,
)
PLACE_WORD = (
    r"(?:chapter|module|unit|page|section|article|lesson|tutorial|kapitel|module?|seiten?|abschnitte?|lektion|lektionen|chapitre|leçon|"
    r"cap[ií]tulo|m[oó]dulo|p[aá]gina|secci[oó]n|lecci[oó]n|baab|bab|safh[ae]|sabaq|باب|ابواب|ماڈیول|چیپٹر|صفحہ|صفحے|صفحات|سبق)s?"
)
WHICH_CHAPTER = re.compile(
    rf"\b(?:which|what|in which|in what|welche[sr]?|in welche[mr]|quel(?:le)?s?|dans quel(?:le)?s?|qu[eé]|cu[aá]l(?:es)?|en qu[eé]|kaun ?s[aei]|kon ?s[aei]|kis)\s+(?P<part>{PLACE_WORD})\s+(?P<rest>{ABOUTNESS}\b.+)|"
    rf"(?<!.)(?P<rest2>.+?)\s*(?:کس|کون سا|کون سے|کونسا|کونسے)\s+(?:{PLACE_WORD})|(?:کس|کون سا|کون سے|کونسا|کونسے)\s+(?:{PLACE_WORD})(?P<rest3>.+)|"
    rf"\b(?:where|wo|o[uù]|d[oó]nde)\s+(?:in (?:the|this) {BOOK_WORD} )?(?:can|could|do|should|kann|finde|puis|peux|puedo|est|se|is|are|does)\b(?:\s+(?:i|ich|je|one|we))?\s*(?:read|find|learn|see|look up|lesen|nachlesen|finden|lire|trouver|leer|encontrar)\b(?P<rest4>.+)|"
    rf"\b(?:where|wo|o[uù]|d[oó]nde)\s+(?:in|im|dans|en)\s+(?:the|this|your|dem|diesem|le|ce|el|este)?\s*{BOOK_WORD}\s+(?:do|does|did|is|are|wird|werden|geht|est[- ]ce|se|on|parle)\b(?:\s+(?:they|you|we|it|i|es|que|on))?(?P<rest8>\b.+)|"
    rf"\b(?:is|are|gibt es|y a-t-il|hay)\s+(?:there\s+)?(?:also\s+)?(?:an?|any|ein\w*|une?|una?)?\s*(?P<thing>(?:glossary|glossar|glossaire|glosario|index|appendix|tutorial|exercises?|bibliography|faq|cheat ?sheet|introduction|changelog)\b.{{0,40}})|"
    r"\b(?:is|are) there (?:something|anything|much|more|anything else|other pages|a (?:chapter|page|section|part)) (?P<rest6>(?:about|on|for|with)\b.+)|"
    rf"(?P<rest5>.+?)\s+(?:kaun|kon) ?s[aei]\s+{PLACE_WORD}|"
    rf"\b(?:list|show|name|give|find|nenne|zeig|liste|donne|montre|lista|dame|muestra)\w*\b.{{0,30}}\b(?:pages|chapters|sections|lessons|"
    rf"seiten|kapitel|chapitres|p[aá]ginas|cap[ií]tulos|safhe|صفحات)\s+(?P<rest7>(?:(?:that|which|die|qui|que) )?{ABOUTNESS}\b.+)",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"^(?:\s*\b(?:for the first time|zum ersten mal|pour la premi[eè]re fois|por primera vez|pehli (?:baar|dafa)|ich|man|je|if i want to|wenn ich|si (?:je veux|quiero)|agar|que|qui|handeln|parlent|traitent|abordent|expliquent|(?:debo|puedo|tengo que) leer|soll(?:te)? ich lesen,?|dois[- ]je lire|puis[- ]je lire|(?:is|are|gibt|y|il|hay)(?: there| es| a t il| y a)?|y a-t-il|hay|is|are|was|does|do|can|should|i|read|to|that|which|talks?|deals?|dealing|covers?|covered|covering|explains?|explained|discuss\w*|describes?|described|"
    r"treats?|treated|has|have|contains?|introduces?|mentions?|menciona|mentionne|about|on|with|for|of|in|the|this|that|topic|subject|stuff|things?|something|anything|everything|more|information|info|"
    r"das|den|dem|die|der|etwas|alles|zeug|was|ist|sind|behandelt|geht|es|um|über|handelt|von|erklärt|wird|zu|mehr|parle|traite|explique|est|sont|de|des|du|sur|la|le|les|find|finde|trouve|can|"
    r"se|algo|todo|tratan?|hablan?|explican?|es|est[aá]|sobre|el|los|las|mein|main|me|hai|hain|ka|ki|ke|baa?re|میں|کے|بارے|ہے|ہیں|کا|کی|پر|سے|متعلق)\b)+",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"\b(?:after|follows?|following|next to|nach|folgt|apr[eè]s|suit|despu[eé]s del?|sigue|k(?:e|ay)? baad)\b|کے بعد|के बाद|之后|后面|以后",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"\b(?:before|precedes?|prior to|vor|bevor|ehe|avant|antes del?|se pehle)\b|سے پہلے|से पहले|之前|前面|以前",
    re.IGNORECASE,
)
COMES = re.compile(
    r"\b(?:comes?|what is|what['’]s|whats|which|what|next|previous|kommt|folgt|was|welches|vient|quel|qu['’](?:est|y)|name|nenne|viene|hay|qu[eé]|cu[aá]l|kya|kaun|kon|aata|aati)\b|کیا|کون|क्या|कौन|什么|哪",
    re.IGNORECASE,
)
START = re.compile(
    r"\b(?:where|how|with what|wo|womit|wie|par o[uù]|o[uù]|comment|por d[oó]nde|d[oó]nde|c[oó]mo|kahan|kahaan|kaise)\b.{0,40}\b(?:start|begin|get started|anfangen|beginnen|starten|commencer|commence|d[eé]buter|empez\w*|comenzar|empiezo|comienzo|shuru)\b.{0,25}\b(?:read\w*|book|docs?|learning|here|lesen|lire|leer|parhna|parhoon|buch|livre|libro|kitab|course)?|"
    r"\b(?:what|which (?:page|chapter)|was|que|qu[eé])\b.{0,25}\b(?:read|lesen|lire|leer|parh\w*)\b.{0,12}\b(?:first|zuerst|en premier|d['’]abord|primero|pehle)\b|"
    r"کہاں سے شروع|سب سے پہلے کیا پڑھ",
    re.IGNORECASE,
)
READING = re.compile(r"\b(?:read\w*|les\w+|lire|leer|parh\w*|here)\b|پڑھ", re.IGNORECASE)
META = re.compile(
    r"\b(?:licen[cs]e|copyright|authors?|wrote|written by|editors?|publisher|edition|versions?|isbn|pdf|epub|download|offline|print(?:ed)?|"
    r"audience|who(?:['’]s| is) (?:it|(?:this|the|your) (?:\w+ )?\w+) (?:\w+ )?for|for whom|meant for|beginners?|prerequisites?|glossary|languages?|translat\w+|"
    r"up to date|last updated|contribut\w+|report (?:a |an )?(?:bug|error|mistake|typo)s?|feedback|community|people meet|get help|ask (?:questions|for help)|forum|discord|contact|github|"
    r"available|free|price|cost|cite|difficult\w*|level|how long|autor\w*|lizenz|verfasst|zielgruppe|sprachen?|auteurs?|[eé]crit|langues?|autor[ae]s?|licencia|escrib\w+|idiomas?|"
    r"liye|likhi|likha|musannif)\b|مصنف|لائسنس|زبان|لکھی|لکھا|کے لیے",
    re.IGNORECASE,
)
AUDIENCE = re.compile(  # who a book is for, and what they should know before
    r"\b(?:who(?:['’]s| is) .{1,30}\bfor|for whom|audience|(?:meant|written|intended|made) for|aimed at|right (?:reader|book|audience|person)|beginners?|prerequisites?|need to know before|für wen|zielgruppe|voraussetzung\w*|vorkenntnisse|"
    r"pour qui|pr[eé]requis|d[eé]butants?|para qui[eé]n(?:es)?|principiantes?|prerrequisitos?|requisitos|kis(?:ke| ke) liye)\b|کس کے لیے|किसके लिए",
    re.IGNORECASE,
)
AUTHOR = re.compile(
    r"\bauthors?\b|\bwho (?:wrote|authored|has written|is behind|(?:is|are) the (?:writers?|editors?))\b|\b(?:wer ist der )?autor(?:in|innen)?\b|"
    r"\bwer hat (?=.*\b(?:geschrieben|verfasst)\b)|\b(?:geschrieben|verfasst)\b|\b(?:qui (?:est|sont) l['’ ]?(?:es )?)?auteure?s?\b|\bqui a [eé]crit\b|"
    r"\b(?:qui[eé]n(?:es)? (?:es|son) )?(?:el |la |los )?autor(?:a|es|as)?\b|\bqui[eé]n(?:es)? (?:ha )?escri(?:bi[oó]|to)\b|\bmusannif\b|"
    r"\bkis ?ne likh[aei]\b|مصنف|کس نے لکھی",
    re.IGNORECASE,
)
LICENCE = re.compile(
    r"\b(?:(?:unter welcher|sous quelle|bajo qu[eé]) )?(?:licen[cs]es?|licen[cs]ed|copyright|lizenz(?: steht)?|lizenziert|urheberrecht|"
    r"droits d['’]auteur|licencia(?: est[aá])?|derechos de autor)\b|لائسنس|حقوق",
    re.IGNORECASE,
)
NAMES_ITS_AUTHOR = re.compile(
    r"\b(?:authors?|autor\w*|auteurs?|contributors?|credits|colophon|about (?:me|us))\b|مصنف", re.IGNORECASE
)
NAMES_ITS_LICENCE = re.compile(
    r"\b(?:licen[cs]\w*|copyright|lizenz\w*|legal|imprint|impressum)\b|لائسنس", re.IGNORECASE
)
MY_PLACE = re.compile(r"\b(?:in here|answered here|these pages|this documentation)\b", re.IGNORECASE)

# What may stand beside a task and names no subject.
BESIDE_TASKS = frozenset(
    plain_words(
        """
        a an the this that these those it its of for to in on at from with by as and or me my i we us you your please pls plz
        can could would will do does did is are be was have has give make show tell write get need want let lets list name
        create generate provide prepare some any few one two three four five six seven eight nine ten 1 2 3 4 5 6 7 8 9 10
        short quick quickly brief briefly little bit simple simpler simply easy plain words word terms term sentences sentence
        lines line points point bullet bullets paragraph paragraphs list order question questions what whats which how should
        here now just only very more most all whole entire so ok hey hi hello thanks thank page pages section article lesson
        chapter module topic text content material about up down like were am if not dont understand english urdu german french
        spanish roman hindi again main key important reading read know first test exam tomorrow today later
        study learn there when who where why long version detail details detailed nothing else must
        bitte mir ich du wir uns eine einen ein einer der die das den dem diese dieser dieses in auf von zu mit fur und oder kurz
        einfach einfachen worten was sind ist wie welche es soll muss kann kannst gib mach zeig auf deutsch seite kapitel
        moi je tu nous une un le la les cette ce cet ces dans sur de du des en et ou avec pour est sont quels quelles quel
        que quoi court donne fais peux vous s il te plait simples mots bref page chapitre francais
        t me mi yo el la los las una un unos esta este estos en de del con para y o que cuales cual son es por favor breve dame haz
        puedes palabras sencillas simples pagina capitulo espanol debo
        mujhe ye yeh is iss ko ka ki ke mein main me se do dein dijiye karo karen kar kya hai hain batao bata teen char alfaaz
        mukhtasar points words asaan urdu likho aur
        مجھے یہ اس کو کا کی کے میں سے دو دیں دیجیے کریں کرو کیا ہے ہیں بتائیں بتاؤ تین چار پانچ الفاظ اور ایک یہاں لکھیں پر براہ کرم
        beginner child kid five dummy newbie words person old year complete total absolute
        punkte sollte sollten lesen wissen mich ihr sie ihnen man alles fragen nach daraus davon hiervon worauf achten merken
        viele hat haben gibt buch par ou donde kahan kahaan se shuru karoon karun kya kitne کہاں کروں شروع
        ca cela ceci dois lire savoir faut il elle mon ma mes ici cest qu y deux trois questions
        esto esta leer saber antes hay lo mi aqui tres preguntas tengo debo deberia
        اسے مجھ نے ہوں گا گی کون کیسے بنائیں بناؤ دیجئے صرف میرے مہربانی فرما
        صفحہ صفحے باب حصہ حصے بارے لیے نکات باتیں اردو آسان زبان پڑھنا چاہیے مہربانی پڑھوں دکھائیں پوری پورے ساری
        kommt kommen ganze ganzen ganzes gesamte gesamten uber zwei drei vier funf sechs fasse fass zusammen tout toute todo toda leo leemos parhna parhun parhoon parhen
        chahiye chahie dikhao dikhayen poori puri pura poora sari saari par pe seite kapitel test me over make banao banaen zum zur sobre hazme haznos
        u ur r k max maximum within under per at konsa konsi kaunsa kaunsi konse bata hard difficult tough complicated too
        schwer schwierig zu difficile complique dificil dificiles muy mushkil mushkil bohat bahut yeh یہ بہت مشکل
        quest quoi mas noch more porfa sidebar menu navigation toc each every jeder jede jedes chaque cada har ek ہر ایک موضوع کس کن xfa altogether overall sat satze satzen frases phrases im ive id q qs 12 prose viva thesis colleagues interview lecture class seminar meeting presentation week weeks day days month months tiene tienen compte comporte wochen tage semaines jours semanas dias hafte din have had do
        """
    )
)
VOCABULARY = frozenset(
    [
        "summarize", "summarise", "summary", "explain", "simplify", "simple", "chapter", "section", "page", "quiz", "example",
        "points", "important", "takeaways", "remember", "questions", "prerequisites", "contents", "cover", "covers", "book",
        "overview", "words", "before", "about", "recap", "zusammenfassung", "zusammen", "kapitel", "resumen", "resume",
        "khulasa",
    ]
)  # fmt: skip

META_VERBS = re.compile(
    r"\b(?:cover\w*|contain\w*|includ\w*|teach\w*|offer\w*|find|inside|chapters?|topics?|subjects?|things|learn|can|behandel\w*|handelt|geht|um|worum|wovon|"
    r"enth\w+lt|lernen|inhalt|themen|steht|drin|buches?|traite|parle|contient|apprend\w*|sujets?|qu|quoi|trata|contiene|aprend\w*|temas?|habla|"
    r"kitab|hai|kis|baa?re|parhay|seekh\w*|sikh\w*|sakt\w*|hoon|shamil|mojood|gibt|treats?|deals?|there|many|kon|kaun|se|va)\b|"
    r"شامل|موجود|سکھاتی|سیکھ|سکتا|سکتی|ہوں|کس|کون|سے|موضوعات|ابواب|کتنے|بتاتی|پڑھ",
    re.IGNORECASE,
)

# Follow-ups: words by which a question leans on what was said before, or leaves it.
# Words that stand for something said before, in the languages of the interface; Roman Urdu among them.
REFERS_BACK = re.compile(
    r"\b(?:it|its|(?:this|these|those)(?! (?:book|docs?|documentation|page|chapter|module|guide)\b)|"
    r"that(?! (?:a|an|the|my|our|i|we|you|it|all|each|every|no)\b)|they|them|their|he|she|one|ones|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )there(?! (?:is|are)\b)|both|former|latter|same|above|previous|again|"
    r"more|instead|else|also|too|then|"
    r"davon|damit|dabei|dafür|daran|darin|darauf|dazu|diese[rsnm]?|dasselbe|stattdessen|auch|dort|"
    r"ça|cela|celui|celle|ceux|celles|là|dedans|"
    r"eso|esto|esos|esas|ese|esa|ello|ellos|ellas|allí|ahí|también|"
    r"iska|iski|iske|isko|isse|ise|ismein|isme|uska|uski|uske|usko|usse|usmein|usme|ye|yeh|wo|woh|inka|inko|unka|unko|"
    r"is se|us se|waisa|aisa|bhi)\b|"
    r"^(?:and|but|or|so|why|how come|what about|how about|in|with|for|without|und|aber|oder|warum|wieso|mit|ohne|et|mais|ou|"
    r"pourquoi|avec|sans|y|pero|o|por qué|con|sin|aur|lekin|magar|kyun|kyon)\b|"
    r"(?<!\w)(?:اس|اسے|اسکا|اسکی|اسکے|یہ|وہ|ان|انہیں|بھی|وہاں)(?!\w)|^(?:اور|لیکن|مگر|تو|پھر|کیوں)(?!\w)",
    re.IGNORECASE,
)
NEW_TOPIC = re.compile(
    r"\b(?:(?:other|another|new|different|next) (?:topic|question|thing|subject)|(?:change|changing) (?:the )?(?:topic|subject)|"
    r"something else|back to|anderes thema|andere frage|autre (?:question|sujet)|otro tema|otra pregunta)\b|ایک اور سوال",
    re.IGNORECASE,
)
