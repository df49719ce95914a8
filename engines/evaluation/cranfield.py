"""The Cranfield collection as Glasgow distributes it, converted to the BEIR layout."""

import json
import re
from pathlib import Path

from storage.errors import InputError

_RECORD = re.compile(r"^\.I +", re.MULTILINE)
_FIELD = re.compile(r"^\.([A-Z])$", re.MULTILINE)


def convert_cranfield(source: Path, target: Path) -> tuple[int, int, int]:
    """Write corpus, queries and judgements; how many of each.

    `cranqrel` numbers the questions by their order, from 1, and not by the numbers that stand in `cran.qry`. A
    judgement counts as relevant where its code is above 0: the one that is −1 marks a question's own source.
    """
    documents = _records(source / "cran.all.1400")
    questions = _records(source / "cran.qry")
    (target / "qrels").mkdir(parents=True, exist_ok=True)
    with (target / "corpus.jsonl").open("w", encoding="utf-8") as opened:
        for name, fields in documents:
            content = {"_id": str(int(name)), "title": fields.get("T", ""), "text": fields.get("W", "")}
            opened.write(json.dumps(content) + "\n")
    with (target / "queries.jsonl").open("w", encoding="utf-8") as opened:
        for place, (_, fields) in enumerate(questions, 1):
            opened.write(json.dumps({"_id": str(place), "text": fields.get("W", "")}) + "\n")
    judged = [line.split()[:3] for line in _read(source / "cranqrel").splitlines() if line.strip()]
    relevant = [(query, document) for query, document, code in judged if int(code) > 0]
    with (target / "qrels" / "test.tsv").open("w", encoding="utf-8") as opened:
        opened.write("query-id\tcorpus-id\tscore\n")
        opened.writelines(f"{query}\t{document}\t1\n" for query, document in relevant)
    return len(documents), len(questions), len(relevant)


def _records(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Number and fields of each record; lines of a field are joined."""
    records = []
    for record in _RECORD.split(_read(path))[1:]:
        number, _, rest = record.partition("\n")
        parts = _FIELD.split(rest)
        # A letter that comes again (some abstracts have a line that looks like a field) belongs to the text.
        fields: dict[str, str] = {}
        for letter, text in zip(parts[1::2], parts[2::2], strict=True):
            fields[letter] = f"{fields.get(letter, '')} {' '.join(text.split())}".strip()
        records.append((number.strip(), fields))
    return records


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
