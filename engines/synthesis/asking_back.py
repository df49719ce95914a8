"""Whether a question that may mean several sections is asked back, and what a line says of each section.

It is not where one section fits it clearly better, where the sections say the same, where one of them explains what it
asks for, or where all of them are on one identifier of it.
"""

import re
from collections.abc import Sequence

from engines.citations.opening_sentence import gist, lead_in_with_list, opening_sentence, telling_sentences
from engines.events import Source
from engines.synthesis.passage_parts import best_part_share, share_of
from engines.understanding import lexicon
from engines.understanding.book_terms import names_nothing
from engines.understanding.definitions import DEFINES, definition_in, term_asked, text_blocks
from engines.understanding.understanding import Understanding
from storage.vectors.bm25 import tokens

_CLEARLY = 0.3  # of the question, that the best sentence of one section has more than that of each other one
_MOST_OF_IT = 0.6
_ALIKE = 0.6  # of the words of the shorter of two lines, that the longer one has
_ALIKE_BESIDE_CODE = 0.4  # the same where both have one piece of code: "use the `componentOnReady` helper"
_LINE = 200  # characters
_EXPLAINS = lexicon.pattern("quotations", r"\b{asks_to_explain}")
_SETTING = re.compile(r"\W*\w+(?: \w+)?:\s*\S+(?: \S+)?")  # "Default: `0`.", "Alias: `-b`."
_CODE = re.compile(r"`([^`]+)`")
_IDENTIFIER = re.compile(r"(?<![\w-])-{1,2}\w[\w-]+|\b[a-z]+[A-Z]\w*|\b\w+_\w+|\b\w+\.\w+\w")


def quoted_at_once(asked: Understanding, meant: Sequence[Source]) -> tuple[Source, ...]:
    """The sections to be quoted instead of asking back which one is meant, best first; () where it has to be asked."""
    question = asked.question
    if names_nothing(question):
        return ()
    if asked.term or _EXPLAINS.search(question):
        strengths = [_explanation(source, asked) for source in meant]
        if max(strengths) >= DEFINES:
            return (meant[strengths.index(max(strengths))],)
    shares = [best_part_share(question, source, 1.0) for source in meant]
    best = shares.index(max(shares))
    others = max((share for place, share in enumerate(shares) if place != best), default=0.0)
    if shares[best] >= _MOST_OF_IT and shares[best] >= others + _CLEARLY:
        return (meant[best],)
    fitting = [source for source, share in zip(meant, shares, strict=True) if share > shares[best] - _CLEARLY]
    same = [source for source in fitting[1:] if _say_the_same(fitting[0], source, question)]
    if same and len(same) * 2 >= len(fitting) - 1:
        return (fitting[0],)
    return tuple(meant) if _are_on_one_identifier(question, meant) else ()


def line_of(source: Source, text: str, question: str) -> str:
    """What a section says to a question, in one line: the sentence that has most of it, or its list; "" for none.

    `text` is the section's without links.
    """
    told = [sentence for sentence in telling_sentences(text) if not _SETTING.fullmatch(sentence)]
    best = max(told, key=lambda sentence: share_of(question, sentence), default="")
    if best and (best == told[0] or share_of(question, best) > share_of(question, told[0])):
        return best
    return lead_in_with_list(text, _LINE) or gist(text, _LINE, _LINE) or opening_sentence(text)


def _explanation(source: Source, asked: Understanding) -> float:
    """How clearly a section defines what is asked for, or what its own heading names with the words of that."""
    heading = source.heading or source.title
    names = tuple(filter(None, (*asked.term_names, asked.search_text, term_asked(heading) or heading)))
    return definition_in(text_blocks(source.text), names, heading, source.title).strength


def _say_the_same(one: Source, other: Source, question: str) -> bool:
    """Whether the lines of two sections, or their first sentences, share most words."""
    first, second = (telling_sentences(each.text)[:1] for each in (one, other))
    lines = (line_of(one, one.text, question), line_of(other, other.text, question))
    return _alike(lines, (one, other)) or bool(first and second and _alike((first[0], second[0]), (one, other)))


def _alike(lines: tuple[str, str], sections: tuple[Source, Source]) -> bool:
    """Whether two lines share most words, and neither names what only its own page is about."""
    first, second = (frozenset(tokens(line, None)) for line in lines)
    ours, theirs = (frozenset(tokens(" ".join((each.title, *each.heading_path)), None)) for each in sections)
    of_its_own = (first - second) & (ours - theirs) or (second - first) & (theirs - ours)
    alike = _ALIKE_BESIDE_CODE if set.intersection(*(set(_CODE.findall(line)) for line in lines)) else _ALIKE
    return not of_its_own and len(first & second) >= alike * max(1, min(len(first), len(second)))


def _are_on_one_identifier(question: str, meant: Sequence[Source]) -> bool:
    """Whether the innermost heading of all sections has one identifier that the question names."""
    named = [name.strip("-").casefold() for name in _IDENTIFIER.findall(question)]
    headings = [(source.heading or source.title).casefold() for source in meant]
    return any(all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", each) for each in headings) for name in named if name)
