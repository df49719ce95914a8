"""The phrases by which small talk, tasks on a page or on the book, and follow-ups are recognised.

Called by `engines.understanding.intents` and `engines.chat.condense`. In English, Urdu, Roman Urdu, German, French and
Spanish, the languages of the interface. The patterns of all languages stand together: a reader mixes them ("is page ka
summary do").
"""

import re
from collections.abc import Mapping
from typing import Literal

from engines.understanding.words import plain_words

SmallTalk = Literal[
    "greeting",
    "thanks",
    "goodbye",
    "identity",
    "maker",
    "ability",
    "wellbeing",
    "praise",
    "apology",
    "chat",
    "agreement",
]

# The kind that is answered where a message has several is the first of these.
SMALL_TALK: Mapping[SmallTalk, str] = {
    "maker": """
        who made you | who created you | who built you | who developed you | who programmed you | who is your creator |
        who is your maker | who trained you | who wrote you | who owns you | who runs you | which company made you |
        who are you made by | what model are you | which model are you | what ai are you | are you chatgpt |
        are you gemini | are you gpt | are you claude | tumhe kisne banaya | tumhein kisne banaya | aapko kisne banaya |
        apko kisne banaya | kisne banaya tumhe | kisne banaya aapko | wer hat dich gemacht | wer hat dich gebaut |
        wer hat dich erschaffen | wer hat dich programmiert | wer hat dich entwickelt | wer hat sie entwickelt |
        qui ta cree | qui ta fait | qui vous a cree | qui ta developpe | quien te creo | quien te hizo |
        quien te programo | quien te ha creado | اپ کو کس نے بنایا | تمہیں کس نے بنایا | آپ کو کس نے بنایا |
        تمھیں کس نے بنایا""",
    "identity": """
        who are you | who r u | who u | what are you | what r u | whats your name | what is your name | whats ur name | your name |
        are you a bot | are you a robot | are you a human | are you human | are you real | are you an ai | are you ai |
        are you a real person | are you a person | are you a machine | is this a bot | am i talking to a human |
        am i talking to a bot | am i talking to a robot | am i talking to a person | is anybody there | is anyone there |
        anybody there | anyone there | are you there | you there | introduce yourself | tell me about yourself |
        how old are you | where are you from | who is this | tum kaun ho | aap kaun hain | aap kaun ho | ap kon ho |
        ap kaun ho | tum kon ho | kaun ho tum | aap kon hain | tumhara naam kya hai | aapka naam kya hai |
        apka naam kya hai | apka nam kya hai | kya aap robot hain | kya tum robot ho | wer bist du | wer sind sie |
        was bist du | wie heißt du | wie heisst du | wie heißen sie | wie ist dein name | bist du ein mensch |
        bist du ein roboter | bist du ein bot | bist du da | bist du eine ki | qui es tu | tu es qui | qui etes vous |
        vous etes qui | comment tu tappelles | comment tappelles tu | comment vous appelez vous | quel est ton nom |
        es tu un robot | tu es un robot | es tu humain | quien eres | quien es usted | como te llamas | cual es tu nombre |
        eres un robot | eres un bot | eres humano | eres una ia | estas ahi | آپ کون ہیں | تم کون ہو | آپ کون ہو |
        اپ کون ہیں | آپ کا نام کیا ہے | تمہارا نام کیا ہے | کیا آپ روبوٹ ہیں | کیا آپ انسان ہیں""",
    "ability": """
        what can you do | what can you help me with | what can you help with | what can i ask you | what can i ask |
        what can i ask here | what do you do | what do you know | what can you tell me | how can you help me |
        how can you help | how do you work | how does this work | how do i use you | how do i use this |
        how can i use this | how can i use you | what is this | whats this | what are you for | what are you good at |
        what is this for | whats this for | what questions can i ask | what can you answer |
        what kind of questions can you answer | what kind of questions can i ask | can you help me | can you help |
        could you help me | can u help me | can you assist me | help | help me | i need help | i need your help |
        i have a question | can i ask a question | can i ask you a question | can i ask you something |
        can i ask something | may i ask a question | i want to ask something | tum kya kar sakte ho | kya kar sakte ho | kya kar sakte hain | kya kar sakte hain aap | kya kya kar sakte ho |
        aap kya kar sakte hain | aap kya kar sakte ho | ap kya kar sakte ho | ap kya kar skte ho |
        aap meri kya madad kar sakte hain | kya aap meri madad kar sakte hain | meri madad karo | madad chahiye |
        mujhe madad chahiye | was kannst du | was konnen sie | was kannst du tun | wobei kannst du mir helfen |
        womit kannst du mir helfen | wie kannst du mir helfen | kannst du mir helfen | konnen sie mir helfen |
        was kann ich dich fragen | was kann ich fragen | hilfe | ich brauche hilfe | ich habe eine frage |
        was machst du | que peux tu faire | tu peux faire quoi | que pouvez vous faire | que sais tu faire |
        comment peux tu maider | comment pouvez vous maider | peux tu maider | pouvez vous maider | aide moi | aidez moi |
        jai besoin daide | jai une question | que puis je demander | que puis je te demander | que puedes hacer |
        que sabes hacer | en que puedes ayudarme | como puedes ayudarme | puedes ayudarme | me puedes ayudar | ayuda |
        ayudame | necesito ayuda | tengo una pregunta | que te puedo preguntar | que puedo preguntar | para que sirves |
        آپ کیا کر سکتے ہیں | تم کیا کر سکتے ہو | آپ میری کیا مدد کر سکتے ہیں | کیا آپ میری مدد کر سکتے ہیں |
        میری مدد کریں | مدد | مجھے مدد چاہیے | میں کیا پوچھ سکتا ہوں | میں کیا پوچھ سکتی ہوں""",
    "wellbeing": """
        how are you | how r u | how are u | hows it going | how is it going | how are you doing | how do you do | whats up |
        wassup | sup | hows life | how have you been | hows your day | how is your day | are you ok | are you okay |
        are you fine | how do you feel | nice to meet you | pleased to meet you | kaise ho | kaise hain | kaise ho aap |
        aap kaise hain | aap kaise ho | ap kaise ho | ap kese ho | kya haal hai | kya hal hai | kya haal hain |
        kya chal raha hai | wie geht es dir | wie gehts | wie gehts dir | wie geht es ihnen | wie gehts ihnen |
        alles gut | alles klar bei dir | na wie gehts | freut mich | comment ca va | ca va | comment vas tu |
        comment allez vous | tu vas bien | vous allez bien | enchante | enchantee | como estas | como esta | que tal |
        como te va | que hay | mucho gusto | todo bien | آپ کیسے ہیں | آپ کیسے ہو | کیسے ہو | کیسے ہیں | کیا حال ہے |
        کیا حال ہیں""",
    "thanks": """
        thanks | thank you | thank u | thankyou | thx | tnx | thnx | ty | tysm | tks | thanku | many thanks | cheers |
        much appreciated | appreciated | i appreciate it | appreciate it | thanks a lot | thanks a million |
        thanks a bunch | thank you so much | thats all | that is all | that helped | that helps | this helped | helped | helped me | helps | helped a lot | helped me a lot |
        it helped | that worked | it worked | it works | it works now | works now | problem solved | solved |
        shukriya | shukria | bohat shukriya | bahut shukriya | meherbani | mehrbani | jazakallah | jazak allah | dhanyavad |
        danke | dankeschon | danke schon | danke sehr | vielen dank | besten dank | herzlichen dank |
        das hat geholfen | merci | merci beaucoup | merci bien | mille mercis | gracias | muchas gracias | mil gracias |
        te lo agradezco | شکریہ | بہت شکریہ | مہربانی | جزاک اللہ | آپ کا شکریہ | 谢谢 | 谢谢你""",
    "goodbye": """
        bye | bye bye | byebye | goodbye | good bye | see you | see ya | cya | see you later | see you soon |
        see you tomorrow | see you tmrw | see you tmr | see you around | tomorrow then | later | good night | goodnight | gn | have a nice day | have a good day | have a great day |
        have a good one | take care | farewell | gotta go | i have to go | talk to you later | ttyl | khuda hafiz |
        allah hafiz | alvida | phir milenge | tschuss | tschuess | auf wiedersehen | bis bald | bis spater | bis dann |
        gute nacht | schonen tag | schonen tag noch | ciao | au revoir | a bientot | a plus | a plus tard |
        bonne nuit | bonne journee | bonne soiree | adios | hasta luego | hasta manana | hasta pronto | chao | nos vemos |
        buenas noches | que tengas un buen dia | خدا حافظ | اللہ حافظ | الوداع | شب بخیر | 再见""",
    "chat": """
        tell me a joke | do you know a joke | say something funny | make me laugh | sing a song | sing me a song |
        i love you | i like you | i hate you | will you marry me | do you love me | do you like me | are you married |
        are you happy | are you sad | are you tired | are you bored | i am bored | im bored | lets chat | talk to me |
        can we talk | can we chat | do you sleep | do you dream | do you eat | do you have feelings |
        do you have a name | do you have friends | are you smart | are you intelligent | are you alive |
        are you conscious | test | testing | test test | just testing | this is a test | lol | haha | hahaha | hehe | lmao |
        rofl | mujhe joke sunao | joke sunao | koi lateefa sunao | main bore ho raha hoon | erzahl mir einen witz |
        erzahl einen witz | ich liebe dich | mir ist langweilig | raconte moi une blague | raconte une blague | je taime |
        cuentame un chiste | cuenta un chiste | te quiero | te amo | estoy aburrido | estoy aburrida | jaja | jajaja |
        مجھے لطیفہ سنائیں | لطیفہ سناؤ | مجھے تم سے محبت ہے""",
    "apology": """
        sorry | im sorry | i am sorry | so sorry | my bad | my mistake | excuse me | pardon | pardon me | oops | never mind |
        nevermind | nvm | forget it | maaf karna | maaf kijiye | entschuldigung | entschuldige | tut mir leid | sorry schon gut |
        vergiss es | desole | desolee | excuse moi | excusez moi | laisse tomber | perdon | perdona | lo siento | disculpa |
        disculpe | olvidalo | معاف کیجیے | معاف کریں | معذرت""",
    "praise": """
        great | awesome | amazing | cool | nice | perfect | excellent | wonderful | brilliant | fantastic | super | lovely |
        good bot | good job | good work | great job | great work | well done | nice one | good answer | great answer |
        nice answer | you are great | you are awesome | you are amazing | you are the best | youre the best |
        youre great | youre awesome | you rock | you are helpful | so helpful | very helpful | that was helpful |
        very good | impressive | wow | i love it | love it | love this book | i love this book | great book | nice book |
        good book | bad bot | you are stupid | youre stupid | you suck | you are useless | zabardast | bohat acha | bahut acha |
        bohat achi | bahut badiya | shabash | toll | prima | klasse | genial | sehr gut | gut gemacht | spitze |
        tres bien | bravo | parfait | excellente reponse | estupendo | excelente | perfecto | muy bien | buen trabajo |
        bien hecho | بہت خوب | زبردست | بہت اچھا | شاباش | واہ""",
    "greeting": """
        hi | hii | hello | hey | heya | hiya | hallo | helo | howdy | yo | greetings | good morning | good afternoon |
        good evening | good day | morning | evening | hi there | hello there | hey there | salam | salaam | slm | asalam |
        assalam | salam alaikum | salaam alaikum | assalam o alaikum | assalamu alaikum | assalamualaikum |
        asalamualaikum | assalamoalaikum | assalam u alaikum | salam o alaikum | as salamu alaykum | walaikum assalam |
        aoa | adaab | adab | namaste | namaskar | hola | buenos dias | buenas tardes | buenas | guten morgen | guten tag |
        guten abend | moin | servus | gruss gott | gruezi | tach | bonjour | bonsoir | salut | coucou | ahoj | ola | merhaba |
        السلام علیکم | سلام | السلام عليكم | وعلیکم السلام | آداب | ہیلو | ہائے | صبح بخیر | مرحبا | 你好 | 您好 | नमस्ते""",
    "agreement": """
        ok | okay | okey | okie | k | kk | alright | all right | got it | i got it | i see | understood | i understand | makes sense |
        that makes sense | fine | sure | right | true | noted | thats clear | that is clear | clear now | its clear now |
        theek hai | thik hai | theek | acha | achha | samajh gaya | samajh gayi | samjh gaya | alles klar | verstanden |
        ich verstehe | in ordnung | daccord | compris | jai compris | entendu | vale | entendido | de acuerdo | claro |
        ٹھیک ہے | ٹھیک | اچھا | سمجھ گیا | سمجھ گئی""",
}
BESIDE_SMALL_TALK = """
    aur und et اور then now today tonight
    there all everyone everybody team guys folks friend friends buddy bro dude mate man sir madam maam dear bot chatbot
    assistant tutor teacher professor ai gpt chatgpt gemini siri alexa book robot again so very much a an lot really just well
    please pls plz for your the help answer answers explanation info information that this it its was is i am im my and
    oh ah um hmm hm well then now today too also you u with me to of one more time quick question helpful already bit
    time effort patience reply support advice tip tips all everything
    bhai bhaiya yaar ji janab sahab ap aap ko ka ki ke bohat bahut bohot
    du dir fur die das hilfe antwort schnelle sehr ganz doch mal bitte und zusammen
    pour ta ton votre reponse de l aide beaucoup bien tout et a tous infiniment vraiment s il te plait vous
    por la respuesta tu su ayuda todo de y muy tan amigo amiga favor a todos
    جی بھائی آپ کا کی کے بہت بہت اور جناب صاحب دوست
"""

# Tasks on a page, a chapter or the book.
PAGE_WORD = (
    r"(?:page|section|article|lesson|tutorial|document|doc|text|reading|content|material|topic|"
    r"seite|abschnitt|artikel|lektion|text|leçon|texte|article|p[aá]gina|secci[oó]n|art[ií]culo|lecci[oó]n|texto|"
    r"safh[ae]|sabaq|صفحے|صفحہ|صفحات|پیج|سبق|حصے|حصہ|مضمون)s?"
)
CHAPTER_WORD = (
    r"(?:chapter|module|unit|part|week|chap|ch|kapitel|modul|chapitre|module|cap[ií]tulo|m[oó]dulo|unidad|baab|bab|"
    r"باب|ابواب|چیپٹر|ماڈیول)s?"
)
BOOK_WORD = (
    r"(?:(?:text|e-?)?book|docs?|documentation|guide|course|manual|handbook|website|site|buch|lehrbuch|dokumentation|"
    r"kurs|livre|manuel|cours|libro|documentaci[oó]n|curso|kitaab|kitab|کتاب|دستاویزات|کورس)s?"
)
GAP = (  # what may stand between the parts of a phrase, without a subject of its own
    r"(?:\W+(?:\d{1,3}|do|does|did|is|are|the|this|these|that|whole|entire|current|page|chapter|section|article|lesson|module|tutorial|text|"
    r"doc|it|i|we|you|on|in|of|here|can|will|should|all|die|das|der|diese\w*|seite|kapitel|abschnitt|es|in|auf|ce|cette|cet|page|"
    r"chapitre|section|est|ce|que|esta?|este|p[aá]gina|cap[ií]tulo|secci[oó]n|me|nos|book|buch|livre|libro))*\W+"
)
THIS = (
    r"(?:this|the current|current|these|the present|is|iss|ye|yeh|dies\w*|aktuelle\w*|cette|cet|ce|est[ae]|"
    r"اس|اِس|یہ|موجودہ)\s+(?:whole|entire|very|poor[ae]|poori|puri|ganze\w*|پورے|پوری|پورا)?\s*"
)
THE = r"(?:the|whole|entire|that|der|die|das|den|dem|le|la|l['’]|el)\s+(?:whole |entire )?"
THIS_PAGE = re.compile(rf"(?<!\w){THIS}(?:{PAGE_WORD})(?!\w)", re.IGNORECASE)
THIS_CHAPTER = re.compile(rf"(?<!\w){THIS}(?:{CHAPTER_WORD})(?!\w)", re.IGNORECASE)
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
        r"\b(?:quiz\w*|test me|test my|exam questions?|practice questions?|flash ?cards?|mcqs?|multiple choice|self[- ]test|"
        r"questions? (?:about|on|from|for) (?:this|the)|ask (?:me|us) (?:\w+ )?questions?|"
        r"stell\w* (?:mir|uns) (?:\w+ )?fragen|pose[sz]?[- ](?:moi|nous) (?:\w+ )?(?:des )?questions|haz(?:me|nos) (?:\w+ )?preguntas|abfrag\w*|prüfungsfragen|übungsfragen|teste mich|frag mich\b.{0,40}\bab|"
        r"questionnaire|interroge[- ]moi|cuestionario|preguntas de (?:examen|pr[aá]ctica|repaso)|examíname|examiname|"
        r"imtihan|sawal(?:aat|at)? bana\w*|sawal pooch\w*)\b|کوئز|امتحان|سوالات بنا\w*|سوال پوچھ|سوالات دی",
        re.IGNORECASE,
    ),
    "simpler": re.compile(
        r"\b(?:eli ?5|explain like|like i(?: ?['’]?a?m| were| was)? (?:a )?(?:5|five|ten|child|kid|beginner|dummy|newbie)|"
        r"as if i (?:were|was|am)|simplif\w+|dumb (?:it|this) down|"
        r"(?:in|with|using) (?:\w+ )?(?:simple|simpler|plain|easy|easier|layman['’]?s?|basic) (?:\w+ )?(?:words?|terms?|language|english|way)|"
        r"more simply|simply|easier|rephras\w+|reword\w*|paraphras\w+|(?:do not|don['’]?t|did not|didn['’]?t) (?:understand|get)|explain|einfach\w* (?:worten?|sprache)|in einfachen|erklär\w*|vereinfach\w*|"
        r"en termes simples|(?:avec des )?mots simples|simplifie\w*|explique\w*|expliquer|"
        r"en (?:palabras|t[eé]rminos) (?:sencill|simpl)\w+|de forma sencilla|expl[ií]ca\w*|simplifica\w*|"
        r"asaan|aasan|saada|samjha\w*)\b|آسان|سادہ|سمجھا\w*|وضاحت",
        re.IGNORECASE,
    ),
    "key_points": re.compile(
        r"\b(?:(?:key|main|important|essential|core|central|most important|top|big) (?:\w+ )?(?:points?|takeaways?|ideas?|concepts?|facts?|lessons?|things?|parts?|message)|"
        r"takeaways?|take[- ]aways?|highlights?|bullet points?|cheat ?sheet|most important|"
        r"should i (?:remember|know|learn|memori[sz]e|keep in mind|take away)|must i (?:remember|know)|(?:to )?remember from|"
        r"wichtigste\w*|kernpunkte|kernaussagen|hauptpunkte|stichpunkte\w*|merken|"
        r"points? (?:cl[eé]s?|importants?|essentiels?|principaux)|l['’]essentiel|id[eé]es? principales?|retenir|"
        r"puntos? (?:clave|principal\w*|importantes?)|ideas? (?:clave|principal\w*)|lo m[aá]s importante|recordar|"
        r"(?:aham|ahem|khaas|zaroori|main) (?:points?|nuqt[ae]|nukaat|baat\w*|cheez\w*))\b|اہم|نکات|خاص باتیں|یاد رکھ\w*",
        re.IGNORECASE,
    ),
    "before": re.compile(
        r"\b(?:prerequisites?|pre-requisites?|prior knowledge|background (?:do i need|knowledge)|"
        r"(?:read|know|learn|study|understand|do|need|required?)"
        + GAP
        + r"(?:before|beforehand|first)|(?:know|learn|read) before|before (?:reading |starting |i read |i start )?(?:this|it)|"
        r"(?:comes?|came|goes|is) (?:right |just )?before|previous (?:page|chapter|lesson|section|module)|"
        r"vorher|zuvor|voraussetzung\w*|davor|avant|pr[eé]requis|pr[eé]alables?|antes|requisitos?|prerrequisitos?|previos?|"
        r"(?:is )?se pehle|pehle)\b|سے پہلے|پہلے|پیشگی",
        re.IGNORECASE,
    ),
    "next": re.compile(
        r"\b(?:(?:what|which)(?:"
        + GAP
        + r"|\W+(?:comes?|follows|read|now) ?)+(?:next|after(?:wards)?)|read next|next (?:page|chapter|lesson|section|module|step)|after (?:this|reading)|"
        r"als nächstes|danach|nächste\w* (?:seite|kapitel|abschnitt|lektion)|nach diese[rm]|ensuite|apr[eè]s|suivante?|despu[eé]s|siguiente|a continuaci[oó]n|"
        r"(?:is )?ke baad|agla|agli|aglay)\b|کے بعد|اگلا|اگلے|اگلی",
        re.IGNORECASE,
    ),
    "example": re.compile(r"\b(?:examples?|beispiele?|exemples?|ejemplos?|misaa?l(?:ein|en)?)\b|مثال", re.IGNORECASE),
    "summary": re.compile(
        r"\b(?:summar\w+|sum(?: it| this| that)? up|tl ?;? ?dr|recap\w*|overview|gist|nutshell|abstract|synopsis|"
        r"short version|brief (?:me|version|overview)|condense|outline|what(?:['’]?s)?"
        + GAP
        + r"about|was steht|shorten\w*|"
        r"(?:what|was|que|qu['’]?est|de qu[eé])"
        + GAP
        + r"(?:say|says|tell|tells|cover|covers|teach|teaches|explain|explains|discuss|discusses|describe|describes|contain|contains|learn)|"
        r"zusammenfass\w*|fass\w*" + GAP + r"zusammen|überblick|kurzfassung|worum geht|wovon handelt|"
        r"r[eé]sum\w+|synth[eè]se|aperçu|de quoi (?:parle|traite|s['’]agit)|"
        r"resum\w+|s[ií]ntesis|de qu[eé] (?:trata|va|habla)|"
        r"khulas[aeh]+|mukhtasar|nichod|kis baa?re (?:mein|me|main))\b|خلاص\w*|مختصر|کس بارے میں|لب لباب",
        re.IGNORECASE,
    ),
}
# Of a page, without a task of the list: what can only be answered from that page's own text.
ON_THE_PAGE = re.compile(
    r"\b(?:on|in|from|of|at|auf|in|aus|von|sur|dans|de|en|sobre)\s+$|\b(?:mein|main|me|se|ka|ki|ke|par|pe)\b|میں|پر|سے|کا|کی|کے",
    re.IGNORECASE,
)
PIECE_OF_A_PAGE = re.compile(
    r"\b(?:tables?|figures?|diagrams?|images?|pictures?|charts?|steps?|codes?|snippets?|listings?|commands?|exercises?|"
    r"formulas?|formulae|equations?|lists?|headings?|sections?|paragraphs?|sentences?|definitions?|terms?|links?|notes?|"
    r"warnings?|tips?|numbers?|values?|tabellen?|abbildung\w*|schritte?|befehle?|formeln?|tableaux?|figures?|étapes?|"
    r"commandes?|formules?|tablas?|figuras?|pasos?|comandos?|f[oó]rmulas?|qadam|marahil)\b|جدول|شکل|مراحل|قدم|فارمول",
    re.IGNORECASE,
)

NUMBER = r"(?:no\.? ?|number |nr\.? ?|#)?(?P<number>\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eins|zwei|drei|vier|fünf|deux|trois|quatre|cinq|dos|tres|cuatro|cinco|ek|do|teen|char|panch|ایک|دو|تین|چار|پانچ)"
_ORDINAL = (
    r"(?P<ordinal>\d{1,3}(?:st|nd|rd|th|\.|e|ème|º|ª)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|"
    r"erste[snr]?|zweite[snr]?|dritte[snr]?|vierte[snr]?|fünfte[snr]?|letzte[snr]?|premi[eè]re?|deuxi[eè]me|troisi[eè]me|quatri[eè]me|"
    r"cinqui[eè]me|derni[eè]re?|primer[oa]?|segund[oa]|tercer[oa]?|cuart[oa]|quint[oa]|[uú]ltim[oa]|pehl[aei]|doosr[aei]|dusr[aei]|"
    r"teesr[aei]|tisr[aei]|پہلا|پہلے|دوسرا|دوسرے|تیسرا|تیسرے)"
)
NUMBERED = re.compile(
    rf"(?<!\w)(?P<word>{CHAPTER_WORD})\s*{NUMBER}(?!\w)|(?<!\w){_ORDINAL}\s+(?P<word2>{CHAPTER_WORD})(?!\w)",
    re.IGNORECASE,
)
IN_CHAPTER = re.compile(  # all of a message
    r"^\W*(?:(?:what|which (?:pages|sections|topics|lessons)|was|welche (?:seiten|themen))"
    r"(?:['’]?s| is| are| do i find| steht| ist| sind)?(?: there)?|"
    r"qu['’]y a[- ]t[- ]il|qu['’]est[- ]ce qu['’]il y a|qu[eé] hay)\s+"
    rf"(?:in|inside|dans|en)\s+(?:the |le |el |das |dem |la )?(?:{NUMBERED.pattern.replace('(?P<', '(?P<in_')})\W*$",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"\b(?:the|das|die|der|le|la|el)\s+(?P<name>[^?!.,;]{{2,60}}?)\s+(?P<part>{PAGE_WORD}|{CHAPTER_WORD})\b|"
    rf"\b(?:the |das |die |der |le |la |el )?(?P<part2>{PAGE_WORD}|{CHAPTER_WORD})\s+(?:on|about|called|named|titled|über|zu|namens|sur|intitulée?|sobre|llamad[oa])\s+(?P<name2>[^?!.;]{{2,60}})",
    re.IGNORECASE,
)

CONTENTS = re.compile(
    rf"\b(?:table of contents|contents page|toc|inhaltsverzeichnis|table des mati[eè]res|sommaire|[ií]ndice(?: del libro)?|fehrist|(?:show|see|list)(?: me)?(?: the)? contents?)\b|فہرست|"
    rf"\b(?:list|show|name|give|tell|liste|nenne|zeig\w*|donne|montre|lista|dime|muestra\w*|enumera)\b.{{0,30}}\b(?:{CHAPTER_WORD}|topics|themen|sujets|temas)(?!\w)|"
    rf"\b(?:how many|wie ?viele|combien de|cu[aá]nt[oa]s|kitn[aei]+)\b.{{0,15}}(?:{CHAPTER_WORD}|pages|seiten|p[aá]ginas)(?!\w)|کتنے (?:ابواب|باب|صفحات)|"
    rf"\b(?:what|which|welche|quels?|quelles?|qu[eé]|cu[aá]les|kaun ?se|kon ?se|kya kya)\b.{{0,20}}\b(?:{CHAPTER_WORD}|topics?|subjects?|themen|sujets?|temas)\b.{{0,25}}(?:there|cover\w*|{BOOK_WORD}|gibt|behandel\w*|il y a|hay|trata|hain|hai)(?!\w)",
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
BESIDE_TRANSLATE = frozenset(
    plain_words(
        """
        urdu english german french spanish arabic hindi chinese turkish italian portuguese russian japanese korean persian
        punjabi pashto sindhi bengali deutsch deutsche englisch englische urdusprache ins spanisch spanische franzosisch
        franzosische anglais allemand espagnol francais ourdou arabe chinois ingles aleman espanol frances urdu arabe chino
        angrezi roman into language sprache langue idioma zaban last previous your whole full answer answers reply response
        antwort antworten deine letzte letzten reponse derniere ta votre respuesta ultima tu su jawab above oben lo le karo
        al a ao en karen kar kardo do krdo isko uska iska انگریزی اردو جرمن عربی ہندی زبان کریں کرو دو جواب اپنا اپنے پچھلے آخری
        """
    )
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
    r"(?:is|are|about|on|talks?|deals?|covers?|explains?|discuss(?:es)?|describes?|treats?|mentions?|contains?|introduces?|"
    r"teach(?:es)?|should i read|do i read|can i (?:read|find|learn)|has|have|tells?|"
    r"ist|sind|behandeln?|handelt|geht|erklärt|wird|steht|finde|parle|traite|explique|aborde|est|décrit|"
    r"trata|habla|explica|describe|est[aá]|contiene|mein|main|me|\w+ ke baa?re)"
)
TRAILING = re.compile(
    r"\s*\b(?:(?:is |are )?(?:explained|covered|described|discussed|treated|found|in)|behandelt|erklärt|beschrieben|"
    r"(?:ke|kay) baa?re (?:mein|main|me)(?: hai)?|hai|hain)\s*$|\s*(?:کے بارے میں)?\s*(?:ہے|ہیں)?\s*[؟?]?\s*$",
    re.IGNORECASE,
)
PLACE_WORD = (
    r"(?:chapter|module|unit|page|section|article|lesson|tutorial|kapitel|modul|seite|abschnitt|lektion|chapitre|leçon|"
    r"cap[ií]tulo|m[oó]dulo|p[aá]gina|secci[oó]n|lecci[oó]n|baab|bab|safh[ae]|sabaq|باب|ابواب|ماڈیول|چیپٹر|صفحہ|صفحے|سبق)s?"
)
WHICH_CHAPTER = re.compile(
    rf"\b(?:which|what|in which|in what|welche[sr]?|in welche[mr]|quel(?:le)?|dans quel(?:le)?|qu[eé]|cu[aá]l|en qu[eé]|kaun ?s[aei]|kon ?s[aei]|kis)\s+(?P<part>{PLACE_WORD})\s+(?P<rest>{ABOUTNESS}\b.+)|"
    rf"(?P<rest2>.+?)\s*(?:کس|کون سا|کون سے|کونسا|کونسے)\s+(?:{PLACE_WORD})|(?:کس|کون سا|کون سے|کونسا|کونسے)\s+(?:{PLACE_WORD})(?P<rest3>.+)|"
    rf"\b(?:where|wo|o[uù]|d[oó]nde)\s+(?:in (?:the|this) {BOOK_WORD} )?(?:can|could|do|should|kann|finde|puis|peux|puedo|est|se|is|are|does)\b(?:\s+(?:i|ich|je|one|we))?\s*(?:read|find|learn|see|look up|lesen|nachlesen|finden|lire|trouver|leer|encontrar)\b(?P<rest4>.+)|"
    rf"\b(?:is|are|gibt es|y a-t-il|hay)\s+(?:there\s+)?(?:also\s+)?(?:an?|any|ein\w*|une?|una?)?\s*(?P<thing>(?:glossary|glossar|glossaire|glosario|index|appendix|tutorial|exercises?|bibliography|faq|cheat ?sheet|introduction|changelog)\b.{{0,40}})",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"^(?:\s*\b(?:is|are|was|does|do|can|should|i|read|to|that|which|talks?|deals?|dealing|covers?|covered|covering|explains?|explained|discuss\w*|describes?|described|"
    r"treats?|treated|has|have|contains?|introduces?|mentions?|about|on|with|for|of|in|the|topic|subject|more|information|info|"
    r"ist|sind|behandelt|geht|es|um|über|handelt|von|erklärt|wird|zu|mehr|parle|traite|explique|est|sont|de|des|du|sur|la|le|les|find|finde|trouve|can|"
    r"trata|habla|explica|es|est[aá]|sobre|el|los|las|mein|main|me|hai|hain|ka|ki|ke|baa?re|میں|کے|بارے|ہے|ہیں|کا|کی|پر|سے|متعلق)\b)+",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"\b(?:after|follows?|following|next to|nach|auf|folgt|apr[eè]s|suit|despu[eé]s del?|sigue|ke baad)\b|کے بعد",
    re.IGNORECASE,
)
BEFORE = re.compile(r"\b(?:before|precedes?|prior to|vor|avant|antes del?|se pehle)\b|سے پہلے", re.IGNORECASE)
COMES = re.compile(
    r"\b(?:comes?|what is|what['’]s|whats|which|what|next|previous|kommt|folgt|was|welches|vient|quel|qu['’]est|viene|hay|qu[eé]|cu[aá]l|kya|kaun|kon|aata|aati)\b|کیا|کون",
    re.IGNORECASE,
)
START = re.compile(
    r"\b(?:where|how|with what|wo|womit|wie|par o[uù]|o[uù]|comment|por d[oó]nde|d[oó]nde|c[oó]mo|kahan|kahaan|kaise)\b.{0,40}\b(?:start|begin|get started|anfangen|beginnen|starten|commencer|commence|d[eé]buter|empez\w*|comenzar|empiezo|comienzo|shuru)\b.{0,25}\b(?:read\w*|book|docs?|learning|here|lesen|lire|leer|parhna|parhoon|buch|livre|libro|kitab|course)?|"
    r"\b(?:what|which (?:page|chapter)|was|que|qu[eé])\b.{0,25}\b(?:read|lesen|lire|leer|parh\w*)\b.{0,12}\b(?:first|zuerst|en premier|d['’]abord|primero|pehle)\b|"
    r"\b(?:in (?:what|which)|reading|best) order\b|\b(?:study|reading) (?:plan|schedule)\b|\b(?:lern|lese)plan\b|plan d[e'’] ?(?:lecture|[eé]tudes?)|plan de (?:estudio|lectura)|کہاں سے شروع|سب سے پہلے کیا پڑھ",
    re.IGNORECASE,
)
READING = re.compile(r"\b(?:read\w*|les\w+|lire|leer|parh\w*|here)\b|پڑھ", re.IGNORECASE)
META = re.compile(
    r"\b(?:licen[cs]e|copyright|authors?|wrote|written by|editors?|publisher|edition|versions?|isbn|pdf|epub|download|offline|print(?:ed)?|"
    r"audience|who is it for|for whom|meant for|beginners?|prerequisites?|glossary|languages?|translat\w+|"
    r"up to date|last updated|contribut\w+|report (?:a |an )?(?:bug|error|mistake|typo)s?|feedback|community|people meet|get help|ask (?:questions|for help)|forum|discord|contact|github|"
    r"available|free|price|cost|cite|difficult\w*|level|how long|autor\w*|lizenz|verfasst|zielgruppe|sprachen?|auteurs?|[eé]crit|langues?|autor[ae]s?|licencia|escrib\w+|idiomas?|"
    r"liye|likhi|likha|musannif)\b|مصنف|لائسنس|زبان|لکھی|لکھا|کے لیے",
    re.IGNORECASE,
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
        me mi yo el la los las una un unos esta este estos en de del con para y o que cuales cual son es por favor breve dame haz
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
        kommt kommen ganze ganzen ganzes gesamte gesamten uber tout toute todo toda leo leemos parhna parhun parhoon parhen
        chahiye chahie dikhao dikhayen poori puri pura poora sari saari par pe seite kapitel test me over make banao banaen zum zur sobre hazme haznos
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
