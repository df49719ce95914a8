"""Questions for a definition are told from others, and sentences that define a term from those that mention it."""

from engines.understanding.definitions import (
    DEFINES,
    Definition,
    definition_in,
    in_english,
    term_asked,
    text_blocks,
)
from engines.understanding.understanding import understand
from tests.tables import each_row


@each_row(
    ("question", "term"),
    [
        ("what is ROS 2?", "ROS 2"),
        ("What's a digital twin", "digital twin"),
        ("whats urdf", "urdf"),
        ("define URDF", "URDF"),
        ("VLA meaning", "VLA"),
        ("what does ZMP stand for?", "ZMP"),
        ("what do you mean by force closure", "force closure"),
        ("explain like im five: what is ros2", "ros2"),
        ("tell me what a snapshot test is", "snapshot test"),
        ("what is the zero moment point exactly", "zero moment point"),
        ("what is jest.fn()", "jest.fn"),
        ("was ist ein Knoten?", "Knoten"),
        ("qu'est-ce qu'un noeud ?", "noeud"),
        ("¿qué es un nodo?", "nodo"),
        ("node kya hai", "node"),
        ("ZMP ka matlab kya hai", "ZMP"),
        ("زیرو مومنٹ پوائنٹ کیا ہے؟", "زیرو مومنٹ پوائنٹ"),
        ("what does VSLAM mean and give me an example", "VSLAM"),
        ("what is a costmap? with an example", "costmap"),
        ("What is a service, and show me one", "service"),
        ("what is QoS with a simple example please", "QoS"),
        ("was ist ein Knoten mit einem Beispiel?", "Knoten"),
    ],
)
def test_the_term_that_is_asked_for_is_found(question: str, term: str) -> None:
    assert term_asked(question) == term


@each_row(
    "question",
    [
        "what is the difference between a topic and a service?",
        "what is it?",
        "what is the best way to install it",
        "what is needed for a build",
        "what is the purpose of a costmap",
        "what is wrong with my launch file",
        "what are the steps to calibrate a camera",
        "how do I write a node?",
        "why is the ZMP inside?",
        f"what is {'very ' * 80}long",
        "",
    ],
)
def test_other_questions_ask_for_no_definition(question: str) -> None:
    assert term_asked(question) == ""


def found(text: str, name: str, heading: str = "") -> Definition:
    return definition_in(text_blocks(text), (name,), heading)


@each_row(
    ("text", "name", "heading"),
    [
        ("**ROS 2** (Robot Operating System 2) is an open-source middleware framework.", "ros2", ""),
        ("Vision-Language-Action (VLA) models are a paradigm shift in robotics.", "VLA", ""),
        ("Nodes are processes that exchange messages.", "node", ""),
        ("In robotics, a costmap is a grid of costs.", "costmap", ""),
        ("The gap is called the **sim-to-real gap**.", "sim-to-real gap", ""),
        ("It is therefore called the **zero moment point** (ZMP).", "zmp", ""),
        ("**Impedance control**, formulated by N. Hogan in 1985, prescribes the relation.", "impedance control", ""),
        ("Launch files start many nodes at once.", "launch file", "What Are Launch Files?"),
        ("A rotor turns faster than the joint.", "reflected inertia", "Reflected inertia"),
        ("Ein Knoten ist ein Prozess.", "Knoten", ""),
        ("Un nodo es un proceso.", "nodo", ""),
        ("Visual Simultaneous Localization and Mapping (VSLAM) forms the foundation of it.", "VSLAM", ""),
        ("CLIP (Contrastive Language-Image Pre-training) learns to match images with texts.", "CLIP", ""),
        ("The Unified Robot Description Format (URDF) lists links and joints.", "urdf", ""),
        ("In robotics, Inertial Measurement Units (IMU) feel every turn.", "IMU", ""),
        ("Walking robots see with it.", "VSLAM", "VSLAM Fundamentals with Humanoid Perspective"),
        ("Each message goes to all who listen.", "topic", "Understanding Topics"),
        ("Sound becomes text in three steps.", "Whisper", "How Whisper Works"),
        ("Two robots share it.", "costmap", "Introduction to Costmaps"),
        ("**Topics** enable publish-subscribe communication.", "topic", "Topics: Asynchronous Communication"),
        ("Gazebo lets you test robots in simulated worlds.", "Gazebo", "Robot Testing with Gazebo"),
        ("It finds its place in a map.", "VSLAM", "What is Visual SLAM (VSLAM)?"),
        ("It renders rooms and robots.", "Isaac Sim", "What is NVIDIA Isaac Sim?"),
        ("**NVIDIA Isaac Sim** is a photorealistic simulator.", "Isaac Sim", ""),
        ("زیرو مومنٹ پوائنٹ زمین پر وہ نقطہ ہے جہاں لمحہ صفر ہو۔", "زیرو مومنٹ پوائنٹ", ""),
        ("Send a *chirp*, a sine whose\nfrequency rises, to one joint.", "chirp", ""),
    ],
)
def test_a_sentence_that_defines_the_term_is_found(text: str, name: str, heading: str) -> None:
    assert found(text, name, heading).strength >= DEFINES


@each_row(
    ("text", "name", "heading"),
    [
        ("Now that you understand what ROS 2 is, install it.", "ROS 2", "Next Steps"),
        ("ROS 2 is installed in /opt.", "ROS 2", ""),
        ("ROS 2 is not needed here.", "ROS 2", ""),
        ("Beyond the core framework, ROS 2 includes:", "ROS 2", "The ROS 2 Ecosystem"),
        ("```bash\nros2 is a command\n```", "ros2", ""),
        ("What is ROS 2?", "ROS 2", ""),
        ("A planner writes it as a graph: nodes are poses.", "node", ""),
        ("The inode is a structure.", "node", ""),
        ("The robot needs Visual SLAM (VSLAM) forms of input.", "VSLAM", ""),
        ("Use the launch file (VSLAM) from above.", "VSLAM", ""),
        ("Gazebo lets you test robots.", "Gazebo", "Next Steps"),
        ("Install Whisper with pip.", "Whisper", "Install Whisper"),
        ("Configure how often it runs.", "VSLAM", "VSLAM Launch Snippets"),
        ("4. **Nodes** - Write your first one\n5. **Services** - Implement request and response", "service", ""),
        ("Send a chirp, a sine, or a *step*, and record.", "chirp", ""),
        ("Use a *chirp*, and a long one at that.", "chirp", ""),
    ],
)
def test_a_sentence_that_only_mentions_the_term_defines_nothing(text: str, name: str, heading: str) -> None:
    assert found(text, name, heading).strength < DEFINES


def test_the_entry_of_a_list_is_told_from_its_neighbours() -> None:
    text = "The libraries:\n\n- **tf2**: transforms of frames\n- **nav2**: Navigation stack (path planning)"
    assert found(text, "nav2") == Definition(2.2, 1, "- **nav2**: Navigation stack (path planning)")


def test_what_a_recap_says_counts_less_than_the_section_itself() -> None:
    text = "- ROS 2 is a middleware framework for robots"
    assert found(text, "ROS 2", "What You've Learned").strength < found(text, "ROS 2").strength


def test_under_a_page_s_title_alone_a_sentence_that_defines_the_term_is_not_lifted_above_those_of_sections() -> None:
    begin, sentence = text_blocks("It is everywhere these days."), text_blocks("Physical AI is a field.")
    title = "What is physical AI?"
    assert definition_in(begin, ("physical AI",), "", title).strength == DEFINES
    assert definition_in(sentence, ("physical AI",), "Definition", title).strength > DEFINES
    assert definition_in(begin, ("physical AI",), title).strength > DEFINES


def test_a_misspelt_question_keeps_its_corrected_term_and_other_names() -> None:
    assert understand("explain to me what is inverse kinematics in robotics").term_names == (
        "inverse kinematics in robotics",
        "inverse kinematics",
    )
    assert understand("why is it so?").term_names == ()


def test_long_messages_are_read_in_bounded_time() -> None:
    assert understand("what is " * 2_000).term == ""


@each_row(
    ("question", "english"),
    [
        ("LIDAR kya hota hai?", "what is LIDAR"),
        ("ros2 mein node kya hota hai?", "what is node in ros2"),
        ("mujhe samajh nahi aa raha digital twin kya hota hai", "what is digital twin"),
        ("Was ist Xacro?", "what is Xacro"),
        ('Was ist eine "Action Sequence"?', "what is Action Sequence"),
        ("¿qué es un fab en ionic?", "what is fab in ionic"),
        ("¿Qué es function calling?", "what is function calling"),
        ("C'est quoi, un nœud ?", "C'est quoi, un nœud ?"),
        ("Qu'est-ce que le SLAM ?", "what is SLAM"),
        ("VSLAM mein ye murghi aur anday wala masla kya hai?", "VSLAM mein ye murghi aur anday wala masla kya hai?"),
        ("Wie geht die Kamera und was ist ein Node?", "Wie geht die Kamera und was ist ein Node?"),
        ("What is a node?", "What is a node?"),
        ("define monorepo", "define monorepo"),
        ("how does a node work", "how does a node work"),
        ("نوڈ کیا ہے؟", "نوڈ کیا ہے؟"),
    ],
)
def test_a_definition_asked_for_in_another_language_is_asked_for_in_english(question: str, english: str) -> None:
    assert in_english(question) == english


@each_row(
    ("question", "term"),
    [
        ("PWA full form and meaning", "PWA"),
        ("USD full form in isaac?", "USD"),
        ("what is the full form of DDS", "DDS"),
        ("full form of ZMP", "ZMP"),
        ("abbreviation for IMU pls", "IMU"),
        ("a11y long form?", "a11y"),
        ("node meaning in ros 2", "node"),
        ("How does VSLAM work?", "VSLAM"),
        ("how do the actions exactly work", "actions"),
        ("how does a team work together on it", ""),
        ("how does watch mode work with git?", ""),
        ("ros2 mein node kya hota hai?", "node"),
        ("kya hai gRPC", "gRPC"),
        ("behavior cloning kya hai VLA training mein?", "behavior cloning"),
        ("mujhe samajh nahi aa raha digital twin kya hota hai", "digital twin"),
    ],
)
def test_the_full_form_and_mixed_languages_ask_for_a_definition(question: str, term: str) -> None:
    assert term_asked(question) == term


def test_the_words_that_ask_how_a_thing_works_say_little_about_it() -> None:
    assert {"how", "does", "work"} <= understand("How does VSLAM work?").light_words
    assert "work" not in understand("How do I work on a package?").light_words


def test_a_term_without_its_field_is_a_name_for_it() -> None:
    assert "fab" in understand("¿qué es un fab en ionic?").term_names
