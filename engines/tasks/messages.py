"""What is said in answers to small talk and tasks, in the languages of the interface; called by `engines.tasks`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engines.synthesis.fallback_messages import language_of
from engines.understanding.small_talk import SmallTalk
from engines.understanding.words import plain_words

_AROUND_A_TITLE = re.compile(r"(?P<opens>[“”„«]\s?)\{title\}(?P<closes>\s?[“”»])")


@dataclass(frozen=True, slots=True)
class Messages:
    """The sentences in one language."""

    small_talk: Mapping[SmallTalk, str]
    covers: str  # before the chapters; with a place for `{book}`
    the_book: str  # where it has no title
    and_more: str  # with a place for `{count}`
    ask: str
    no_model: str  # an outline is no written summary; with a place for `{title}`
    own_summary: str  # above the summary that a page has itself; with a place for `{title}`
    sections: str  # behind it, above the sections or pages
    piece: str  # above what a page has of something, its exercises or its code; with a place for `{title}`
    no_quiz: str  # with a place for `{title}`
    no_translation: str
    no_rewording: str  # above a sentence from each section of the last answer
    sources: str  # above the sections that the last answer is from
    no_sources: str  # the same, where it names none
    more: str  # above what was not quoted yet of its pages
    no_more: str
    example: str  # above sections with code or an example of what was asked before
    no_example: str
    no_answers: str  # to a quiz that was not made, above the sections that it was to be about
    asked_first: str  # with a place for `{question}`, in which a reader asks what was asked first
    asked_last: str
    asked_all: str  # above the questions of the conversation
    asked_nothing: str
    no_answer_yet: str  # to a first message that is about an answer: "shorter please"
    forgotten: str  # where the beginning of the conversation is no longer known
    site_says: str  # of author and licence; with a place for `{text}`
    no_author: str
    no_licence: str
    contents: str
    count: str  # above the list of them; with a place for `{count}` and for `{word}`, as the reader calls them
    no_chapter: str  # with a place for `{name}`, as the reader wrote it, and for `{count}`
    unnumbered: str  # above the chapters of a book that does not number them
    no: str  # before both, to a question for yes or no
    named: str  # a chapter that was looked for; with a place for `{title}`
    pages: str  # the same with its pages; with a place for `{title}` and for `{count}`
    nearest: str  # with a place for `{subject}`
    after: str  # with a place for `{title}`
    before: str
    requires: str  # above what a page itself asks for before it; with a place for `{title}`
    nothing_after: str
    nothing_before: str
    here: str  # above the open page, its chapter and the pages beside it
    in_chapter: str  # with a place for `{title}`, `{number}` and `{count}`
    page_before: str  # with a place for `{title}`
    page_after: str
    start: str
    start_of: str  # above the first pages of a chapter; with a place for `{title}`
    has_parts: str  # above pages with headings that name it; with a place for `{subject}`
    has_no_parts: str  # where no title and no heading names it; with a place for `{subject}`
    perhaps_parts: str  # behind it, above sections that speak of it
    plan: str  # above the pages of the book, for some weeks or days
    no_advice: str  # above the order of the book, where a reader asks what to read
    titled: str  # above pages with a word of the question in their titles
    length: str  # with a place for `{title}`, `{words}` and `{minutes}`
    states_time: str  # above what the book itself says on that, before `length`; with a place for `{title}`
    which_page: str
    point: str  # above the section that a point of an earlier answer names
    no_point: str  # with a place for `{count}`
    mentions: str  # above the sections that do; with a place for `{title}`, `{subject}` and `{count}`
    not_mentioned: str  # with a place for `{title}` and `{subject}`
    not_in_these_words: str  # above the nearest sections of the page; with a place for `{title}`
    mentioned_elsewhere: str  # behind it, above sections of the book that do
    mentioned_nowhere: str  # behind it, above the nearest sections

    def titles(self, titles: Sequence[str]) -> str:
        """Several titles for one place for `{title}`, each in the quotation marks of the language."""
        marks = _AROUND_A_TITLE.search(self.no_model)
        return (f"{marks['closes']}, {marks['opens']}" if marks else ", ").join(titles)


ENGLISH = Messages(
    small_talk={
        "greeting": "Hello! I answer questions about the book, with links to the sections that an answer comes from.",
        "thanks": "You are welcome! Ask whenever you have another question about the book.",
        "goodbye": "Goodbye, and enjoy the book!",
        "identity": "I am this book's assistant, a program: I answer readers' questions from the book itself, with links.",
        "maker": "I am a program that the maintainers of this book have set up, so that readers can ask it questions.",
        "ability": "I answer questions from the book, explain and summarise its pages, and show where something stands.",
        "wellbeing": "Thank you, I am well and ready for your questions about the book.",
        "praise": "I am glad to hear that! What else would you like to know?",
        "apology": "No problem at all. What would you like to know?",
        "chat": "That is beyond me: I only know this book. Ask me about it!",
        "agreement": "Good. Ask whenever you have another question.",
        "complaint": "I am sorry that this did not help. Say what is wrong or missing, or ask in other words, and I will look in the book again.",
        "discouraged": "That happens to everybody who learns something new. Take a break, or name one thing, and I will look up how the book explains it.",
        "presence": "I am here and ready. What would you like to know about the book?",
        "link": "I cannot open links; I only know this book. What would you like to know about it?",
        "unclear": "I could not make out a question in this. What would you like to know about the book?",
        "remark": "All right. Ask me about the book whenever you like.",
    },
    covers="{book} covers:",
    the_book="The book",
    and_more="… and {count} more.",
    ask="Ask me about any of it.",
    no_model="No language model is configured, so nothing is written for you here. "
    "These are the sections of “{title}”, with a sentence from each:",
    own_summary="No language model is configured, so nothing is written for you here. "
    "This is the book's own summary of “{title}”:",
    sections="These are its parts:",
    piece="No language model is configured, so nothing is written for you here. "
    "This is what you asked for, from “{title}”:",
    no_quiz="No language model is configured, so no questions or cards can be made here. These are the "
    "sections of “{title}”, with a sentence from each:",
    no_translation="No language model is configured, so nothing can be translated here.",
    no_rewording="No language model is configured, so the answer cannot be reworded here. "
    "These are its sections, with a sentence from each:",
    sources="The last answer is from these sections of the book, where you can check it:",
    no_sources="The last answer names no section of the book. These sections come closest to the question before it:",
    more="More from the same pages of the book:",
    no_more="These pages say nothing more about it than what was already quoted:",
    example="The book shows this:",
    no_example="No example or code was found in the book's sections on this. These are the sections:",
    no_answers="No language model is configured, so no questions were made here, and there are no answers to them. "
    "These are the sections, with a sentence from each:",
    asked_first="Your first question in this conversation was: “{question}”",
    asked_last="Your last question was: “{question}”",
    asked_all="In this conversation you have asked:",
    asked_nothing="You have not asked anything in this conversation yet.",
    no_answer_yet="There is no answer yet that this could be about. Ask something about the book first, or open a page and ask about it.",
    forgotten="The beginning of this conversation is no longer stored. The oldest question that still is: “{question}”",
    site_says="The book's site says: “{text}”",
    no_author="Neither the book nor its site says who wrote it, as far as is known here.",
    no_licence="Neither the book nor its site names a licence, as far as is known here.",
    contents="The book's table of contents:",
    count="The book has {count} {word}:",
    no_chapter="The book has no “{name}”; it has {count} of them:",
    unnumbered="The chapters of this book have no numbers. These are its parts, in their order:",
    no="No.",
    named="The book has “{title}”:",
    pages="“{title}” has {count} pages:",
    nearest="These pages come closest to “{subject}”:",
    after="After “{title}” comes:",
    before="Before “{title}” comes:",
    requires="“{title}” says that you need this first:",
    nothing_after="“{title}” is the last one; nothing comes after it.",
    nothing_before="“{title}” is the first one; nothing comes before it.",
    here="This is the page that you have open, and where it stands in the book:",
    in_chapter="Chapter “{title}”, page {number} of {count}",
    page_before="Before it: {title}",
    page_after="After it: {title}",
    start="The book begins with:",
    start_of="“{title}” begins with:",
    has_parts="This is what the book has of “{subject}”:",
    has_no_parts="Not found in the book: none of its pages and headings is called “{subject}”.",
    perhaps_parts="These sections speak of it:",
    plan="A suggestion, in the order of the book:",
    no_advice="The book does not say which of its chapters are hard, matter most or can be left out; this is what its table of contents has:",
    titled="These pages have a word of your question in their titles:",
    length="“{title}” has about {words} words, which take about {minutes} min to read; this is an estimate.",
    states_time="The book itself says this on the time for “{title}”:",
    which_page="I do not know which page you mean. Open a page of the book and ask there, or name a chapter.",
    point="This is what the book says on that point:",
    no_point="The last answer has no point with that number; it has {count} points. Which one do you mean?",
    mentions="Yes, “{title}” mentions “{subject}” ({count}×):",
    not_mentioned="No, “{title}” does not mention “{subject}”.",
    not_in_these_words="“{title}” does not say it in these words. These sections of it come nearest:",
    mentioned_elsewhere="These sections of the book do:",
    mentioned_nowhere="Nor do the sections of the book that come nearest:",
)

URDU = Messages(
    small_talk={
        "greeting": "السلام علیکم! میں اس کتاب کے بارے میں سوالوں کے جواب دیتا ہوں، متعلقہ حصوں کے لنک کے ساتھ۔",
        "thanks": "خوش آمدید! جب بھی کتاب کے بارے میں کوئی اور سوال ہو، پوچھیں۔",
        "goodbye": "خدا حافظ! امید ہے کتاب آپ کے کام آئے گی۔",
        "identity": "میں اس کتاب کا معاون ہوں، ایک پروگرام: قارئین کے سوالوں کے جواب کتاب ہی سے دیتا ہوں۔",
        "maker": "میں ایک پروگرام ہوں جسے اس کتاب کے منتظمین نے قائم کیا ہے تاکہ قارئین اس سے سوال پوچھ سکیں۔",
        "ability": "میں کتاب سے سوالوں کے جواب دیتا ہوں، صفحات کا خلاصہ اور وضاحت کرتا ہوں، اور بتاتا ہوں کہ کیا کہاں لکھا ہے۔",
        "wellbeing": "شکریہ، میں ٹھیک ہوں اور آپ کے سوالوں کے لیے تیار ہوں۔",
        "praise": "یہ سن کر خوشی ہوئی! آپ اور کیا جاننا چاہیں گے؟",
        "apology": "کوئی بات نہیں۔ آپ کیا جاننا چاہیں گے؟",
        "chat": "یہ میرے بس میں نہیں: میں صرف اس کتاب کو جانتا ہوں۔ اس کے بارے میں پوچھیں!",
        "agreement": "ٹھیک ہے۔ جب بھی کوئی اور سوال ہو، پوچھیں۔",
        "complaint": "معذرت کہ اس سے مدد نہیں ہوئی۔ بتائیں کیا غلط ہے یا کیا رہ گیا، یا دوسرے الفاظ میں پوچھیں؛ میں کتاب میں پھر دیکھوں گا۔",
        "discouraged": "نئی چیز سیکھنے والے ہر شخص کے ساتھ ایسا ہوتا ہے۔ تھوڑا آرام کریں، یا کوئی ایک بات بتائیں؛ میں دیکھوں گا کہ کتاب اسے کیسے سمجھاتی ہے۔",
        "presence": "میں یہاں ہوں۔ آپ کتاب کے بارے میں کیا جاننا چاہیں گے؟",
        "link": "میں لنک نہیں کھول سکتا، میں صرف اس کتاب کو جانتا ہوں۔ آپ اس کے بارے میں کیا جاننا چاہیں گے؟",
        "unclear": "مجھے اس میں کوئی سوال سمجھ نہیں آیا۔ آپ کتاب کے بارے میں کیا جاننا چاہیں گے؟",
        "remark": "ٹھیک ہے۔ جب چاہیں کتاب کے بارے میں پوچھیں۔",
    },
    covers="{book} میں یہ موضوعات ہیں:",
    the_book="اس کتاب",
    and_more="… اور {count} مزید۔",
    ask="ان میں سے کسی کے بارے میں بھی پوچھیں۔",
    no_model="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں کچھ لکھا نہیں گیا۔ "
    "یہ “{title}” کے حصے ہیں، ہر ایک سے ایک جملے کے ساتھ:",
    own_summary="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں کچھ لکھا نہیں گیا۔ "
    "یہ “{title}” کا کتاب کا اپنا خلاصہ ہے:",
    sections="اس کے حصے یہ ہیں:",
    piece="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں کچھ لکھا نہیں گیا۔ ”{title}“ سے آپ کی مانگی ہوئی چیز یہ ہے:",
    no_quiz="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں سوال یا کارڈ نہیں بنائے جا سکتے۔ یہ "
    "”{title}“ کے حصے ہیں، ہر ایک سے ایک جملے کے ساتھ:",
    no_translation="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں کسی چیز کا ترجمہ نہیں ہو سکتا۔",
    no_rewording="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے جواب یہاں دوسرے الفاظ میں نہیں لکھا جا سکتا۔ "
    "یہ اس کے حصے ہیں، ہر ایک سے ایک جملے کے ساتھ:",
    sources="پچھلا جواب کتاب کے ان حصوں سے ہے، اور اسے وہیں جانچا جا سکتا ہے:",
    no_sources="پچھلا جواب کتاب کے کسی حصے کا نام نہیں لیتا۔ یہ حصے اس سوال کے سب سے قریب ہیں:",
    more="انہی صفحات سے مزید، جیسا کہ کتاب میں ہے:",
    no_more="ان صفحات میں اس پر اس سے زیادہ کچھ نہیں:",
    example="کتاب میں اس پر یہ ہے:",
    no_example="کتاب میں اس موضوع کے حصوں میں کوئی مثال یا کوڈ نہیں ملا۔ وہ حصے یہ ہیں:",
    no_answers="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں سوال نہیں بنائے گئے اور ان کے جواب بھی نہیں ہیں۔ "
    "یہ اس کے حصے ہیں، ہر ایک سے ایک جملے کے ساتھ:",
    asked_first="اس گفتگو میں آپ کا پہلا سوال تھا: ”{question}“",
    asked_last="آپ کا آخری سوال تھا: ”{question}“",
    asked_all="اس گفتگو میں آپ نے پوچھا ہے:",
    asked_nothing="آپ نے اس گفتگو میں ابھی تک کچھ نہیں پوچھا۔",
    no_answer_yet="ابھی کوئی جواب نہیں جس سے اس کا تعلق ہو۔ پہلے کتاب کے بارے میں کچھ پوچھیں، یا کوئی صفحہ کھول کر اس کے بارے میں پوچھیں۔",
    forgotten="اس گفتگو کا آغاز اب یہاں معلوم نہیں۔ سب سے پرانا معلوم سوال: ”{question}“",
    site_says="کتاب کی سائٹ پر لکھا ہے: ”{text}“",
    no_author="جہاں تک یہاں معلوم ہے، نہ کتاب اور نہ اس کی سائٹ بتاتی ہے کہ اسے کس نے لکھا۔",
    no_licence="جہاں تک یہاں معلوم ہے، نہ کتاب اور نہ اس کی سائٹ کسی لائسنس کا ذکر کرتی ہے۔",
    contents="کتاب کی فہرست:",
    count="کتاب میں {count} {word} ہیں:",
    no_chapter="کتاب میں ”{name}“ نہیں ہے؛ اس میں {count} ہیں:",
    unnumbered="اس کتاب کے ابواب کے نمبر نہیں ہیں۔ اس کے حصے ترتیب سے یہ ہیں:",
    no="نہیں۔",
    named="کتاب میں “{title}” ہے:",
    pages="“{title}” میں {count} صفحات ہیں:",
    nearest="یہ صفحات “{subject}” سے سب سے قریب ہیں:",
    after="“{title}” کے بعد یہ آتا ہے:",
    before="“{title}” سے پہلے یہ آتا ہے:",
    requires="”{title}“ کے مطابق پہلے یہ درکار ہے:",
    nothing_after="“{title}” آخری ہے؛ اس کے بعد کچھ نہیں۔",
    nothing_before="“{title}” پہلا ہے؛ اس سے پہلے کچھ نہیں۔",
    here="یہ آپ کا کھلا ہوا صفحہ ہے، اور کتاب میں اس کی جگہ:",
    in_chapter="باب ”{title}“، {count} میں سے صفحہ {number}",
    page_before="اس سے پہلے: {title}",
    page_after="اس کے بعد: {title}",
    start="کتاب یہاں سے شروع ہوتی ہے:",
    start_of="“{title}” یہاں سے شروع ہوتا ہے:",
    has_parts="کتاب میں “{subject}” یہاں ہے:",
    has_no_parts="کتاب میں نہیں ملا: “{subject}” کے نام کا کوئی صفحہ یا عنوان نہیں ہے۔",
    perhaps_parts="ان حصوں میں اس کا ذکر ہے:",
    plan="ایک تجویز، کتاب کی ترتیب میں:",
    no_advice="کتاب یہ نہیں بتاتی کہ کون سے ابواب مشکل یا زیادہ اہم ہیں یا چھوڑے جا سکتے ہیں؛ اس کی فہرست میں یہ ہے:",
    titled="ان صفحات کے عنوان میں آپ کے سوال کا کوئی لفظ ہے:",
    length="”{title}“ میں تقریباً {words} الفاظ ہیں، جنہیں پڑھنے میں تقریباً {minutes} منٹ لگتے ہیں؛ یہ ایک اندازہ ہے۔",
    states_time="“{title}” کے وقت کے بارے میں کتاب خود یہ کہتی ہے:",
    which_page="معلوم نہیں آپ کس صفحے کی بات کر رہے ہیں۔ کتاب کا کوئی صفحہ کھول کر وہاں پوچھیں، یا باب کا نام بتائیں۔",
    point="اس نکتے پر کتاب یہ کہتی ہے:",
    no_point="پچھلے جواب میں اس نمبر کا کوئی نکتہ نہیں؛ اس میں {count} نکات ہیں۔ کون سا نکتہ مراد ہے؟",
    mentions="جی ہاں، “{title}” میں “{subject}” کا ذکر ہے ({count}×):",
    not_mentioned="نہیں، “{title}” میں “{subject}” کا ذکر نہیں ہے۔",
    not_in_these_words="“{title}” میں یہ ان الفاظ میں نہیں کہا گیا۔ اس کے یہ حصے سب سے قریب ہیں:",
    mentioned_elsewhere="کتاب کے ان حصوں میں ہے:",
    mentioned_nowhere="کتاب کے سب سے قریبی حصوں میں بھی نہیں:",
)

GERMAN = Messages(
    small_talk={
        "greeting": "Hallo! Ich beantworte Fragen zum Buch und nenne die Abschnitte, aus denen die Antwort stammt.",
        "thanks": "Gern geschehen! Fragen Sie, wann immer Sie noch etwas zum Buch wissen möchten.",
        "goodbye": "Auf Wiedersehen und viel Freude mit dem Buch!",
        "identity": "Ich bin der Assistent dieses Buchs, ein Programm: Ich beantworte Fragen aus dem Buch selbst.",
        "maker": "Ich bin ein Programm, das die Betreuer dieses Buchs eingerichtet haben, damit man es befragen kann.",
        "ability": "Ich beantworte Fragen aus dem Buch, erkläre seine Seiten, fasse sie zusammen und zeige, wo etwas steht.",
        "wellbeing": "Danke, mir geht es gut, und ich bin bereit für Ihre Fragen zum Buch.",
        "praise": "Das freut mich! Was möchten Sie noch wissen?",
        "apology": "Kein Problem. Was möchten Sie wissen?",
        "chat": "Das übersteigt mich: Ich kenne nur dieses Buch. Fragen Sie mich danach!",
        "agreement": "Gut. Fragen Sie, wann immer Sie noch etwas wissen möchten.",
        "complaint": "Es tut mir leid, dass das nicht geholfen hat. Sagen Sie, was falsch ist oder fehlt, oder fragen Sie mit anderen Worten; ich sehe noch einmal im Buch nach.",
        "discouraged": "Das geht allen so, die etwas Neues lernen. Machen Sie eine Pause, oder nennen Sie eine Sache, und ich suche heraus, wie das Buch sie erklärt.",
        "presence": "Ich bin da. Was möchten Sie über das Buch wissen?",
        "link": "Ich kann keine Links öffnen, ich kenne nur dieses Buch. Was möchten Sie darüber wissen?",
        "unclear": "Darin konnte ich keine Frage erkennen. Was möchten Sie über das Buch wissen?",
        "remark": "Alles klar. Fragen Sie mich jederzeit etwas zum Buch.",
    },
    covers="{book} behandelt:",
    the_book="Das Buch",
    and_more="… und {count} weitere.",
    ask="Fragen Sie mich zu allem davon.",
    no_model="Es ist kein Sprachmodell eingerichtet, deshalb wird hier nichts für Sie geschrieben. "
    "Das sind die Abschnitte von „{title}“ mit je einem Satz daraus:",
    own_summary="Es ist kein Sprachmodell eingerichtet, deshalb wird hier nichts für Sie geschrieben. "
    "Das ist die eigene Zusammenfassung des Buchs zu „{title}“:",
    sections="Das sind die Teile davon:",
    piece="Es ist kein Sprachmodell eingerichtet, deshalb wird hier nichts für Sie geschrieben. Das haben Sie gesucht, aus „{title}“:",
    no_quiz="Es ist kein Sprachmodell eingerichtet, deshalb können hier keine Fragen oder Karten "
    "gemacht werden. Das sind die Abschnitte von „{title}“ mit je einem Satz daraus:",
    no_translation="Es ist kein Sprachmodell eingerichtet, deshalb kann hier nichts übersetzt werden.",
    no_rewording="Es ist kein Sprachmodell eingerichtet, deshalb kann die Antwort hier nicht umformuliert werden. "
    "Das sind ihre Abschnitte mit je einem Satz daraus:",
    sources="Die letzte Antwort stammt aus diesen Abschnitten des Buchs, in denen Sie sie prüfen können:",
    no_sources="Die letzte Antwort nennt keinen Abschnitt des Buchs. Ihrer Frage am nächsten kommen:",
    more="Mehr von denselben Seiten des Buchs:",
    no_more="Diese Seiten sagen dazu nicht mehr, als schon zitiert ist:",
    example="Das zeigt das Buch dazu:",
    no_example="In den Abschnitten des Buchs dazu steht kein Beispiel und kein Code. Die Abschnitte sind:",
    no_answers="Es ist kein Sprachmodell eingerichtet, deshalb wurden hier keine Fragen gestellt, und es gibt keine "
    "Antworten darauf. Das sind die Abschnitte mit je einem Satz daraus:",
    asked_first="Ihre erste Frage in diesem Gespräch war: „{question}“",
    asked_last="Ihre letzte Frage war: „{question}“",
    asked_all="In diesem Gespräch haben Sie gefragt:",
    asked_nothing="Sie haben in diesem Gespräch noch nichts gefragt.",
    no_answer_yet="Es gibt noch keine Antwort, auf die sich das beziehen könnte. Fragen Sie zuerst etwas zum Buch, oder öffnen Sie eine Seite und fragen Sie danach.",
    forgotten="Der Anfang dieses Gesprächs ist hier nicht mehr bekannt. Die älteste bekannte Frage: „{question}“",
    site_says="Auf der Website des Buchs steht: „{text}“",
    no_author="Soweit hier bekannt, sagen weder das Buch noch seine Website, wer es geschrieben hat.",
    no_licence="Soweit hier bekannt, nennen weder das Buch noch seine Website eine Lizenz.",
    contents="Das Inhaltsverzeichnis des Buchs:",
    count="Das Buch hat {count} {word}:",
    no_chapter="„{name}“ gibt es in dem Buch nicht; es hat {count} davon:",
    unnumbered="Die Kapitel dieses Buchs haben keine Nummern. Das sind seine Teile in ihrer Reihenfolge:",
    no="Nein.",
    named="Das Buch hat „{title}“:",
    pages="„{title}“ hat {count} Seiten:",
    nearest="Diese Seiten kommen „{subject}“ am nächsten:",
    after="Nach „{title}“ kommt:",
    before="Vor „{title}“ kommt:",
    requires="„{title}“ setzt dies voraus:",
    nothing_after="„{title}“ ist das letzte; danach kommt nichts.",
    nothing_before="„{title}“ ist das erste; davor kommt nichts.",
    here="Diese Seite haben Sie geöffnet, und hier steht sie im Buch:",
    in_chapter="Kapitel „{title}“, Seite {number} von {count}",
    page_before="Davor: {title}",
    page_after="Danach: {title}",
    start="Das Buch beginnt mit:",
    start_of="„{title}“ beginnt mit:",
    has_parts="Das hat das Buch an „{subject}“:",
    has_no_parts="Im Buch nicht gefunden: Keine Seite und keine Überschrift heißt „{subject}“.",
    perhaps_parts="Diese Abschnitte sprechen davon:",
    plan="Ein Vorschlag, in der Reihenfolge des Buchs:",
    no_advice="Das Buch sagt nicht, welche seiner Kapitel schwer oder wichtig sind oder wegbleiben können; das steht in seinem Inhaltsverzeichnis:",
    titled="Diese Seiten haben ein Wort Ihrer Frage im Titel:",
    length="„{title}“ hat etwa {words} Wörter und ist in etwa {minutes} min gelesen; das ist eine Schätzung.",
    states_time="Das Buch selbst sagt dazu, wie lange „{title}“ dauert:",
    which_page="Ich weiß nicht, welche Seite gemeint ist. Öffnen Sie eine Seite des Buchs, oder nennen Sie ein Kapitel.",
    point="Das sagt das Buch zu diesem Punkt:",
    no_point="Die letzte Antwort hat keinen Punkt mit dieser Nummer; sie hat {count} Punkte. Welcher ist gemeint?",
    mentions="Ja, „{title}“ erwähnt „{subject}“ ({count}×):",
    not_mentioned="Nein, „{title}“ erwähnt „{subject}“ nicht.",
    not_in_these_words="„{title}“ sagt das nicht mit diesen Worten. Diese Abschnitte kommen am nächsten:",
    mentioned_elsewhere="Diese Abschnitte des Buchs erwähnen es:",
    mentioned_nowhere="Auch die Abschnitte des Buchs, die am nächsten kommen, erwähnen es nicht:",
)

FRENCH = Messages(
    small_talk={
        "greeting": "Bonjour ! Je réponds aux questions sur le livre, avec des liens vers les sections concernées.",
        "thanks": "Avec plaisir ! N'hésitez pas si vous avez une autre question sur le livre.",
        "goodbye": "Au revoir, et bonne lecture !",
        "identity": "Je suis l'assistant de ce livre, un programme : je réponds aux questions à partir du livre lui-même.",
        "maker": "Je suis un programme que les responsables de ce livre ont installé pour que l'on puisse l'interroger.",
        "ability": "Je réponds à partir du livre, j'explique et résume ses pages, et je montre où se trouve un sujet.",
        "wellbeing": "Merci, je vais bien et je suis prêt pour vos questions sur le livre.",
        "praise": "Cela me fait plaisir ! Que voulez-vous savoir d'autre ?",
        "apology": "Aucun problème. Que voulez-vous savoir ?",
        "chat": "Cela me dépasse : je ne connais que ce livre. Posez-moi une question à son sujet !",
        "agreement": "Bien. N'hésitez pas si vous avez une autre question.",
        "complaint": "Je regrette que cela ne vous ait pas aidé. Dites ce qui est faux ou ce qui manque, ou reformulez la question, et je chercherai de nouveau dans le livre.",
        "discouraged": "Cela arrive à tous ceux qui apprennent. Faites une pause, ou nommez une seule chose, et je chercherai comment le livre l'explique.",
        "presence": "Je suis là. Que voulez-vous savoir sur le livre ?",
        "link": "Je ne peux pas ouvrir de liens, je ne connais que ce livre. Que voulez-vous en savoir ?",
        "unclear": "Je n'ai pas reconnu de question. Que voulez-vous savoir sur le livre ?",
        "remark": "D'accord. Posez-moi une question sur le livre quand vous voulez.",
    },
    covers="{book} traite de :",
    the_book="Le livre",
    and_more="… et {count} autres.",
    ask="Posez-moi une question sur l'un de ces sujets.",
    no_model="Aucun modèle de langage n'est configuré, rien n'est donc rédigé ici. "
    "Voici les sections de « {title} », avec une phrase de chacune :",
    own_summary="Aucun modèle de langage n'est configuré, rien n'est donc rédigé ici. "
    "Voici le résumé que le livre donne lui-même de « {title} » :",
    sections="En voici les parties :",
    piece="Aucun modèle de langage n'est configuré, rien n'est donc rédigé ici. Voici ce que vous cherchez dans « {title} » :",
    no_quiz="Aucun modèle de langage n'est configuré, on ne peut donc créer ici ni questions ni "
    "fiches. Voici les sections de « {title} », avec une phrase de chacune :",
    no_translation="Aucun modèle de langage n'est configuré, rien ne peut donc être traduit ici.",
    no_rewording="Aucun modèle de langage n'est configuré, la réponse ne peut donc pas être reformulée ici. "
    "Voici ses sections, avec une phrase de chacune :",
    sources="La dernière réponse vient de ces sections du livre, où l'on peut la vérifier :",
    no_sources="La dernière réponse ne nomme aucune section du livre. Les plus proches de sa question sont :",
    more="Voici la suite des mêmes pages, telle qu'elle est dans le livre :",
    no_more="Ces pages n'en disent pas plus que ce qui a été cité :",
    example="Voici ce que le livre montre :",
    no_example="Les sections du livre sur ce sujet n'ont ni exemple ni code. Voici ces sections :",
    no_answers="Aucun modèle de langage n'est configuré : aucune question n'a été créée ici, il n'y a donc pas de "
    "réponses. Voici les sections, avec une phrase de chacune :",
    asked_first="Votre première question dans cette conversation était : « {question} »",
    asked_last="Votre dernière question était : « {question} »",
    asked_all="Dans cette conversation, vous avez demandé :",
    asked_nothing="Vous n'avez encore rien demandé dans cette conversation.",
    no_answer_yet="Il n'y a pas encore de réponse à laquelle cela pourrait se rapporter. Posez d'abord une question sur le livre, ou ouvrez une page et interrogez-la.",
    forgotten="Le début de cette conversation n'est plus connu ici. La plus ancienne question connue : « {question} »",
    site_says="Le site du livre indique : « {text} »",
    no_author="Ni le livre ni son site ne disent qui l'a écrit, pour autant qu'on le sache ici.",
    no_licence="Ni le livre ni son site n'indiquent de licence, pour autant qu'on le sache ici.",
    contents="La table des matières du livre :",
    count="Le livre compte {count} {word} :",
    no_chapter="« {name} » n'existe pas dans le livre ; il en compte {count} :",
    unnumbered="Les chapitres de ce livre ne sont pas numérotés. Voici ses parties, dans leur ordre :",
    no="Non.",
    named="Le livre contient « {title} » :",
    pages="« {title} » compte {count} pages :",
    nearest="Ces pages sont les plus proches de « {subject} » :",
    after="Après « {title} » vient :",
    before="Avant « {title} » vient :",
    requires="« {title} » suppose ceci :",
    nothing_after="« {title} » est le dernier ; rien ne vient après.",
    nothing_before="« {title} » est le premier ; rien ne vient avant.",
    here="Voici la page ouverte et sa place dans le livre :",
    in_chapter="Chapitre « {title} », page {number} sur {count}",
    page_before="Avant : {title}",
    page_after="Après : {title}",
    start="Le livre commence par :",
    start_of="« {title} » commence par :",
    has_parts="Voici ce que le livre a comme « {subject} » :",
    has_no_parts="Introuvable dans le livre : aucune page et aucun titre ne s'appelle « {subject} ».",
    perhaps_parts="Ces sections en parlent :",
    plan="Une proposition, dans l'ordre du livre :",
    no_advice="Le livre ne dit pas quels chapitres sont difficiles, importants ou facultatifs ; voici ce que contient sa table des matières :",
    titled="Ces pages ont un mot de votre question dans leur titre :",
    length="« {title} » compte environ {words} mots, soit environ {minutes} min de lecture ; c'est une estimation.",
    states_time="Le livre indique lui-même la durée de « {title} » :",
    which_page="Je ne sais pas de quelle page il s'agit. Ouvrez une page du livre, ou nommez un chapitre.",
    point="Voici ce que dit le livre sur ce point :",
    no_point="La dernière réponse n'a pas de point avec ce numéro ; elle en a {count}. Lequel voulez-vous ?",
    mentions="Oui, « {title} » mentionne « {subject} » ({count}×) :",
    not_mentioned="Non, « {title} » ne mentionne pas « {subject} ».",
    not_in_these_words="« {title} » ne le dit pas en ces termes. Ces sections en sont les plus proches :",
    mentioned_elsewhere="Ces sections du livre le font :",
    mentioned_nowhere="Les sections les plus proches du livre non plus :",
)

SPANISH = Messages(
    small_talk={
        "greeting": "¡Hola! Respondo preguntas sobre el libro, con enlaces a las secciones de donde viene la respuesta.",
        "thanks": "¡De nada! Pregunte cuando tenga otra duda sobre el libro.",
        "goodbye": "¡Hasta luego, y que disfrute del libro!",
        "identity": "Soy el asistente de este libro, un programa: respondo preguntas a partir del propio libro.",
        "maker": "Soy un programa que los responsables de este libro han instalado para que se le pueda preguntar.",
        "ability": "Respondo a partir del libro, explico y resumo sus páginas, y muestro dónde está cada tema.",
        "wellbeing": "Gracias, estoy bien y listo para sus preguntas sobre el libro.",
        "praise": "¡Me alegra! ¿Qué más le gustaría saber?",
        "apology": "No hay problema. ¿Qué le gustaría saber?",
        "chat": "Eso me supera: solo conozco este libro. ¡Pregúnteme sobre él!",
        "agreement": "Bien. Pregunte cuando tenga otra duda.",
        "complaint": "Siento que esto no haya ayudado. Diga qué está mal o qué falta, o pregunte con otras palabras, y buscaré otra vez en el libro.",
        "discouraged": "Le pasa a todo el que aprende algo nuevo. Descanse un poco, o nombre una sola cosa, y buscaré cómo la explica el libro.",
        "presence": "Aquí estoy. ¿Qué le gustaría saber del libro?",
        "link": "No puedo abrir enlaces, solo conozco este libro. ¿Qué le gustaría saber de él?",
        "unclear": "No he podido reconocer una pregunta. ¿Qué le gustaría saber del libro?",
        "remark": "De acuerdo. Pregúnteme sobre el libro cuando quiera.",
    },
    covers="{book} trata de:",
    the_book="El libro",
    and_more="… y {count} más.",
    ask="Pregúnteme sobre cualquiera de estos temas.",
    no_model="No hay ningún modelo de lenguaje configurado, así que aquí no se redacta nada. "
    "Estas son las secciones de «{title}», con una frase de cada una:",
    own_summary="No hay ningún modelo de lenguaje configurado, así que aquí no se redacta nada. "
    "Este es el resumen que el propio libro da de «{title}»:",
    sections="Estas son sus partes:",
    piece="No hay ningún modelo de lenguaje configurado, así que aquí no se redacta nada. Esto es lo que busca, de «{title}»:",
    no_quiz="No hay ningún modelo de lenguaje configurado, así que aquí no se pueden crear preguntas "
    "ni tarjetas. Estas son las secciones de «{title}», con una frase de cada una:",
    no_translation="No hay ningún modelo de lenguaje configurado, así que aquí no se puede traducir nada.",
    no_rewording="No hay ningún modelo de lenguaje configurado, así que aquí no se puede reformular la respuesta. "
    "Estas son sus secciones, con una frase de cada una:",
    sources="La última respuesta viene de estas secciones del libro, donde se puede comprobar:",
    no_sources="La última respuesta no nombra ninguna sección del libro. Las más cercanas a su pregunta son:",
    more="Más de las mismas páginas, tal como está en el libro:",
    no_more="Estas páginas no dicen más que lo ya citado:",
    example="Esto es lo que muestra el libro:",
    no_example="Las secciones del libro sobre este tema no tienen ejemplos ni código. Son estas:",
    no_answers="No hay ningún modelo de lenguaje configurado: aquí no se han creado preguntas, así que no hay "
    "respuestas. Estas son las secciones, con una frase de cada una:",
    asked_first="Su primera pregunta en esta conversación fue: «{question}»",
    asked_last="Su última pregunta fue: «{question}»",
    asked_all="En esta conversación ha preguntado:",
    asked_nothing="Todavía no ha preguntado nada en esta conversación.",
    no_answer_yet="Todavía no hay ninguna respuesta a la que esto pueda referirse. Pregunte primero algo sobre el libro, o abra una página y pregunte por ella.",
    forgotten="El comienzo de esta conversación ya no se conoce aquí. La pregunta más antigua conocida: «{question}»",
    site_says="El sitio del libro dice: «{text}»",
    no_author="Hasta donde se sabe aquí, ni el libro ni su sitio dicen quién lo escribió.",
    no_licence="Hasta donde se sabe aquí, ni el libro ni su sitio indican una licencia.",
    contents="El índice del libro:",
    count="El libro tiene {count} {word}:",
    no_chapter="«{name}» no existe en el libro; tiene {count}:",
    unnumbered="Los capítulos de este libro no tienen números. Estas son sus partes, en su orden:",
    no="No.",
    named="El libro tiene «{title}»:",
    pages="«{title}» tiene {count} páginas:",
    nearest="Estas páginas son las más cercanas a «{subject}»:",
    after="Después de «{title}» viene:",
    before="Antes de «{title}» viene:",
    requires="«{title}» supone que ya conoce o tiene esto:",
    nothing_after="«{title}» es lo último; no hay nada después.",
    nothing_before="«{title}» es lo primero; no hay nada antes.",
    here="Esta es la página que tiene abierta y su lugar en el libro:",
    in_chapter="Capítulo «{title}», página {number} de {count}",
    page_before="Antes: {title}",
    page_after="Después: {title}",
    start="El libro empieza con:",
    start_of="«{title}» empieza con:",
    has_parts="Esto es lo que el libro tiene de «{subject}»:",
    has_no_parts="No se encuentra en el libro: ninguna página ni ningún título se llama «{subject}».",
    perhaps_parts="Estas secciones hablan de ello:",
    plan="Una propuesta, en el orden del libro:",
    no_advice="El libro no dice qué capítulos son difíciles o importantes ni cuáles se pueden omitir; esto es lo que tiene su índice:",
    titled="Estas páginas tienen una palabra de su pregunta en el título:",
    length="«{title}» tiene unas {words} palabras, es decir, unos {minutes} min de lectura; es una estimación.",
    states_time="El propio libro dice cuánto dura «{title}»:",
    which_page="No sé a qué página se refiere. Abra una página del libro, o nombre un capítulo.",
    point="Esto dice el libro sobre ese punto:",
    no_point="La última respuesta no tiene ningún punto con ese número; tiene {count}. ¿Cuál quiere?",
    mentions="Sí, «{title}» menciona «{subject}» ({count}×):",
    not_mentioned="No, «{title}» no menciona «{subject}».",
    not_in_these_words="«{title}» no lo dice con estas palabras. Estas secciones son las más cercanas:",
    mentioned_elsewhere="Estas secciones del libro sí:",
    mentioned_nowhere="Tampoco las secciones más cercanas del libro:",
)

_BY_LANGUAGE = {"en": ENGLISH, "ur": URDU, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
_ENGLISH_HINTS = frozenset(
    plain_words(
        "hi hello hey thanks thx bye you this please summarize summary explain what which who how okay page book here"
    )
)
_ENGLISH_GREETING = ["yo"]  # alone it is no Spanish "I"


def shows_a_point(answer: str) -> bool:
    """Whether an answer shows a point of one before it."""
    return answer.startswith(tuple(each.point for each in _BY_LANGUAGE.values()))


def messages_for(text: str, locale: str | None = None) -> Messages:
    """The messages in the language of a short message: by its words, else that of the locale."""
    words = plain_words(text)
    text = "" if words == _ENGLISH_GREETING else text
    told = language_of(text)
    if told == "en" and not _ENGLISH_HINTS.intersection(words):
        told = language_of(text, locale)
    return _BY_LANGUAGE[told]
