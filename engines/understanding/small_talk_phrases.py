"""The phrases of small talk by kind, in the interface's languages; called by `engines.understanding.small_talk`."""

from collections.abc import Mapping
from typing import Literal

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
PHRASES: Mapping[SmallTalk, str] = {
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
FILLERS = """
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
