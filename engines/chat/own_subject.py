"""What a later message names itself: it has to stand in the passages that were found for it in its conversation."""

import re
from collections.abc import Sequence
from dataclasses import replace

from llama_index.core.schema import NodeWithScore

from engines.chat.condense import OF_ANSWERS, TELLING_ZIPF, moves_on
from engines.coverage.verdict import names_in, retrieved, unmentioned
from engines.events import Source
from engines.retrieval.retriever import GROUNDING, UNDERSTOOD, UNMENTIONED, chunk_nodes
from engines.understanding.task_patterns import BESIDE_TASKS, REFERS_BACK
from engines.understanding.understanding import words_of_subject
from engines.understanding.words import detected_language, plain_words, zipf
from storage.vectors.bm25 import distinct_tokens, tokens

_SHORTEST_NAME = 3  # letters of a word that names what a question is about
_YEAR = re.compile(r"(?<![\w.,])(?:19|20)\d\d(?![\w%]|[.,]\d)")


def words_of_its_own(question: str) -> tuple[str, ...]:
    """The words that name what a later question is about; () for one that leans on what was said, and for one word.

    "Best pizza in town?" has "pizza" and "town", and "what are the disadvantages?" asks them of what was said before.
    """
    if moves_on(question) or REFERS_BACK.search(question) or detected_language(question):
        return ()
    asked = (word for word in plain_words(question) if word not in BESIDE_TASKS and word not in OF_ANSWERS)
    words = tuple(word for word in asked if len(word) >= _SHORTEST_NAME and zipf(word, "en") < TELLING_ZIPF)
    return words if len(words) > 1 else ()


def has_most(words: Sequence[str], sources: Sequence[Source]) -> bool:
    """Whether sections have more than half of some words."""
    found = distinct_tokens(" ".join(source.text for source in sources), "en")
    return 2 * sum(not found.isdisjoint(tokens(word, "en")) for word in words) > len(words)


def with_its_own_names(nodes: list[NodeWithScore], message: str) -> list[NodeWithScore]:
    """What was found for a later message, uncertain if the sections lack a name or a year that the message brings.

    "Which one did Boston Dynamics pick in 2015?" is searched with the question before it, and sections have its words.
    """
    found = retrieved(nodes)
    if found.grounding.verdict != "covered" or _has_each_name(message, found.sources):
        return nodes
    for each in nodes:
        each.node.metadata[GROUNDING] = replace(found.grounding, verdict="uncertain")
    chunks = chunk_nodes(nodes)
    if chunks:
        nodes[0].node.metadata[UNMENTIONED] = unmentioned(chunks[0].metadata[UNDERSTOOD], chunks[0].ranking)
    return nodes


def _has_each_name(message: str, sources: Sequence[Source]) -> bool:
    language = detected_language(message) or "en"
    words = words_of_subject(message, language)
    wanted = {*names_in(message, words, language), *_YEAR.findall(message)}
    if not wanted:
        return True
    text = "\n".join(" ".join((source.title, *source.heading_path, source.text)) for source in sources)
    had, letters = set(tokens(text, None)), "".join(text.split()).casefold()  # "ROS2" is "ROS 2"
    return all(word.casefold() in letters or had.issuperset(tokens(word, None)) for word in wanted)
