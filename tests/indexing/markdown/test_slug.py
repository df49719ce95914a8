from indexing.markdown.prose import Slugger, slugify


def test_what_is_kept_and_what_is_deleted() -> None:
    assert slugify("C++ & C#") == "c--c"
    assert slugify("🚀 Launch") == "-launch"
    assert slugify("⚠️ Note") == "\ufe0f-note"
    assert slugify("a\u00a0b\tc\u200d½") == "abc"
    assert slugify("اردو سرخی") == "اردو-سرخی"
    assert slugify("ΑΣ İ") == "ας-i̇"
    assert slugify("Keep Case", maintain_case=True) == "Keep-Case"


def test_the_counter_is_that_of_the_original() -> None:
    slugger = Slugger()
    given = [slugger.slug(text) for text in ("dup", "dup", "dup-1", "dup", "dup 2", "dup", "", "")]
    assert given == ["dup", "dup-1", "dup-1-1", "dup-2", "dup-2-1", "dup-3", "", "-1"]
