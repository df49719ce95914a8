"""Messages that ask nothing of the book: greetings, thanks, complaints, questions about the tutor.

Called by `engines.understanding.intents` and `engines.chat.condense`. In English, Urdu, Roman Urdu, German, French and
Spanish, the languages of the interface. A message is small talk where phrases of the lists cover all of its words:
"hi, what is a node?" is a question. Words may be stretched ("hiii") or misspelt ("tahnks").
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

from engines.understanding.phrases import BESIDE_TASKS
from engines.understanding.words import corrected, plain_words, zipf

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
    "complaint",
    "discouraged",
    "presence",
    "link",
    "unclear",
]

# The kind that is answered where a message has several is the first of these.
SMALL_TALK: Mapping[SmallTalk, str] = {
    "maker": """
        who made you | who created you | who built you | who developed you | who programmed you | who is your creator |
        who is your maker | who trained you | who wrote you | who owns you | who runs you | which company made you |
        who are you made by | what model are you | which model are you | what ai are you | which ai are you | what ai model are you | which ai model are you | what llm are you |
        are you based on gpt | are you an llm | are you chatgpt |
        are you gemini | are you gpt | are you claude | tumhe kisne banaya | tumhein kisne banaya | aapko kisne banaya |
        apko kisne banaya | kisne banaya tumhe | kisne banaya aapko | wer hat dich gemacht | wer hat dich gebaut |
        wer hat dich erschaffen | wer hat dich programmiert | wer hat dich entwickelt | wer hat sie entwickelt |
        qui ta cree | qui ta fait | qui vous a cree | qui ta developpe | quien te creo | quien te hizo |
        quien te programo | quien te ha creado | اپ کو کس نے بنایا | تمہیں کس نے بنایا | آپ کو کس نے بنایا |
        تمھیں کس نے بنایا""",
    "identity": """
        can i talk to a human | can i speak to a human | can i talk to a person | let me talk to a human | i want to talk to a human |
        can i talk to a real person | can i speak to a real person | 你是谁 | 你是什么 |
        who are you | who r u | who u | what are you | what r u | whats your name | what is your name | whats ur name | your name |
        are you a bot | are you a robot | are you a human | are you human | are you real | are you an ai | are you ai |
        are you a real person | are you a program | are you a computer | are you an actual person | are you a person | are you a machine | is this a bot | am i talking to a human |
        am i talking to a bot | am i talking to a robot | am i talking to a person | introduce yourself | tell me about yourself |
        how old are you | where are you from | who is this | tum kaun ho | aap kaun hain | aap kaun ho | ap kon ho |
        ap kaun ho | tum kon ho | kaun ho tum | aap kon hain | tumhara naam kya hai | aapka naam kya hai |
        apka naam kya hai | apka nam kya hai | kya aap robot hain | kya tum robot ho | kya tum insaan ho | kya aap insaan hain | wer bist du | wer sind sie |
        was bist du | wie heißt du | wie heisst du | wie heißen sie | wie ist dein name | bist du ein mensch | bist du ein echter mensch | bist du echt |
        bist du ein roboter | bist du ein bot | bist du eine ki | qui es tu | tu es qui | qui etes vous |
        vous etes qui | comment tu tappelles | comment tappelles tu | comment vous appelez vous | quel est ton nom |
        es tu un robot | tu es un robot | es tu humain | quien eres | quien es usted | como te llamas | cual es tu nombre |
        eres un robot | eres un bot | eres humano | eres una persona | eres una persona real | eres real | eres una ia | آپ کون ہیں | تم کون ہو | آپ کون ہو |
        اپ کون ہیں | آپ کا نام کیا ہے | تمہارا نام کیا ہے | کیا آپ روبوٹ ہیں | کیا آپ انسان ہیں""",
    "ability": """
        what should i ask you | what should i ask | what shall i ask | do you speak english | do you speak urdu | do you speak hindi |
        do you speak german | do you speak french | do you speak spanish | do you speak chinese | which languages do you speak |
        what languages do you speak | are you free | are you free of charge | do i have to pay |
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
        ayudame | necesito ayuda | tengo una pregunta | que te puedo preguntar | que puedo preguntar | para que sirves | para que sirve |
        آپ کیا کر سکتے ہیں | تم کیا کر سکتے ہو | آپ میری کیا مدد کر سکتے ہیں | کیا آپ میری مدد کر سکتے ہیں |
        میری مدد کریں | مدد | مجھے مدد چاہیے | میں کیا پوچھ سکتا ہوں | میں کیا پوچھ سکتی ہوں""",
    "complaint": """
        wrong | incorrect | false | not true | not right | not correct | isnt true | isnt right | isnt correct |
        you are wrong | youre wrong | you are mistaken | you made a mistake | doesnt make sense | makes no sense |
        doesnt make any sense | not helpful | unhelpful | not useful | useless | no help | doesnt help | didnt help |
        doesnt help me | didnt help me | that didnt help | that doesnt help | bad | bad bot | bad answer | terrible |
        horrible | awful | nonsense | rubbish | garbage | stupid | dumb | idiot | liar | you are lying | you lie | you lied |
        you are stupid | youre stupid | you are dumb | youre dumb | you are an idiot | youre an idiot | are you stupid |
        are you dumb | you suck | you are useless | youre useless | you are bad | you know nothing | you dont know anything |
        you already said that | you already said this | you said that already | you already told me that |
        you already told me this | you told me that already | you are repeating yourself | same answer |
        you keep saying the same | you keep saying the same thing | not what i asked | not what i asked for |
        thats not what i asked | thats not what i asked for | not what i meant | thats not what i meant |
        not what i wanted | i didnt ask that | i did not ask that | you dont understand | you dont understand me |
        you didnt understand | you did not understand | you misunderstood | you misunderstood me | not my question |
        you dont answer my question | you didnt answer my question | you did not answer my question | wtf |
        falsch | nicht richtig | nicht korrekt | stimmt nicht | stimmt so nicht | das stimmt so nicht | stimmt doch nicht | stimmt gar nicht |
        stimmt doch gar nicht | das stimmt nicht | das stimmt doch nicht | das stimmt gar nicht |
        das stimmt doch gar nicht | du liegst falsch | du irrst dich | was du sagst | was du da sagst | was du schreibst |
        was du da schreibst | hilft nicht | hilft mir nicht | das hilft mir nicht | nicht hilfreich | quatsch | unsinn |
        blodsinn | schlecht | schlechte antwort | du bist dumm | du bist blod | dumm | du verstehst mich nicht |
        du verstehst nichts | du weißt nichts | das hast du schon gesagt | hast du schon gesagt | nicht meine frage |
        danach habe ich nicht gefragt | das habe ich nicht gefragt | das meinte ich nicht | ergibt keinen sinn |
        das ergibt keinen sinn | faux | fausse | cest faux | pas vrai | ce nest pas vrai | cest pas vrai | pas correct |
        ce nest pas correct | ce nest pas ca | cest pas ca | pas utile | inutile | nimporte quoi | tu te trompes |
        vous vous trompez | tu es bete | tu es stupide | tu es nul | nul | cest nul | mauvaise reponse |
        tu las deja dit | vous lavez deja dit | tu ne comprends pas | tu ne comprends rien | ca ne maide pas |
        ca maide pas | pas ma question | ce nest pas ma question | ce nest pas ce que jai demande |
        ca na pas de sens | ca na aucun sens | falso | incorrecto | incorrecta | esta mal | no es verdad | no es cierto |
        no es correcto | no es correcta | no ayuda | no me ayuda | no sirve | no me sirve | inutil | te equivocas |
        estas equivocado | estas equivocada | eres tonto | eres tonta | eres estupido | eres estupida | eres inutil |
        tonto | mala respuesta | ya lo dijiste | ya dijiste eso | ya me lo dijiste | no me entiendes | no entiendes |
        no es lo que pregunte | no es lo que he preguntado | no es mi pregunta | no tiene sentido | mentira |
        ghalat | galat | ghalat hai | galat hai | sahi nahi | sahi nahi hai | theek nahi | theek nahi hai | tum pagal ho |
        pagal ho | pagal ho kya | tum pagal ho kya | bewakoof | bewaqoof | tum bewakoof ho | tum bewakoof ho kya | bakwas | bekar | bekaar |
        faltu | tumhe kuch nahi aata | tumhein kuch nahi aata | kuch nahi aata tumhe | kuch nahi aata tumhein |
        tumhe kuch nahi pata | kuch nahi pata tumhe | kisi kaam ke nahi | madad nahi hui | koi faida nahi | faida nahi hua |
        yeh nahi poocha tha | ye nahi poocha tha | yeh nahi pucha | pehle bhi yehi kaha tha | samjhe nahi |
        غلط | غلط ہے | یہ غلط ہے | جواب غلط ہے | جواب غلط | درست نہیں | درست نہیں ہے | صحیح نہیں | صحیح نہیں ہے |
        ٹھیک نہیں | ٹھیک نہیں ہے | بکواس | بیکار | بے کار | تم پاگل ہو | بے وقوف | کوئی فائدہ نہیں | فائدہ نہیں ہوا |
        مدد نہیں ملی | تمہیں کچھ نہیں آتا | آپ کو کچھ نہیں آتا | میں نے یہ نہیں پوچھا | یہ نہیں پوچھا تھا""",
    "discouraged": """
        i understand nothing | i dont understand anything | i do not understand anything | i dont get anything |
        i understood nothing | i give up | i want to give up | i am tired | im tired | so tired | exhausted |
        too hard | too hard for me | so hard | too difficult | too difficult for me | so difficult | too complicated |
        too complicated for me | frustrated | frustrating | i am lost | im lost | completely lost | totally lost |
        i am confused | im confused | so confused | overwhelmed | stressed | i will fail | i am going to fail |
        im going to fail | ill never understand | i will never understand | i feel stupid | i am stupid | im stupid |
        i am too stupid | im too stupid | i am dumb | im dumb | i hate this | i cant do this | i cant do it |
        ich verstehe nichts | ich verstehe gar nichts | ich verstehe uberhaupt nichts | ich versteh nichts |
        ich versteh gar nichts | ich bin mude | ich bin so mude | mude | ich gebe auf | ich geb auf | zu schwer |
        das ist zu schwer | das ist mir zu schwer | zu schwierig | das ist zu schwierig | ich bin frustriert |
        ich komme nicht weiter | ich bin verwirrt | ich bin uberfordert | ich schaffe das nicht | ich schaff das nicht |
        je ne comprends rien | je comprends rien | je suis fatigue | je suis fatiguee | jabandonne | trop difficile |
        cest trop difficile | cest trop dur | trop dur | trop complique | cest trop complique | je suis perdu |
        je suis perdue | je suis frustre | je suis frustree | je ny arrive pas | jy arrive pas | no entiendo nada |
        estoy cansado | estoy cansada | me rindo | demasiado dificil | es demasiado dificil | es muy dificil |
        estoy perdido | estoy perdida | estoy confundido | estoy confundida | estoy frustrado | estoy frustrada |
        no puedo mas | kuch samajh nahi aata | kuch samajh nahi aa raha | kuch samajh nahi aya | kuch samajh nahi aaya |
        mujhe kuch samajh nahi aata | mujhe kuch samajh nahi aa raha | kuch samajh nahi a raha |
        mujhe kuch samajh nahi a raha | thak gaya | thak gayi | main thak gaya | main thak gayi | thak gaya hoon |
        main thak gaya hoon | main thak gayi hoon | bohat mushkil hai | bahut mushkil hai | mushkil hai |
        کچھ سمجھ نہیں آتا | کچھ سمجھ نہیں آ رہا | کچھ سمجھ نہیں آیا | مجھے کچھ سمجھ نہیں آتا |
        مجھے کچھ سمجھ نہیں آ رہا | میں تھک گیا | میں تھک گئی | میں تھک گیا ہوں | میں تھک گئی ہوں | بہت مشکل ہے""",
    "presence": """
        test | testing | test test | just testing | this is a test | is anybody there | is anyone there | anybody there |
        anyone there | is somebody there | are you there | you there | are you still there | are you online | are you awake |
        can you hear me | do you hear me | can you read this | can you read me | sun rahe ho | sun rahe ho kya |
        sun rahe hain | aap sun rahe hain | kya aap sun rahe hain | kya tum sun rahe ho | koi hai | koi hai yahan |
        bist du da | bist du noch da | ist da jemand | ist jemand da | horst du mich | nur ein test | tu es la |
        vous etes la | il y a quelquun | tu mentends | juste un test | cest un test | estas ahi | hay alguien |
        hay alguien ahi | me oyes | me escuchas | esto es una prueba | solo una prueba | سن رہے ہو | سن رہے ہیں |
        کیا آپ سن رہے ہیں | کوئی ہے | کیا آپ یہاں ہیں | ٹیسٹ""",
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
        that was clear | that was super clear | was super clear | super clear | thanks that was clear |
        thanks | thank you | thank u | thankyou | thx | tnx | thnx | ty | tysm | tks | thanku | many thanks | cheers |
        much appreciated | appreciated | i appreciate it | appreciate it | thanks a lot | thanks a million |
        thanks a bunch | thank you so much | thats all | that is all | that helped | that helps | this helped | helped | helped me | helps | helped a lot | helped me a lot |
        it helped | that worked | it worked | it works | it works now | works now | problem solved | solved |
        shukriya | shukria | bohat shukriya | bahut shukriya | meherbani | mehrbani | jazakallah | jazak allah | dhanyavad |
        danke | dankeschon | danke schon | danke sehr | vielen dank | besten dank | herzlichen dank |
        das hat geholfen | merci | merci beaucoup | merci bien | mille mercis | gracias | muchas gracias | mil gracias |
        te lo agradezco | no thanks | no thank you | nein danke | non merci | no gracias | nahi shukriya | god bless you |
        bless you | allah khush rakhe | allah aapko khush rakhe | شکریہ | اللہ خوش رکھے | اللہ آپ کو خوش رکھے | بہت شکریہ | مہربانی | جزاک اللہ | آپ کا شکریہ | 谢谢 | 谢谢你""",
    "goodbye": """
        thats it for today | thats all for today | thats all for now | that is all for today | that will be all | done for today | enough for today |
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
        are you conscious | lol | haha | hahaha | hehe | lmao |
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
        good book | not bad | the best | best bot | best chatbot | best assistant | you are so good | you are very good |
        well explained | explained well | you explain well | you explained well | good explanation | great explanation |
        clear explanation | gut erklart | super erklart | toll erklart | du bist toll | du bist super | du bist der beste |
        bien explique | tu es genial | tu es super | bien explicado | eres genial | eres el mejor | eres un crack |
        acha samjhaya | achha samjhaya | bohat acha samjhaya | tum bohat ache ho | zabardast | bohat acha | bahut acha |
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
        exactly | indeed | correct | genau | stimmt | das stimmt | exactement | cest ca | exacto | eso es | bilkul | sahi hai | haan |
        theek hai | thik hai | theek | acha | achha | samajh gaya | samajh gayi | samjh gaya | alles klar | verstanden |
        ich verstehe | in ordnung | daccord | compris | jai compris | entendu | vale | entendido | de acuerdo | claro |
        ٹھیک ہے | ٹھیک | اچھا | سمجھ گیا | سمجھ گئی""",
}
BESIDE_SMALL_TALK = """
    or oder ou o ya یا koi کوئی ever always jetzt ahora maintenant ab abhi ek das dem war ist deine diese so
    at but aber mais pero lekin مگر لیکن جواب ein eine un une mensch roboter maschine
    yeh ye jawab tumhara aapka mujhe eso esto esta esa es est cette یہ ہے مجھے
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

_CHAT = {"u": "you", "r": "are", "ur": "your"}  # as they are typed in chats
_MOST_WORDS, _MOST_LETTERS = 30, 400
_FEW_WORDS = 3
_KNOWN_ZIPF, _SHORT_WORD = 4.0, 5  # letters; a short word of this frequency in English is not misspelt: "tests"
_WRITTEN_ZIPF = 2.0  # of keys hit at random some are in the lists of words: "asdf"
_LONG_WORD, _SHORTEST_NO_WORD = 20, 5  # letters
_VOWELS = frozenset("aeiouy")
_KEYS = " ".join(row + " " + row[::-1] for row in ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm"))
_BESIDE = 0.75  # of the pairs of letters, of keys that lie side by side
_ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={1,2}$")

_INTRODUCTION = re.compile(
    r"\b(?:my name is|my names|call me|mera naam|mera nam|ich heiße|ich heisse|mein name ist|je m['’]?appelle|me llamo|"
    r"mi nombre es|میرا نام)\s+[^\W\d_]+(?:\s+(?:hai|he|ہے))?",
    re.IGNORECASE,
)
_ASKED_OF_THE_TUTOR = re.compile(
    r"^(?:and |so |but |hey |hi )*(?:(?:which|what)\b.{0,40}\bdo you (?:like|love|enjoy|hate)\b|"
    r"do you (?:like|love|enjoy|hate|have (?:a )?(?:favou?rite|hobb|famil|friend|feeling|girlfriend|boyfriend))|"
    r"(?:what|which|who)(?: is|['’]?s| are) your (?:own )?(?:favou?rite|hobb|age|birthday|job)|"
    r"are you (?:a |an )?(?:boy|girl|man|woman|male|female|happy|sad|tired|married|single|smarter)|"
    r"was (?:ist|sind) dein\w* liebling|magst du|quel(?:le)? est (?:ta|ton) \w+ préféré|aimes[- ]tu|"
    r"cu[aá]l es tu \w+ favorit|te gusta)",
    re.IGNORECASE,
)
# A message of these words alone asks who answers: one of the first, with one of the second.
_OF_WHO_ANSWERS = frozenset(plain_words("you youre talking chatting speaking writing"))
_BEINGS = frozenset(
    plain_words(
        "person persons people human humans bot robot chatbot ai machine program computer somebody someone alive llm"
    )
)
_AROUND_BEINGS = frozenset(
    plain_words(
        "are r u ur is am was i im this that there it to with a an the or and just not really real actual actually wait hold on so hey hi "
        "ok huh right even some kind of sort here behind answering me please lol haha do does know if living being are u"
    )
)
_MOST_LETTERS_OF_CHAT = 70
_POEM = r"(?:poems?|songs?|rap|haikus?|limericks?|raps?|jokes?|riddles?|love letters?|lyrics|sonnets?|fairy ?tales?)"
_OF_A_WRITER = re.compile(  # asks for what no book of this kind holds; all of a message
    r"^(?:please |pls |can you |could you |would you |will you |now |hey |hi |,)*"
    r"(?:(?:(?:write|compose|sing|make up|invent|tell|recite)(?: me| us)?|(?:give|create|generate) (?:me|us))"
    r"(?: an?| some| another| one| two| three)?"
    rf"(?: (?!(?:the|this|that|of|about|from|in|how|which|what|who|why|if|whether)\b)[\w-]+){{0,2}} {_POEM}"
    r"(?: (?:about|on|for|of|in|that|to|please)\b.*)?|"
    r"(?:schreib\w*|dichte|sing\w*|erz[aä]hl\w*)(?: mir| uns)?(?: bitte)?(?: eine?n?)?(?: \w+)? "
    r"(?:gedicht|lied|witz|märchen|rätsel)(?: .*)?|"
    r"(?:[eé]cris|r[eé]cite|chante|raconte)(?:[- ]moi)?(?: une?)?(?: \w+)? "
    r"(?:po[eè]me|chanson|blague|devinette)(?: .*)?|"
    r"(?:escr[ií]be(?:me)?|canta(?:me)?|recita(?:me)?|cu[eé]nta(?:me)?)(?: una?)?(?: \w+)? "
    r"(?:poema|canci[oó]n|chiste|adivinanza)(?: .*)?)\W*$",
    re.IGNORECASE,
)
_INSTRUCTIONS = r"(?:instructions?|prompts?|rules|guidelines|programming|training)"
_OF_ITS_INSTRUCTIONS = re.compile(
    r"^\W*(?:please |pls |now |hey |hi |ok |so |and |,)*(?:"
    r"(?:ignore|forget|disregard|override|bypass) (?:(?:of|the|my|these|those) )*"
    r"(?:all|any|your|previous|prior|earlier)\b"
    rf"(?: (?:of|all|your|the|my|previous|prior|earlier|above|system))* {_INSTRUCTIONS}\b.*|"
    r"(?:(?:can|could|would|will) you )?(?:tell|show|give|reveal|print|repeat|output|display|share|list|write out)"
    rf"(?: me| us)?(?: all| out)?(?: of)? your (?:\w+ )?{_INSTRUCTIONS}|"
    rf"what(?: is|['’]?s| are|re) your (?:\w+ )?{_INSTRUCTIONS}|"
    r"(?:vergiss|ignorier\w*) (?:alle |deine |alle deine )?(?:bisherigen )?(?:anweisungen|regeln)\b.*|"
    r"(?:zeig|sag|nenn)\w* (?:mir )?deine (?:anweisungen|regeln|systemanweisung|systemprompt)|"
    r"(?:ignore|oublie) (?:toutes )?(?:tes|les) (?:instructions|r[eè]gles)\b.*|"
    r"(?:ignora|olvida) (?:todas )?(?:tus|las) (?:instrucciones|reglas)\b.*"
    r")\W*$",
    re.IGNORECASE | re.DOTALL,
)
_OF_THE_PROGRAM = re.compile(  # asks for what the tutor is made of, which no book says
    r"\b(?:source ?code|code|repo(?:sitory)?|developers?|makers?|price|cost) (?:of|behind|for) this "
    r"(?:chat ?)?(?:bot|assistant|tutor|ai)\b|"
    r"\b(?:your|dein\w*|ton|ta|tes|votre|vos|tu|su|tumhara|aapka|apka)\s+(?:own |secret |admin |geheim\w* )?"
    r"(?:source ?code|quell(?:code|text)|code source|c[oó]digo fuente|api[- ]?keys?|passwords?|passw[oö]rt\w*|"
    r"credentials|training data|knowledge cut-?off)\b|(?:تمہارا|آپ کا) سورس کوڈ",
    re.IGNORECASE,
)
_TO_CHANGE_ITS_ROLE = re.compile(  # gives the tutor another role, or orders what only an operator may
    r"^\W*(?:please |hey |hi |ok |now |so |and |,)*(?:you are now|you['’]?re now|from now on,? you|"
    r"pretend (?:to be|that you|you)|du bist (?:ab )?jetzt|ab jetzt bist du|stell dir vor,? du|"
    r"tu es (?:maintenant|désormais)|fais semblant|ahora eres|a partir de ahora eres|finge (?:que|ser)|"
    r"ab se tum|اب سے تم)\b|"
    r"^\W*(?:system|admin(?:istrator)?|developer|operator|root)\s*[:>].*"
    r"\b(?:key|password|secret|token|prompt|credentials|rules|instructions)s?\b|"
    r"\b(?:jailbreak|developer mode|dan mode|god mode)\b",
    re.IGNORECASE | re.DOTALL,
)
_MOST_LETTERS_OF_AN_ORDER = 200
_SUM = re.compile(
    r"(?!\d+(?:[./–-]\d+)+[\s?!.]*$)[\d\s.,()]*\d\s*[+*/^=×÷−-][\d\s.,()+*/^=×÷−-]*\??$"
)  # no date, no range
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001f3fa\U0001f400-\U0001faff]")  # without colours of skin
_APPROVES = re.compile(
    r"THUMBS UP|OK HAND|CHECK MARK|HEART|CLAPPING|PARTY|CONFETTI|FOLDED HANDS|RAISED HANDS|RAISING|HUNDRED|FLEXED|SPARKLES|"
    r"STAR|SMIL|GRIN|TEARS OF JOY|LAUGHING|BEAMING|HUGGING|ROCKET|FIRE|SALUT|RELIEVED|SUNGLASSES|BLOSSOM|ROSE|BOUQUET|WAVING|VICTORY"
)
_SCRIPT = re.compile(r"^\s*<(?:script\b|\w+\s[^>]*\bon\w+\s*=).*>\s*$", re.IGNORECASE | re.DOTALL)
_NO_SYLLABLE = re.compile(r"^(?=.{8}).*[^aeiouy]{5}")
_MARKS_AROUND = ",;:.!?-_/\\'\"()[]"
_RARE = 1.5  # of Zipf's scale, below which what is typed beside keys that were hit at random is no word
_THANKS_KINDLY = re.compile(  # thanks, and something kind of the tutor behind it
    r"^\W*(?:many thanks|thanks?|thank (?:you|u)|thx|danke|vielen dank|merci|gracias|shukriya|شکریہ|धन्यवाद|शुक्रिया|谢谢你?)"
    r"(?:\s+(?:so much|very much|a lot|a million|sehr|schön|vielmals|beaucoup|much?as|bohat|bahut))?\s*[,.!،।，！-]+\s*"
    r"(?:you(?:['’]?re| are|['’]?ve been| were)|u ?r|this (?:is|was)|that (?:is|was)|du bist|sie sind|das (?:ist|war)|tu es|vous êtes|"
    r"c['’]est|eres|es usted|aap|ap|tum|آپ|تم|आप|तुम|你)\s*[^?؟？]{1,40}[.!۔।！]*\s*$",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_TO_OPEN = frozenset(
    plain_words(
        "summarize summarise explain zusammenfassen fasse zusammen resume khulasa out open visit check look see view link url website site book öffne öffnen lies lesen schau ansehen ouvre lis regarde lien abre "
        "lee mira enlace kholo dekho parho لنک کھولیں دیکھیں پڑھیں 打开 链接"
    )
)


def _table() -> dict[str, list[tuple[tuple[str, ...], SmallTalk]]]:
    """Phrases by their first word, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], SmallTalk]]] = {}
    for kind, phrases in SMALL_TALK.items():
        for phrase in phrases.split("|"):
            words = tuple(_CHAT.get(word, word) for word in plain_words(phrase))
            table.setdefault(words[0], []).append((words, kind))
    for found in table.values():
        found.sort(key=lambda item: -len(item[0]))
    return table


_BY_FIRST_WORD = _table()
_FILLER_WORDS = frozenset(plain_words(BESIDE_SMALL_TALK))
_ORDER = tuple(SMALL_TALK)
_SMALL_TALK_WORDS = (
    frozenset(word for found in _BY_FIRST_WORD.values() for words, _ in found for word in words) | _FILLER_WORDS
)


def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that a message is, None for one that asks something of the book."""
    text = _said_once(text)
    if not text.strip():
        return None
    if len(text) > _MOST_LETTERS:
        return None if any(map(str.isalnum, text)) else _without_words(text)
    words, bare = plain_words(_INTRODUCTION.sub(" hello ", text)), text.strip()
    if len(words) > _MOST_WORDS:
        return None
    if not words or _SUM.match(bare):
        return _without_words(bare)
    if _LINK.search(bare):
        return None if _beside_a_link(bare) else "link"
    if any(pattern.match(bare) for pattern in (_OF_A_WRITER, _OF_ITS_INSTRUCTIONS)):
        return "chat"
    if len(bare) <= _MOST_LETTERS_OF_CHAT and _ASKED_OF_THE_TUTOR.search(bare):
        return "chat"
    if len(bare) <= _MOST_LETTERS_OF_AN_ORDER and (_OF_THE_PROGRAM.search(bare) or _TO_CHANGE_ITS_ROLE.search(bare)):
        return "chat"
    if _SCRIPT.match(bare):
        return "chat"
    if _asks_who_answers(words):
        return "identity"
    if not bare.isdigit() and _are_no_words(bare):
        return "unclear"
    if _THANKS_KINDLY.match(bare):
        return "thanks"
    found = _kinds(_known(words))
    return min(found, key=_ORDER.index) if found else None


def _asks_who_answers(words: Sequence[str]) -> bool:
    """Whether a message asks if a person answers: "wait, are you a person or a bot?", "bot or human?"."""
    asked = {_CHAT.get(word, word) for word in words}
    beings = asked & _BEINGS
    named = asked & _OF_WHO_ANSWERS or (len(beings) > 1 and "or" in asked and not asked & {"is", "this", "that"})
    return bool(beings and named) and asked <= _OF_WHO_ANSWERS | _BEINGS | _AROUND_BEINGS


def _said_once(text: str) -> str:
    """A message that repeats a few words over and over, with each of them once."""
    words = text.split()
    once = list(dict.fromkeys(words))
    return " ".join(once) if len(words) > _MOST_WORDS and len(once) <= _FEW_WORDS else text


def _without_words(text: str) -> SmallTalk:
    if any(map(str.isdigit, text)):
        return "chat"  # a sum
    shown = [name for each in text if (name := unicodedata.name(each, "")) and _EMOJI.match(each)]
    return "agreement" if shown and all(map(_APPROVES.search, shown)) else "unclear"


def _beside_a_link(text: str) -> list[str]:
    """The words beside a link that ask more than to open it: "please read https://…" has none."""
    return [word for word in plain_words(_LINK.sub(" ", text)) if word not in BESIDE_TASKS | _TO_OPEN]


def _are_no_words(text: str) -> bool:
    """Whether a message is keys that were hit at random: one part of it is, and none is a word of English."""
    parts = [part.strip(_MARKS_AROUND) or part for part in text.split()]
    no_words = [part for part in parts if _is_no_word(part)]
    others = [part for part in parts if part not in no_words and not part.isdigit()]
    typed = all(part.isascii() and not any(map(str.isupper, part)) and zipf(part, "en") < _RARE for part in others)
    return len(no_words) == len(parts) - sum(map(str.isdigit, parts)) or bool(no_words and typed)


def _is_no_word(text: str) -> bool:
    """Whether a message is keys that were hit at random, words without spaces between them, or a code.

    It may be a name of the book's as well, whose words the caller has.
    """
    if _ENCODED.match(text):
        return True
    if not (text.isascii() and text.isalpha() and text.islower()) or zipf(text, "en") >= _WRITTEN_ZIPF:
        return False
    if len(text) < _SHORTEST_NO_WORD:
        return False
    beside = sum(f"{first}{second}" in _KEYS for first, second in pairwise(text))
    return (
        len(text) >= _LONG_WORD
        or bool(_NO_SYLLABLE.search(text))
        or _VOWELS.isdisjoint(text)
        or beside >= _BESIDE * (len(text) - 1)
    )


def _known(words: list[str]) -> list[str]:
    """The words as the lists spell them; none at all where one is in no list."""
    known: list[str] = []
    for typed in words:
        word = _CHAT.get(typed, typed)
        is_right = len(word) <= _SHORT_WORD and zipf(word, "en") >= _KNOWN_ZIPF
        known.append(word if is_right else corrected(word, _SMALL_TALK_WORDS))
        if known[-1] not in _SMALL_TALK_WORDS:
            return []
    return known


def _kinds(words: list[str]) -> set[SmallTalk]:
    """The kinds of the phrases that cover all words; none where a word is left over."""
    found: set[SmallTalk] = set()
    asks_for_help = False  # "thanks for your help" does not
    at = 0
    while at < len(words):
        for phrase, kind in _BY_FIRST_WORD.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                if kind == "ability" and len(phrase) == 1:
                    asks_for_help = True
                else:
                    found.add(kind)
                at += len(phrase)
                break
        else:
            if words[at] not in _FILLER_WORDS:
                return set()
            at += 1
    return found or ({"ability"} if asks_for_help else set())
