"""How frequent words are: as wordfreq's own lists have them, also where two texts have the same hash."""

import pytest
import wordfreq

from engines.understanding.words import frequent_words, zipf

WORDS = ("the", "robot", "actuator", "zmp", "n0", "の", "d0", "つ", "café", "роботы", "xqzwv", "", "\ud800")


@pytest.mark.parametrize(("language", "wordlist"), [("en", "large"), ("de", "small"), ("ur", "small"), ("zh", "small")])
def test_frequencies_are_those_of_wordfreq(language: str, wordlist: str) -> None:
    known = wordfreq.get_frequency_dict(language, wordlist)
    for word in (*WORDS, *list(known)[::97]):
        assert zipf(word, language) == pytest.approx(wordfreq.freq_to_zipf(known[word]) if word in known else 0.0)
    assert set(frequent_words(language)) == {word for word, share in known.items() if share >= 10 ** (3.8 - 9)}


def test_a_language_without_a_list_has_no_words() -> None:
    assert zipf("robot", "xx") == 0.0
    assert frequent_words("xx") == []
