"""The words that embedding models were trained to see before a question and before a passage."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What is put before a text, with its space."""

    query: str = ""
    passage: str = ""


_SENTENCE = "Represent this sentence for searching relevant passages: "
_E5_TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_INSTRUCTOR = Prefixes(
    "Represent the question for retrieving supporting documents: ", "Represent the document for retrieval: "
)

# From the models' cards; the first pattern that is found in the name counts.
_FAMILIES = (
    (r"\be5-.*instruct", Prefixes(query=_E5_TASK)),
    (r"\b(multilingual-)?e5-", Prefixes("query: ", "passage: ")),
    (r"\bbge-m3", Prefixes()),
    (r"\bbge-\w+-zh", Prefixes(query="为这个句子生成表示以用于检索相关文章：")),
    (r"\bbge-\w+-en", Prefixes(query=_SENTENCE)),
    (
        r"\bmxbai-embed|snowflake-arctic-embed-(xs|s|m|l)$",
        Prefixes(query=_SENTENCE),
    ),
    (r"\bsnowflake-arctic-embed", Prefixes(query="query: ")),
    (r"\bnomic-embed-text", Prefixes("search_query: ", "search_document: ")),
    (r"\bmodernbert-embed", Prefixes("search_query: ", "search_document: ")),
    (r"\bembeddinggemma", Prefixes("task: search result | query: ", "title: none | text: ")),
    (r"\bqwen3-embedding", Prefixes(query=_E5_TASK.replace("\nQuery: ", "\nQuery:"))),
    (r"\binstructor-", _INSTRUCTOR),
)


def known_prefixes(name: str, config: dict[str, Any]) -> Prefixes:
    """The prefixes of a model: those that its own files state, else those known of its family, else none."""
    prompts = config.get("prompts") or {}
    query = prompts.get("query") or prompts.get("search_query")
    passage = prompts.get("passage") or prompts.get("document") or prompts.get("search_document")
    if query or passage:
        return Prefixes(query or "", passage or "")
    for pattern, prefixes in _FAMILIES:
        if re.search(pattern, name.lower()):
            return prefixes
    return Prefixes()
