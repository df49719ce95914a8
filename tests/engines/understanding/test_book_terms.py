"""BookTerms that the book writes otherwise are searched for as it writes them; others stay as they are."""

import pytest

from engines.understanding.book_terms import BookTerms
from engines.understanding.spelling import SpellingCorrector
from engines.understanding.understanding import understand
from storage.vectors.abbreviations import decode_phrases, encode_abbreviations, encode_phrases
from storage.vectors.bm25 import Vocabulary, decode_written_words, encode_written_words, tokens
from tests.tables import each_row

TEXT = """
Reinforcement learning trains a policy. Reinforcement learning is slow, and reinforcement learning needs a simulator.
The degrees of freedom of an arm; its degrees of freedom. All degrees of freedom.
Quality of service: the quality of service (QoS) of a topic is its quality of service. QoS again, QoS, QoS, QoS.
The zero moment point (ZMP) and the support polygon. ZMP, ZMP. URDF describes links and joints. URDF, URDF, URDF.
SLAM makes a map. A PD controller has two gains. An IMU, a LIDAR and a camera; the gaps between them.
Reinforcement-learning, reinforcement-learning. The centre of mass, a centre of mass, its centre of mass.
Between them, between them, between them, between them, between them.
```python
return learning  # rate limit
rate_limit = rate limit
```
"""


@pytest.fixture(scope="module")
def abbreviations() -> BookTerms:
    words = decode_written_words(encode_written_words([TEXT]))
    return BookTerms(words, decode_phrases(encode_phrases([TEXT])), Vocabulary.of(set(tokens(TEXT))), "en")


@each_row(
    ("question", "term"),
    [
        ("What is RL?", ("RL", "reinforcement learning")),
        ("how does rl work", ("rl", "reinforcement learning")),
        ("how many DoF has the arm", ("DoF", "degrees of freedom")),
        ("What does DOF mean?", ("DOF", "degrees of freedom")),
        ("Where is the CoM?", ("CoM", "centre of mass")),
        ("do RLs need a simulator?", ("RL", "reinforcement learning")),
        ("What is a PID controller?", ("PID", "pd")),
        ("how do I choose the gains of a pid controller", ("pid", "pd")),
        ("PID", ("PID", "pd")),
        ("pid?", ("pid", "pd")),
        ("what is a PID", ("PID", "pd")),
        ("define PID please", ("PID", "pd")),
        ("what does PID stand for?", ("PID", "pd")),
        ("explain PID", ("PID", "pd")),
        ("what is VSLAM", ("VSLAM", "slam")),
        ("How does RL compare?", ("RL", "reinforcement learning")),
    ],
)
def test_what_the_book_has_under_another_name_is_searched_for_too(
    abbreviations: BookTerms, question: str, term: tuple[str, str]
) -> None:
    assert understand(question, book_terms=abbreviations).terms == (term,)
    assert f"({term[1]})" in understand(question, book_terms=abbreviations).search_text


@each_row(
    ("question", "searched"),
    [
        ("what is sim2sim", "what is sim2sim"),  # the book has no "sim"
        ("What is the camera2map gap?", "What is the camera to map gap?"),
        ("camera2map", "camera to map"),
        ("does links2joints work??", "does links to joints work"),
        ("see camera2map.py, my_camera2map and camera2map()", "see camera2map.py, my_camera2map and camera2map()"),
    ],
)
def test_a_two_between_words_of_the_book_is_read_as_to(abbreviations: BookTerms, question: str, searched: str) -> None:
    assert abbreviations.correct(question)[0].rstrip("?") == searched.rstrip("?")


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("what is the ZPM?", "what is the ZMP"),
        ("UDRF joints", "URDF joints"),
        ("how do I write an urfd file", "how do I write an urdf file"),
    ],
)
def test_swapped_letters_are_put_right(abbreviations: BookTerms, question: str, searched: str) -> None:
    found = understand(question, book_terms=abbreviations)
    assert found.search_text == searched
    assert found.corrections


@each_row(
    ("question", "searched"),
    [
        ("What are IMUs?", "What are IMU"),
        ("WHAT ARE IMUS?", "WHAT ARE IMU"),
        ("imus", "imu"),
        ("why does it need URDFs and ZMPs", "why does it need URDF and ZMP"),
        ("What is the drift of PDs?", "What is the drift of PD"),
        ("which DoFs are there", "which DoF are there (degrees of freedom)"),  # the book has the phrase alone
        ("What are its gaps?", "What are its gaps"),
        ("the arm of LQRs", "the arm of LQRs"),  # the book has neither
        ("Is a LEDs.py there, or IMUs_x?", "Is a LEDs.py there, or IMUs_x"),
    ],
)
def test_the_plural_of_an_abbreviation_is_searched_for_as_the_book_writes_it(
    abbreviations: BookTerms, question: str, searched: str
) -> None:
    found = understand(question, book_terms=abbreviations)
    assert found.search_text.rstrip("?") == searched
    assert found.replaced == found.terms  # a plural is not said to be misspelt


def test_the_plural_of_an_abbreviation_stays_where_the_book_rather_writes_it() -> None:
    text = "An API. The APIs of these APIs."
    terms = BookTerms(decode_written_words(encode_written_words([text])), {}, Vocabulary.of(set(tokens(text))), "en")
    assert terms.correct("What are APIs?") == ("What are APIs?", ())


@each_row(
    "question",
    [
        "What is the ZMP?",  # the book has it
        "What is QoS?",  # the same, and uses it as often as the phrase
        "Who is the CEO of Tesla?",
        "What is HTML?",
        "What is a GPS?",  # near to "gaps", which is no abbreviation
        "What is LQR?",  # near to nothing, and alone
        "GPS",
        "HTML",
        "what does CEO stand for",
        "PID of quadcopters",  # about something else
        "What is BT?",  # the initials of "between them"
        "WHAT IS A LEG?",  # all in capitals
        "is it an arm or a leg",
        "open /usr/RL/x and RL_rate",
        "",
        "RL reinforcement learning?",
    ],
)
def test_other_words_stay_as_they_are(abbreviations: BookTerms, question: str) -> None:
    found = understand(question, book_terms=abbreviations)
    assert (found.terms, found.corrections) == ((), ())


TRANSLATED = {
    "kinematics": 9, "inverse": 5, "impedance": 4, "reinforcement": 6, "humanoid": 8, "sensors": 7, "controller": 5,
    "simulation": 9, "dynamics": 4, "service": 6, "motor": 9, "moment": 5, "capture": 4, "entries": 3, "robot": 30,
    "pick": 9, "request": 8,
}  # fmt: skip


@each_row(
    ("question", "terms"),
    [
        ("¿Cómo funciona la cinemática inversa?", ["kinematics", "inverse"]),
        ("Comment fonctionne la cinématique inverse ?", ["kinematics"]),
        ("Wie funktioniert inverse Kinematik bei einem Roboter?", ["kinematics"]),
        ("¿Qué es el control de impedancia?", ["impedance"]),
        ("Qu'est-ce que l'apprentissage par renforcement ?", ["reinforcement"]),
        ("¿Qué sensores tiene un robot humanoide?", ["sensors", "humanoid"]),
        ("¿Cómo se hace la simulación de la dinámica?", ["simulation", "dynamics"]),
        ("Quelle est la différence entre un service et un moteur ?", ["motor"]),
        ("Quels capteurs possède un robot humanoïde ?", ["humanoid"]),
        ("Wie backe ich eine Pizza?", []),  # an English word that the book lacks, whatever looks like it
        ("¿Cuál es la receta de la paella?", []),  # a recipe, and no request
        ("How does an invers kinematcs controllor work?", []),  # of the book's own language: misspelt, and no cognates
    ],
)
def test_words_of_another_language_are_searched_for_by_the_book_s_words_of_their_root(
    question: str, terms: list[str]
) -> None:
    words = Vocabulary.of(set(TRANSLATED))
    found = understand(
        question,
        corrector=SpellingCorrector(TRANSLATED, "en"),
        book_terms=BookTerms(TRANSLATED, {}, words, "en"),
    )
    assert [term for _, term in found.terms] == terms
    assert bool(found.corrections) == question.startswith("How")


def test_phrases_leave_code_out_and_count_small_words_inside() -> None:
    phrases = decode_phrases(encode_phrases([TEXT]))
    assert (
        [phrase.text for phrase in phrases["dof"]]
        == [phrase.text for phrase in phrases["df"]]
        == ["degrees of freedom"]
    )
    assert phrases["rl"][0].text == "reinforcement learning"
    assert phrases["rl"][0].count == 5
    assert not any("limit" in phrase.text for found in phrases.values() for phrase in found)
    assert decode_phrases("") == {}


def test_a_book_of_any_length_gives_phrases_quickly_and_few() -> None:
    many = [f"{TEXT} word{number} and more" for number in range(200)]
    assert len(encode_phrases(many)) < 100_000


@each_row(
    ("question", "searched"),
    [
        ("the ZMP's limits", "the ZMP limits"),
        ("the IMU\N{RIGHT SINGLE QUOTATION MARK}s drift", "the IMU drift"),
        ("the PDs' gains", "the PD gains"),
        ("explain the U-R-D-F of an arm", "the URDF of an arm"),
        ("what's the arm's reach", "what's the arm's reach"),
        ("the 'ZMP's", "the 'ZMP's"),
        ("is it A-B or B-A", "is it A-B or B-A"),
    ],
)
def test_possessives_and_letters_apart_are_searched_for_as_the_book_writes_them(
    abbreviations: BookTerms, question: str, searched: str
) -> None:
    found = understand(question, book_terms=abbreviations)
    assert found.search_text == searched
    assert found.replaced == ()


def test_the_plural_of_an_abbreviation_with_another_name_is_searched_for_with_it(abbreviations: BookTerms) -> None:
    found = understand("What are PIDs?", book_terms=abbreviations)
    assert found.search_text == "What are PID (pd)"
    assert found.replaced == (("PID", "pd"),)


FIELD = "Domain randomisation. The Denavit-Hartenberg frames, Runge-Kutta, visual odometry, and end-to-end tests."


@each_row(
    ("question", "term"),
    [
        ("what is DR?", ("DR", "domain randomisation")),
        ("what is the DH convention", ("DH", "denavit hartenberg")),
        ("D-H parameters", ("DH", "denavit hartenberg")),
        ("what is RK4", ("RK4", "runge kutta")),
        ("is there VO", ("VO", "visual odometry")),
        ("e2e tests", ("e2e", "end to end")),
    ],
)
def test_abbreviations_of_the_field_are_written_out_as_the_book_writes_them(
    question: str, term: tuple[str, str]
) -> None:
    words = decode_written_words(encode_written_words([FIELD]))
    terms = BookTerms(words, decode_phrases(encode_phrases([FIELD])), Vocabulary.of(set(tokens(FIELD))), "en")
    assert understand(question, book_terms=terms).terms == (term,)
    assert understand("what is a GRF", book_terms=terms).terms == ()


@pytest.fixture(scope="module")
def written_out() -> BookTerms:
    words = decode_written_words(encode_written_words([TEXT]))
    own = "The Zero Moment Point (ZMP), an Inertial Measurement Unit (IMU), the Center of Mass (COM)."
    names = decode_phrases(encode_abbreviations([((), own)]))
    known = Vocabulary.of({*tokens(TEXT), *tokens(own)})
    return BookTerms(words, decode_phrases(encode_phrases([TEXT])), known, "en", names)


@each_row(
    ("question", "term"),
    [
        ("What is the ZMP?", "ZMP"),
        ("explain ZMP", "ZMP"),
        ("tell me about the zmp please", "zmp"),
        ("ZMP", "ZMP"),
        ("what does ZMP stand for", "ZMP"),
    ],
)
def test_an_abbreviation_that_the_book_writes_out_is_searched_for_under_both_names(
    written_out: BookTerms, question: str, term: str
) -> None:
    found = understand(question, book_terms=written_out)
    assert [searched for _, searched in found.terms] == ["zero moment point"]
    assert found.search_text.endswith("(zero moment point)")
    assert found.term == term
    assert "zero moment point" in found.term_names
    assert "moment" not in found.search_words
    assert {"zero", "moment", "point"} <= found.light_words


def test_what_is_embedded_beside_the_searched_text_has_the_name_in_place_of_the_abbreviation(
    written_out: BookTerms,
) -> None:
    found = understand("explain ZMP", book_terms=written_out)
    assert found.ranked_by == ("ZMP (zero moment point)", "explain zero moment point")


@pytest.mark.parametrize(
    "question",
    ["What is the zero moment point (ZMP)?", "which com port is it", "go to example.com", "What is a COMPASS?"],
)
def test_a_name_that_is_there_already_or_is_not_asked_for_adds_nothing(written_out: BookTerms, question: str) -> None:
    assert understand(question, book_terms=written_out).terms == ()


def test_a_term_that_is_written_with_its_abbreviation_has_both_names(written_out: BookTerms) -> None:
    names = understand("What is the zero moment point (ZMP)?", book_terms=written_out).term_names
    assert {"zero moment point", "ZMP"} <= set(names)


SHORT_NAMES = "A GPU with 8 GB of VRAM. LiDAR, an IMU and speech recognition. Each page has a URL."


@each_row(
    ("question", "term"),
    [
        ("which graphics card for isaac sim", ("graphics card", "GPU")),
        ("what graphic cards do i need", ("graphic card", "GPU")),
        ("Is a Video Card required?", ("Video Card", "GPU")),
        ("how much video memory is enough", ("video memory", "VRAM")),
        ("where does the laser scanner go", ("laser scanner", "LiDAR")),
        ("what does an inertial sensor measure", ("inertial sensor", "IMU")),
        ("is there speech to text in it", ("speech to text", "speech recognition")),
        ("what is the web address of a page", ("web address", "URL")),
    ],
)
def test_an_everyday_name_is_searched_for_by_the_short_one_that_the_book_has(
    question: str, term: tuple[str, str]
) -> None:
    words = decode_written_words(encode_written_words([SHORT_NAMES] * 2))
    terms = BookTerms(words, {}, Vocabulary.of(set(tokens(SHORT_NAMES))), "en")
    assert terms.terms(question) == (term,)


@pytest.mark.parametrize("question", ["which graphics card, an RTX GPU?", "a card with graphics", "videocard"])
def test_a_name_that_is_said_already_or_is_another_one_adds_nothing(question: str) -> None:
    words = decode_written_words(encode_written_words([SHORT_NAMES] * 2))
    terms = BookTerms(words, {}, Vocabulary.of(set(tokens(SHORT_NAMES))), "en")
    assert "GPU" not in dict(terms.terms(question)).values()


def test_an_everyday_name_adds_nothing_that_the_book_does_not_have(abbreviations: BookTerms) -> None:
    assert abbreviations.terms("which graphics card for the arm") == ()
