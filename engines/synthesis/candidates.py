"""What a question that names too little may mean: sections of several pages that fit it equally well.

Called by the synthesizers. Reference pages treat the same thing once for each component, version or framework, under
the same heading ("Label placement" of the input, of the checkbox and of the toggle); a question that names none of them
is not answered by one of them alone.
"""

from collections.abc import Sequence, Set
from urllib.parse import unquote, urlsplit

from engines.events import Retrieved, Source
from engines.understanding.understanding import words_of_subject
from storage.vectors.bm25 import tokens

_LEAST = 2  # pages
_MOST = 6
_AMONG = 8  # of the passages, from the best one on


def candidates(found: Retrieved) -> list[Source]:
    """The sections that may be meant, one a page, best first; none where the question tells them apart or fits one.

    They are those whose innermost heading is that of the best passage, or has the same words of the question, most of
    them; on pages that the question's words do not distinguish.
    """
    asked = found.understanding
    if asked is None or not found.sources:
        return []
    question = _tokens(words_of_subject(asked.search_text, asked.language))
    best = found.sources[0]
    heading = _heading(best)
    shared = heading & question
    if not shared:
        return []
    most = len(shared) * 2 >= len(question)
    alike: dict[str, Source] = {}
    for source in found.sources[:_AMONG]:
        if _heading(source) == heading or (most and _heading(source) & question == shared):
            alike.setdefault(source.url.partition("#")[0], source)
    if len(alike) < _LEAST:
        return []
    names = [_place(source) for source in alike.values()]
    telling = frozenset[str]().union(*names) - frozenset.intersection(*names)
    return list(alike.values())[:_MOST] if telling and not telling & question else []


def _heading(source: Source) -> frozenset[str]:
    """The words of the innermost heading, whatever their order."""
    return _tokens([source.heading_path[-1] if source.heading_path else source.title])


def _place(source: Source) -> frozenset[str]:
    """The words of the page's address, its title and the headings."""
    return _tokens([source.title, *source.heading_path, *unquote(urlsplit(source.url).path).split("/")])


def _tokens(texts: Sequence[str] | Set[str]) -> frozenset[str]:
    return frozenset(token for text in texts for token in tokens(text.replace("-", " ").replace("_", " "), None))
