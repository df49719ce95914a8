"""Ten conversations as learners type them, through the page in a real Chromium, with a model and without.

The book is the sample book; the model is scripted: its condensed questions are given, its answers cite passage 1. A
turn keeps its subject where the page or the section that it is about is among the first six that the page shows for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, Start
from tests.gemini_server import GeminiServer, Reply
from tests.page_server import wait_for_end
from tests.serving import build_small_index, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


DOCS = Path(__file__).parents[2] / "book" / "docs"
SHOWN = 6


@dataclass(frozen=True)
class Said:
    """One turn: what the learner types, the pages that it is about, and what a model makes of it."""

    text: str
    about: str  # how the addresses of the pages begin
    standalone: str = ""  # of a first turn in the book's language: nothing is condensed
    found_without_model: bool = (
        True  # False where its words are not the book's, or the answers before it began elsewhere
    )


CONVERSATIONS = {
    "balance": (
        Said(
            "hi! I am new here, can you explain the zero moment point in simple words please",
            "/docs/locomotion/zero-moment-point",
        ),
        Said(
            "why?",
            "/docs/locomotion/zero-moment-point",
            "Why must the zero moment point stay inside the support polygon?",
        ),
        Said("and how do I measure it", "/docs/locomotion/zero-moment-point", "How is the zero moment point measured?"),
    ),
    "push": (
        Said("what should a robot do when somebody pushs it?", "/docs/locomotion/capture-point"),
        Said("where exactly does it step", "/docs/locomotion/capture-point", "Where does a robot step after a push?"),
        Said(
            "give me an example with numbers",
            "/docs/locomotion/capture-point",
            "Give an example with numbers of the capture point.",
        ),
    ),
    "topics": (
        Said("Hello sir, my node does not get any messages from the camera. what is a topic in ros 2?", "/docs/ros2/"),
        Said("and a service?", "/docs/ros2/", "What is a service in ROS 2?"),
        Said(
            "which one is for long tasks like walking somewhere",
            "/docs/ros2",
            "Which ROS 2 communication is for long tasks?",
        ),
    ),
    "qos": (
        Said(
            "[WARN] New publisher discovered on topic '/scan', offering incompatible QoS.\nwhat does this mean??",
            "/docs/ros2/qos",
        ),
        Said(
            "so should I just make everything reliable",
            "/docs/ros2/qos",
            "Should every topic be reliable in ROS 2's quality of service?",
        ),
        Said("thanks!! what about sensor data", "/docs/ros2/qos", "Which quality of service fits sensor data?"),
    ),
    "arm": (
        Said("how can i calculate the joint angels so that the hand is at a point?", "/docs/motion/inverse-kinematics"),
        Said(
            "can there be more than one solution?",
            "/docs/motion/inverse-kinematics",
            "Can inverse kinematics have more than one solution?",
        ),
        Said(
            "what is the difference to forward kinematics",
            "/docs/motion/",
            "What is the difference between inverse and forward kinematics?",
        ),
    ),
    "control": (
        Said("what is a PID controller", "/docs/motion/control"),
        Said("how do I choose the gains of it", "/docs/motion/control", "How are the gains of a PD controller chosen?"),
        Said(
            "and what happens if they are too high?",
            "/docs/motion/control",
            "What happens if the gains of a PD controller are too high?",
            found_without_model=False,
        ),
    ),
    "learning": (
        Said(
            "robot ko chalna kaise sikhate hain, reinforcement learning se?",
            "/docs/learning/reinforcement-learning",
            "How is a robot taught to walk by reinforcement learning?",
        ),
        Said(
            "what is a good reward for it",
            "/docs/learning/reinforcement-learning",
            "What is a good reward for a walking robot in reinforcement learning?",
        ),
        Said(
            "does it work on the real robot too?",
            "/docs/simulation/sim-to-real",
            "Does a policy that was trained in simulation work on the real robot?",
            found_without_model=False,
        ),
    ),
    "grasping": (
        Said(
            "My team builds a robot that tidies up cups. how does a hand hold a cup so that it doesnt slip?",
            "/docs/manipulation/grasping",
        ),
        Said("explain force closure", "/docs/manipulation/grasping", "What is force closure of a grasp?"),
        Said("and with how much force?", "/docs/manipulation/grasping", "With how much force is an object grasped?"),
    ),
    "sensors": (
        Said("which sensors tell a robot its orientation", "/docs/"),
        Said("why do they drift?", "/docs/", "Why does the orientation of an inertial measurement unit drift?"),
        Said(
            "how can I combine them with a camera", "/docs/perception", "How are an inertial sensor and a camera fused?"
        ),
    ),
    "safety": (
        Said("what must a robot do when its computer crashes", "/docs/safety/"),
        Said("what's a watchdog", "/docs/safety/", "What is a watchdog?"),
        Said(
            "is there a norm for that?",
            "/docs/safety/risk-and-standards",
            "Is there a standard for the safety of robots?",
        ),
    ),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("sample-book")
    build_small_index(data_dir, DOCS)
    return data_dir


@pytest.fixture(scope="module")
def without_model(book: Path) -> Iterator[str]:
    with serving(book) as served:
        yield served.url


def ask(page: Page, text: str) -> list[str]:
    """Type a message; the addresses that the page shows beneath its answer, in their order and each once."""
    turns = page.get_by_role("region", name="Conversation").locator("article")
    before = turns.count()
    page.get_by_role("textbox", name="Question").fill(text)
    page.keyboard.press("Enter")
    expect(turns).to_have_count(before + 1)
    wait_for_end(page)
    links = turns.last.locator("a.place")
    expect(links.first).to_be_attached()
    addresses: list[str] = links.evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    return list(dict.fromkeys(addresses))


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_conversation_keeps_its_subject_without_a_model(
    turns: tuple[Said, ...], without_model: str, open_page: OpenPage
) -> None:
    page = open_page(without_model)
    for said in turns:
        found = ask(page, said.text)
        kept = any(address.startswith(said.about) for address in found[:SHOWN])
        assert kept or not said.found_without_model, (said.text, found)


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_conversation_keeps_its_subject_with_a_model(
    turns: tuple[Said, ...], book: Path, start: Start, open_page: OpenPage
) -> None:
    reply = Reply(chunks=("<verdict>wholly</verdict>\nThe book ", "says so [1]."))
    gemini = start(GeminiServer(reply))
    served = start(serving(book, gemini_url=gemini.url))
    page = open_page(served.url)
    for said in turns:
        if said.standalone:
            gemini.script_whole(Reply(chunks=(said.standalone,)))
        found = ask(page, said.text)
        assert any(address.startswith(said.about) for address in found[:SHOWN]), (said.text, found)
        assert "verdict" not in page.get_by_role("region", name="Conversation").inner_text()
