import json
from pathlib import Path
from typing import Any

import pytest

from engines.evaluation.labels import Addresses, normal, shortened, units
from engines.evaluation.questions import load_questions, set_digest
from storage.errors import InputError

CHUNKS = [
    {"url": "/docs/a", "anchor": "", "heading_path": []},
    {"url": "/docs/a", "anchor": "setup", "heading_path": ["Setup"]},
    {"url": "/docs/a", "anchor": "linux", "heading_path": ["Install", "Linux"]},
    {"url": "/docs/b", "anchor": "x", "heading_path": ["X"]},
]


def test_labels_that_the_book_has_not_are_listed() -> None:
    addresses = Addresses(CHUNKS)
    assert addresses.missing(["/docs/a", "/docs/a#setup", "/docs/a#install", "/docs/a#gone", "/docs/c"]) == [
        "/docs/a#gone",
        "/docs/c",
    ]


def test_a_page_label_is_met_by_any_section_and_counts_once() -> None:
    addresses = Addresses(CHUNKS)
    assert units(CHUNKS, {"/docs/a": 1}, addresses) == {"/docs/a": 0, "/docs/b": 3}


def test_a_heading_without_text_of_its_own_is_met_by_its_subsections() -> None:
    addresses = Addresses(CHUNKS)
    assert addresses.met(CHUNKS[2], ["/docs/a#install"]) == ["/docs/a#install"]


HEADINGS_WITHOUT_TEXT = [
    {"url": "/docs/a", "anchor": "linux", "heading_path": ["Install", "Linux"], "anchors_above": ["custom-id"]},
    {"url": "/docs/a", "anchor": "linux-1", "heading_path": ["Install", "Linux"], "anchors_above": ["install-1"]},
    {"url": "/docs/a", "anchor": "تنصيب-1", "heading_path": ["تنصيب", "x"], "anchors_above": ["تنصيب"]},
]


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("/docs/a#custom-id", 0),
        ("/docs/a#install-1", 1),
        ("/docs/a#%D8%AA%D9%86%D8%B5%D9%8A%D8%A8", 2),
        ("https://book.org/docs/a/#custom-id", 0),
    ],
)
def test_a_heading_without_text_is_known_by_the_id_that_its_page_gives_it(label: str, place: int) -> None:
    addresses = Addresses(HEADINGS_WITHOUT_TEXT)
    assert addresses.missing([label, "/docs/a#install"]) == ["/docs/a#install"]
    assert [addresses.met(found, [label]) for found in HEADINGS_WITHOUT_TEXT] == [
        [label] if number == place else [] for number in range(3)
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"id": "1", "relevant": ["/a"]}', "'question' is missing"),
        ('{"id": "1", "question": "q"}', "needs at least one address"),
        ('{"id": "1", "question": "q", "relevant": "x"}', "list of addresses"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [1.5]}', "whole number"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [0.4]}', "whole number"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": ["2"]}', "whole number"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [true]}', "whole number"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [null]}', "whole number"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [1000000000000]}', "from -100 to 100"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": [1, 2]}', "as many entries"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": {"/b": 2}}', "not in `relevant`: /b"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": "2"}', "list beside"),
        ('{"id": "1", "question": "q", "relevant": ["/a", "/a/"], "grades": [1, 2]}', "different grades"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "answerable": "false"}', "true or false"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "answerable": null}', "true or false"),
        ('{"id": "1", "question": "q", "answerable": 0}', "true or false"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "answerable": false}', "no address"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": "test"}', "list of texts"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": [1]}', "list of texts"),
        ('{"id": null, "question": "q", "relevant": ["/a"]}', "`id` must be"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "answer": 5}', "`answer` must be"),
        ('{"id": "1", "question": "\\ud800 what?", "relevant": ["/a"]}', "surrogate"),
        (
            '{"id": "1", "question": "q", "relevant": ["/a"], "grades": {"/a": 1, "/a": 2}}',
            "'/a' appears more than once",
        ),
        ('{"id": "1", "id": "2", "question": "q", "relevant": ["/a"]}', "'id' appears more than once"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "relevant": ["/b"]}', "'relevant' appears more than once"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "grades": {"/a": 1, "/a/": 2}}', "two spellings"),
        ('{"id": "1", "question": "q", "relevant": ["/é"], "grades": {"/é": 0, "/%C3%A9": 2}}', "two spellings"),
        ('{"id": "a\\u0000b", "question": "q", "relevant": ["/a"]}', "control characters"),
        ('{"id": "a\\nb", "question": "q", "relevant": ["/a"]}', "control characters"),
        ('{"id": "a\\u001b[31m", "question": "q", "relevant": ["/a"]}', "control characters"),
        ('{"id": "a\\u2028b", "question": "q", "relevant": ["/a"]}', "control characters"),
        ('{"id": "a\\u0085b", "question": "q", "relevant": ["/a"]}', "control characters"),
        ('{"id": "a\\u200b", "question": "q", "relevant": ["/a"]}', r"invisible characters: 'a.u200b'"),
        ('{"id": "a\\u00a0b", "question": "q", "relevant": ["/a"]}', "invisible characters"),
        ('{"id": "a\\u202eb", "question": "q", "relevant": ["/a"]}', "invisible characters"),
        ('{"id": "a ", "question": "q", "relevant": ["/a"]}', "white space"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["x\\u001b[2J"]}', "a tag must not hold control"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["half:dev\\u200b"]}', "a tag must not hold"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": [" half:dev"]}', "a tag must not begin"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": [""]}', "not empty"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["half:dev", "half:test"]}', "both halves"),
        (
            '{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["half:Dev"]}',
            "a half that does not exist: half:Dev",
        ),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["half:train"]}', "a half that does not exist"),
        ('{"id": "1", "question": "q", "relevant": ["/a"], "tags": ["dev", "half:test"]}', "both halves"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match=f"set.jsonl:1: .*{message}"):
        load_questions(path)


def test_grades_under_two_spellings_that_agree_are_one(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": 1, "question": "q", "relevant": ["/p#a"], "grades": {"/p#a": 2, "/p/#a": 2}}\n')
    assert load_questions(path)[0].grades == {"/p#a": 2}


def test_keys_that_are_not_read_are_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(
        '{"id": 1, "question": "q", "relevant": ["/p"], "_reviewed": "by me"}\n'
        '{"id": 2, "question": "r", "relevants": ["/q"], "relevant": ["/q"]}\n'
        '{"id": 3, "question": "s", "relevants": ["/q"], "relevant": ["/q"], "tag": ["x"]}\n'
    )
    assert len(load_questions(path)) == 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert any("set.jsonl:2: the key 'relevants' is not read" in line for line in said)
    assert any("set.jsonl:3: the key 'tag' is not read" in line for line in said)


def test_spellings_of_an_address_are_one_label(tmp_path: Path) -> None:
    spellings = ["/p/#a", "/p#a", "https://site.example/p#a", "/p//#a", " /p#a", "/%70#%61"]
    assert set(map(normal, spellings)) == {"/p#a"}
    assert normal("/caf%C3%A9#") == normal("/cafe\u0301/") == "/caf\u00e9"
    assert normal("https://site.example/") == normal("/") == "/"
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": 1, "question": "q", "relevant": ["/p#a", "/p/#a", "/q"], "grades": {"/p/#a": 2}}\n')
    (question,) = load_questions(path)
    assert question.grades == {"/p#a": 2, "/q": 1}


def test_a_digest_changes_with_all_that_a_set_says_and_not_with_its_order(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"

    def digest(*lines: str) -> str:
        path.write_text("\n".join(lines))
        return set_digest(load_questions(path))

    one, two = '{"id": "1", "question": "q", "relevant": ["/a"]}', '{"id": "2", "question": "r", "answerable": false}'
    assert digest(one, two) == digest(two, one)
    others = [
        one.replace("/a", "/b"),
        one.replace('q"', 'Q"'),
        one.replace("]}", '], "grades": [2]}'),
        one[:-1] + ', "tags": ["x"]}',
    ]
    assert len({digest(line, two) for line in [one, *others]}) == 5


def test_a_page_beside_its_section_is_no_second_rank_for_one_passage() -> None:
    addresses = Addresses(CHUNKS)
    assert addresses.distinct({"/docs/a": 1, "/docs/a#setup": 1}) == {"/docs/a": 1}
    assert addresses.distinct({"/docs/a#install": 1, "/docs/a#linux": 1}) == {"/docs/a#install": 1}
    assert addresses.distinct({"/docs/b": 1, "/docs/b#x": 2}) == {"/docs/b#x": 2}
    graded = {"/docs/a": 1, "/docs/a#setup": 2}
    assert addresses.distinct(graded) == graded
    assert units(CHUNKS[1:2], graded, addresses) == {"/docs/a#setup": 0}
    assert units([CHUNKS[1], CHUNKS[1], CHUNKS[2]], graded, addresses) == {"/docs/a#setup": 0, "/docs/a": 1}


def test_a_line_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text("[" * 100_000 + "\n")
    with pytest.raises(InputError, match=r"set\.jsonl:1"):
        load_questions(tmp_path / "set.jsonl")


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps({"question": "q", "relevant": ["/a"]} | line) + "\n" for line in lines))
    return path


def test_an_id_is_one_in_either_of_its_spellings(tmp_path: Path) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    with pytest.raises(InputError, match="more than once"):
        load_questions(written(tmp_path / "set.jsonl", {"id": composed}, {"id": apart}))
    with pytest.raises(InputError, match="more than once: 1"):
        load_questions(written(tmp_path / "set.jsonl", {"id": "1"}, {"id": 1}))
    assert load_questions(written(tmp_path / "set.jsonl", {"id": apart, "tags": [apart]}))[0].tags == (composed,)


def test_an_encoded_number_sign_is_no_anchor_and_a_spelling_is_its_own_normal_form() -> None:
    assert normal("/p%23a") == "/p%23a"
    assert normal("/p%23a") != normal("/p#a") == normal("/p/#a") == normal("/p#%61")
    assert normal("/docs#a%23b") == "/docs#a#b"
    addresses = [
        "/p%23a",
        "/100%25",
        "/100%2525",
        "/p#a%2523",
        "/p#a#b",
        "/%2Fa",
        "/a?b=%3F",
        "/caf%C3%A9/#%C3%A9",
        "#a",
    ]
    for address in addresses:
        assert normal(normal(address)) == normal(address)
    assert normal("/100%2525") != normal("/100%25")


def test_addresses_on_another_host_are_not_the_books(tmp_path: Path) -> None:
    here, elsewhere = "https://Book.example:443/docs/a#setup", "https://other.example/docs/a#setup"
    site = {"site_url": "https://book.example", "site_url:fr": "https://fr.book.example", "title": "A book"}
    (asked,) = load_questions(written(tmp_path / "set.jsonl", {"id": 1, "relevant": [here, "/docs/b"]}))
    assert asked.hosts == ("book.example",)
    Addresses(CHUNKS, book=site).check_hosts([*asked.hosts, "fr.book.example"])
    with pytest.raises(InputError, match=r"on other\.example, and the book is published on book\.example, fr"):
        Addresses(CHUNKS, book=site).check_hosts(["other.example"])
    Addresses(CHUNKS).check_hosts(["other.example"])
    (asked,) = load_questions(written(tmp_path / "set.jsonl", {"id": 1, "relevant": [here, elsewhere]}))
    with pytest.raises(InputError, match="about one book"):
        Addresses(CHUNKS).check_hosts(asked.hosts)


def test_what_cannot_be_seen_in_an_address_is_shown() -> None:
    assert shortened(["/docs/a\u200b#x", "/docs/b\u00a0", "/docs/c d\x1b"]) == (
        "/docs/a\\u200b#x, /docs/b\\xa0, /docs/c d\\x1b"
    )


def test_a_question_that_is_asked_twice_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = [{"id": "a", "question": "Why is it so?"}, {"id": "b", "question": " why  is it so? "}, {"id": "c"}]
    assert len(load_questions(written(tmp_path / "set.jsonl", *asked))) == 3
    assert "2 questions are asked more than once, and each counts: a, b" in caplog.text


def test_a_set_may_have_windows_line_ends_and_a_byte_order_mark_and_must_be_utf_8(tmp_path: Path) -> None:
    text = '{"id": 1, "question": "Für wen?", "relevant": ["/a"]}\r\n\r\n{"id": 2, "question": "q", "relevant": ["/a"]}'
    path = tmp_path / "set.jsonl"
    path.write_bytes(text.encode("utf-8-sig"))
    assert [each.id for each in load_questions(path)] == ["1", "2"]
    for encoding in ("utf-16", "utf-16-le", "latin-1", "utf-32"):
        path.write_bytes(text.encode(encoding))
        with pytest.raises(InputError, match="not in UTF-8"):
            load_questions(path)
    path.write_bytes(text.replace("ü", "u").encode("utf-16-le"))
    with pytest.raises(InputError, match="not in UTF-8"):
        load_questions(path)


def test_a_section_judged_as_not_relevant_stays_so_on_a_relevant_page() -> None:
    addresses = Addresses(CHUNKS)
    graded = {"/docs/a": 3, "/docs/a#setup": -1}
    assert addresses.distinct(graded) == graded
    assert units([CHUNKS[1], CHUNKS[1], CHUNKS[2]], graded, addresses) == {"/docs/a#setup": 0, "/docs/a": 2}
