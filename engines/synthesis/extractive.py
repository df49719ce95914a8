"""Answers without a language model: the best passages, quoted with their citations, and what the service itself says.

`ExtractiveSynthesizer` is LlamaIndex's response synthesizer; the one that asks a model builds on it. `Notices` has what
the service itself says in an answer, in the language of the question as far as that is easily told.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation.span import active_span_id

from engines.citations.answer_text import AnswerText
from engines.citations.opening_sentence import opening_sentence
from engines.citations.processor import sentences, utf16_length
from engines.coverage.verdict import candidates, retrieved
from engines.errors import ModelError
from engines.events import (
    Citation,
    CitationsResolved,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Mark,
    Retrieved,
    Searched,
    Source,
    TextDelta,
)
from engines.instrumentation import dispatcher
from engines.retrieval.passages import is_lead_in
from engines.retrieval.retriever import GROUNDING
from engines.synthesis.passage_order import Choice, choose, defines, place
from engines.understanding.definitions import text_blocks

_QUOTED_PASSAGES = 3
_QUOTED_CHARS = 900
_TITLE_WORDS = 9
_FIRST_SENTENCE = re.compile(r"(?P<first>.+?[.。۔])\s+(?P<rest>\S.*)", re.DOTALL)
# Begins like a text, and ends without the mark that ends a sentence.
_LONE_LINE = re.compile(r"[^\W\d_][^\n*`|$<>\[\]]*[\w)\"’”]")


@dataclass(frozen=True, slots=True)
class Notices:
    """The sentences in one language."""

    no_model: str
    model_away: str
    ambiguous: str  # of an answer without a model, where a question may mean several sections
    uncertain: str  # of an answer without a model, where the book may not cover the question
    quoted_before: str  # above the places of passages that the conversation has quoted already
    missing: str  # of a question that the book answers in part; with a place for `{missing}`
    not_covered: str
    not_covered_by_page: str
    not_covered_by_chapter: str
    not_covered_by_edition: str  # with a place for `{edition}`
    nearest: str

    def not_covered_in(self, searched: Searched) -> str:
        """That what was searched does not cover the question, and that the rest was not searched."""
        match searched.part:
            case "page":
                return self.not_covered_by_page
            case "chapter":
                return self.not_covered_by_chapter
            case "edition":
                return self.not_covered_by_edition.format(edition=searched.edition)
            case "book":
                return self.not_covered


ENGLISH = Notices(
    no_model="No language model is configured, so nothing is written for you here. "
    "These passages of the book come closest to your question:",
    model_away="The language model cannot answer right now, so nothing was written for you. "
    "These passages of the book come closest to your question:",
    ambiguous="Your question may mean several things, which the book treats apart. "
    "Say which one is meant, or open the section:",
    uncertain="The book may not answer this; these sections come nearest:",
    quoted_before="Quoted above already:",
    missing="The book does not say: {missing}.",
    not_covered="The book does not seem to cover this question, so there is no answer from it.",
    not_covered_by_page="This page does not seem to cover this question, so there is no answer from it. "
    "The rest of the book was not searched.",
    not_covered_by_chapter="This chapter does not seem to cover this question, so there is no answer from it. "
    "The rest of the book was not searched.",
    not_covered_by_edition="This edition of the book ({edition}) does not seem to cover this question, so there is no "
    "answer from it. Its other editions were not searched.",
    nearest="The nearest sections are:",
)

URDU = Notices(
    no_model="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں آپ کے لیے کچھ لکھا نہیں گیا۔ "
    "کتاب کے یہ حصے آپ کے سوال سے سب سے قریب ہیں:",
    model_away="لسانی ماڈل اس وقت جواب نہیں دے سکتا، اس لیے آپ کے لیے کچھ لکھا نہیں گیا۔ "
    "کتاب کے یہ حصے آپ کے سوال سے سب سے قریب ہیں:",
    ambiguous="آپ کے سوال کے کئی مطلب ہو سکتے ہیں، جن پر کتاب الگ الگ بات کرتی ہے۔ "
    "بتائیں کہ کون سا مراد ہے، یا متعلقہ حصہ کھولیں:",
    uncertain="ہو سکتا ہے کہ کتاب اس کا جواب نہ دیتی ہو؛ یہ حصے سب سے قریب ہیں:",
    quoted_before="پہلے ہی اوپر نقل ہو چکے ہیں:",
    missing="کتاب یہ نہیں بتاتی: {missing}۔",
    not_covered="معلوم ہوتا ہے کہ یہ کتاب اس سوال کا احاطہ نہیں کرتی، اس لیے اس سے کوئی جواب نہیں ملتا۔",
    not_covered_by_page="معلوم ہوتا ہے کہ یہ صفحہ اس سوال کا احاطہ نہیں کرتا، اس لیے اس سے کوئی جواب نہیں ملتا۔ "
    "باقی کتاب میں تلاش نہیں کی گئی۔",
    not_covered_by_chapter="معلوم ہوتا ہے کہ یہ باب اس سوال کا احاطہ نہیں کرتا، اس لیے اس سے کوئی جواب نہیں ملتا۔ "
    "باقی کتاب میں تلاش نہیں کی گئی۔",
    not_covered_by_edition="معلوم ہوتا ہے کہ کتاب کا یہ ایڈیشن ({edition}) اس سوال کا احاطہ نہیں کرتا، "
    "اس لیے اس سے کوئی جواب نہیں ملتا۔ دوسرے ایڈیشنوں میں تلاش نہیں کی گئی۔",
    nearest="سب سے قریب کے حصے یہ ہیں:",
)

GERMAN = Notices(
    no_model="Es ist kein Sprachmodell eingerichtet, deshalb wird hier nichts für Sie geschrieben. "
    "Diese Stellen des Buchs kommen Ihrer Frage am nächsten:",
    model_away="Das Sprachmodell kann gerade nicht antworten, deshalb wurde nichts für Sie geschrieben. "
    "Diese Stellen des Buchs kommen Ihrer Frage am nächsten:",
    ambiguous="Ihre Frage kann mehreres meinen, was das Buch getrennt behandelt. "
    "Sagen Sie, was gemeint ist, oder öffnen Sie den Abschnitt:",
    uncertain="Möglicherweise beantwortet das Buch diese Frage nicht; diese Abschnitte kommen ihr am nächsten:",
    quoted_before="Oben schon zitiert:",
    missing="Das Buch sagt dazu nichts: {missing}.",
    not_covered="Das Buch scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine Antwort.",
    not_covered_by_page="Diese Seite scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine Antwort. "
    "Der Rest des Buchs wurde nicht durchsucht.",
    not_covered_by_chapter="Dieses Kapitel scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine "
    "Antwort. Der Rest des Buchs wurde nicht durchsucht.",
    not_covered_by_edition="Diese Ausgabe des Buchs ({edition}) scheint diese Frage nicht zu behandeln, deshalb gibt "
    "es daraus keine Antwort. Die anderen Ausgaben wurden nicht durchsucht.",
    nearest="Die nächsten Abschnitte sind:",
)

FRENCH = Notices(
    no_model="Aucun modèle de langage n'est configuré, rien n'est donc rédigé ici. "
    "Voici les passages du livre les plus proches de votre question :",
    model_away="Le modèle de langage ne peut pas répondre pour le moment, rien n'a donc été rédigé. "
    "Voici les passages du livre les plus proches de votre question :",
    ambiguous="Votre question peut désigner plusieurs choses, que le livre traite séparément. "
    "Précisez laquelle, ou ouvrez la section :",
    uncertain="Le livre ne répond peut-être pas à cette question ; voici les sections les plus proches :",
    quoted_before="Déjà cités plus haut :",
    missing="Le livre ne dit rien de ceci : {missing}.",
    not_covered="Le livre ne semble pas traiter cette question ; il n'y a donc pas de réponse.",
    not_covered_by_page="Cette page ne semble pas traiter cette question ; il n'y a donc pas de réponse. "
    "Le reste du livre n'a pas été consulté.",
    not_covered_by_chapter="Ce chapitre ne semble pas traiter cette question ; il n'y a donc pas de réponse. "
    "Le reste du livre n'a pas été consulté.",
    not_covered_by_edition="Cette édition du livre ({edition}) ne semble pas traiter cette question ; il n'y a donc "
    "pas de réponse. Les autres éditions n'ont pas été consultées.",
    nearest="Les sections les plus proches :",
)

SPANISH = Notices(
    no_model="No hay ningún modelo de lenguaje configurado, así que aquí no se redacta nada. "
    "Estos pasajes del libro son los más cercanos a su pregunta:",
    model_away="El modelo de lenguaje no puede responder ahora, así que no se ha redactado nada. "
    "Estos pasajes del libro son los más cercanos a su pregunta:",
    ambiguous="Su pregunta puede referirse a varias cosas, que el libro trata por separado. "
    "Diga a cuál se refiere, o abra la sección:",
    uncertain="Es posible que el libro no responda a esta pregunta; estas secciones son las más cercanas:",
    quoted_before="Ya citados más arriba:",
    missing="El libro no dice nada de esto: {missing}.",
    not_covered="Parece que el libro no trata esta pregunta, así que no hay respuesta.",
    not_covered_by_page="Parece que esta página no trata esta pregunta, así que no hay respuesta. "
    "No se ha buscado en el resto del libro.",
    not_covered_by_chapter="Parece que este capítulo no trata esta pregunta, así que no hay respuesta. "
    "No se ha buscado en el resto del libro.",
    not_covered_by_edition="Parece que esta edición del libro ({edition}) no trata esta pregunta, así que no hay "
    "respuesta. No se ha buscado en las demás ediciones.",
    nearest="Las secciones más cercanas son:",
)

_BY_LOCALE = {"en": ENGLISH, "ur": URDU, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
_ARABIC_SCRIPT = re.compile(r"[؀-ۿ]")
_TYPICAL = {  # small words that one of these languages has and the others do not
    "en": frozenset(["the", "is", "are", "what", "why", "how", "does", "do", "which", "of", "and", "with"]),
    "de": frozenset(["der", "die", "das", "ist", "sind", "was", "warum", "wie", "welche", "und", "mit", "ein", "eine"]),
    "fr": frozenset(
        ["le", "les", "est", "sont", "pourquoi", "comment", "quelle", "quel", "et", "avec", "une", "des", "que"]
    ),
    "es": frozenset(["el", "los", "es", "son", "qué", "por", "cómo", "cuál", "y", "con", "una", "del", "la"]),
}


def notices_for(question: str, locale: str | None = None) -> Notices:
    """The notices in the question's language."""
    return _BY_LOCALE[language_of(question, locale)]


def language_of(question: str, locale: str | None = None) -> str:
    """The language of the interface that is nearest to a question's.

    Told by its script, by its small words, by the locale; else English.
    """
    letters = sum(character.isalpha() for character in question)
    if letters and len(_ARABIC_SCRIPT.findall(question)) > letters / 2:
        return "ur"
    words = set(re.findall(r"\w+", question.casefold()))
    counts = {language: len(words & typical) for language, typical in _TYPICAL.items()}
    best = max(counts, key=lambda language: counts[language])
    if counts[best]:
        return best
    language = (locale or "en").split("-")[0]
    return language if language in _BY_LOCALE else "en"


@dataclass
class AnswerQuery(QueryBundle):
    """A question with what an answer to it depends on beside the passages."""

    history: list[ChatMessage] = field(default_factory=list)  # of the conversation, oldest first
    profile: str | None = None  # what the reader said about themselves; data, never an instruction
    locale: str | None = None
    note: str | None = None  # for the model: what the passages are, where they were not searched for
    span_id: str | None = None  # of the question, whose events the answer's are
    earlier: tuple[str, ...] = ()  # the conversation's answers before this one, oldest first
    follows_up: bool = False  # whether the question leans on what was said before


Answered = tuple[tuple[Source, ...], AsyncGenerator[Event, None]]
"""The passages of an answer, and its events, its text first; closing them ends it."""


class ExtractiveSynthesizer(BaseSynthesizer):
    """Quotes the passages, or says that they do not cover the question. One for a process.

    Stock, a synthesizer gets the passages as bare strings and gives one string: neither numbers nor citations would
    survive. `answer` takes them whole and gives the answer's events; LlamaIndex's calls go through it.
    """

    def __init__(self, llm: LLM | None = None) -> None:
        # The base class wants a model, and would load a tokenizer to pack prompts, which is not done here.
        super().__init__(
            llm=llm or MockLLM(),
            callback_manager=CallbackManager(),  # else the one of the global settings
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )

    def judges(self, found: Retrieved) -> bool:
        """Whether the answer's events hold the decision, before its text."""
        return False

    def answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        """The passages under the numbers that the answer's text has for them, and the answer."""
        if not found.grounding.grounded or not found.sources:
            return self._quoting(query, not_covered(_notices(query), found), Finished("refused"))
        return self._answer(query, found)

    def _answer(self, query: AnswerQuery, found: Retrieved) -> Answered:
        return self._quoting(query, self._quotation(query, found), Finished("stop"))

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> "Quotation":
        notices = _notices(query)
        names = found.understanding.term_names if found.understanding else ()
        defined = bool(found.sources) and defines(found.sources[0], names)
        if not defined and (meant := candidates(found)):
            return list_candidates(notices.ambiguous, meant, found.sources)
        uncertain = found.grounding.verdict == "uncertain"
        opening = notices.uncertain if uncertain else said_once(notices.no_model, query.earlier)
        chosen = choose(found.sources, query.query_str, names=names, earlier=query.earlier, follows_up=query.follows_up)
        return quote_passages(opening, found.sources, chosen, quoted_before=notices.quoted_before)

    def _quoting(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> Answered:
        numbered = quotation.numbered()
        return numbered.sources, self._tell(query, numbered, end)

    async def _tell(self, query: AnswerQuery, quotation: "Quotation", end: Finished) -> AsyncGenerator[Event, None]:
        with synthesis(query) as response:
            response.response = quotation.resolved().text
            for event in told(quotation, end):
                yield event

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> Response:
        """The whole answer under its final numbers, for LlamaIndex's own engines; raises ModelError."""
        asked = query if isinstance(query, AnswerQuery) else AnswerQuery(str(query), span_id=active_span_id.get())
        response = Response("", source_nodes=[*nodes, *(additional_source_nodes or ())])
        _, answer = self.answer(asked, retrieved(nodes))
        async with aclosing(answer) as events:
            async for event in events:
                if isinstance(event, CitationsResolved):
                    response.response = event.text
                elif isinstance(event, Failed):
                    raise ModelError(event.message)
        return response

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """The answer from bare texts, which are taken to cover the question."""
        covered = GroundingDecided(verdict="covered", score=1.0, covered_from=0.0, not_covered_below=0.0)
        nodes = [NodeWithScore(node=TextNode(text=text, metadata={GROUNDING: covered})) for text in text_chunks]
        return (await self.asynthesize(query_str, nodes)).response or ""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Not there: a model is asked asynchronously."""
        raise NotImplementedError("an answer is made by asynthesize")

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        """Nothing: the prompts are in `engines.prompts`."""


@contextmanager
def synthesis(query: AnswerQuery) -> Iterator[Response]:
    """Tell LlamaIndex's instrumentation the start and the end of an answer; fill in the response meanwhile."""
    response = Response("")
    dispatcher.event(SynthesizeStartEvent(query=query, span_id=query.span_id))
    try:
        yield response
    finally:
        dispatcher.event(SynthesizeEndEvent(query=query, response=response, span_id=query.span_id))


def told(quotation: "Quotation", end: Finished | Failed) -> Iterable[Event]:
    """The events of an answer that no model writes."""
    yield from map(TextDelta, quotation.pieces())
    yield quotation.resolved()
    yield end


def _notices(query: AnswerQuery) -> Notices:
    return notices_for(query.query_str, query.locale)


@dataclass(frozen=True, slots=True)
class Quotation:
    """An answer that is made of the book's own words; each part ends with the number of its source."""

    opening: str
    parts: tuple[tuple[str, Source], ...]
    sources: tuple[Source, ...]

    def pieces(self) -> Iterator[str]:
        """The text piece by piece."""
        yield self.opening
        yield from (f"{text} [{source.number}]" for text, source in self.parts)

    def numbered(self) -> "Quotation":
        """The same with the sources numbered in the order in which it quotes them; those that it does not, behind."""
        quoted = {source.number: source for _, source in self.parts}
        in_order = (*quoted.values(), *(source for source in self.sources if source.number not in quoted))
        by_number = {source.number: replace(source, number=place) for place, source in enumerate(in_order, start=1)}
        parts = tuple((text, by_number[source.number]) for text, source in self.parts)
        return Quotation(self.opening, parts, tuple(by_number.values()))

    def resolved(self) -> CitationsResolved:
        """The text as a whole, with the numbers that its pieces have."""
        text, marks = self.opening, []
        for part, source in self.parts:
            text += f"{part} "
            marks.append(Mark(utf16_length(text), source.number))
            text += f"[{source.number}]"
        quoted = {source.number: source for _, source in self.parts}
        cited = tuple(
            Citation(number, source, _first_sentence(source), supported=True) for number, source in quoted.items()
        )
        also_read = tuple(item for item in self.sources if item.number not in quoted)
        return CitationsResolved(text, cited, also_read, marks=tuple(marks))


def quote_passages(
    opening: str,
    sources: Sequence[Source],
    chosen: Choice | None = None,
    quoted_before: str = "",
) -> Quotation:
    """Why the answer is one of quotations, then the best passages, each with its place.

    Passages that only introduce what their subsections say are not quoted where there are others; those that were
    quoted before are named.
    """
    chosen = chosen or choose(sources, "")
    parts = [
        (f"\n\n{_quoted(text)}\n>\n> — {place(source)}", source) for source, text in chosen.quoted[:_QUOTED_PASSAGES]
    ]
    for number, source in enumerate(chosen.named):
        before = "" if number else f"\n\n{quoted_before}\n"
        parts.append((f"{before}\n- {place(source)}", source))
    return Quotation(opening, tuple(parts), tuple(sources))


def said_once(opening: str, earlier: Sequence[str]) -> str:
    """An opening without its first sentence where the conversation has that one already."""
    found = _FIRST_SENTENCE.match(opening)
    return found["rest"] if found and any(found["first"] in answer for answer in earlier) else opening


def list_candidates(opening: str, meant: Sequence[Source], sources: Sequence[Source]) -> Quotation:
    """That a question may mean several sections, and a line for each of them with its first sentence."""
    parts = tuple(
        (f"\n- **{place(source)}**: {opening_sentence(without_links(source.text))}", source) for source in meant
    )
    return Quotation(f"{opening}\n", parts, tuple(sources))


def not_covered(notices: Notices, found: Retrieved) -> Quotation:
    """The answer where what was searched has none: that it is so, and the nearest sections, if there are any near."""
    sources, sentence = found.sources, notices.not_covered_in(found.searched)
    nearest = {source.url: source for source in reversed(sources) if source.related}
    parts = [(f"\n- {place(source)}", source) for source in sources if nearest.get(source.url) is source]
    opening = f"{sentence}\n\n{notices.nearest}\n" if parts else sentence
    return Quotation(opening, tuple(parts[:_QUOTED_PASSAGES]), tuple(sources))


def _first_sentence(source: Source) -> str:
    return next(iter(sentences(source.text)), "")


def _quoted(text: str) -> str:
    """The beginning of a passage as a Markdown quotation, without links: they were made for another page."""
    return "\n".join(f"> {line}".rstrip() for line in without_links(_beginning(text)).splitlines())


def without_links(text: str) -> str:
    """A text of the book without its links."""
    reader = AnswerText(lambda target: False)
    return "".join(piece.text for piece in (*reader.feed(text), *reader.end()))


def _beginning(text: str) -> str:
    """As many whole blocks as fit, at least one: code, tables and formulas are never cut in two."""
    kept: list[str] = []
    blocks = text_blocks(text)
    for before, written, after in zip(["", *blocks], blocks, [*blocks[1:], ""], strict=False):
        # A line beside a formula is a part of the sentence that the formula stands in.
        in_sentence = before.startswith("$$") or after.startswith("$$")
        block = written if in_sentence else _marked(written)
        too_long = kept and sum(map(len, kept)) + len(block) > _QUOTED_CHARS
        if too_long and not is_lead_in("\n\n".join(kept)):
            return "\n\n".join([*kept, "…"])
        kept.append(block)
    return "\n\n".join(kept)


def _marked(block: str) -> str:
    """A line of its own that is no sentence stands out: bold as the title of a box, italic as what a figure shows."""
    if not _LONE_LINE.fullmatch(block):
        return block
    return f"**{block}**" if len(block.split()) <= _TITLE_WORDS else f"*{block}*"
