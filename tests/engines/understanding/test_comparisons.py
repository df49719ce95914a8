"""The things that a question compares are told from other words beside "and", "or" and "with"."""

from engines.understanding.comparisons import MAY_COMPARE, things_compared
from tests.tables import each_row


@each_row(
    ("question", "names"),
    [
        ("toBe vs toEqual", ("toBe", "toEqual")),
        ("what distinguishes a topic from a service", ("topic", "service")),
        ("tabs and menu, not the same?", ("tabs", "menu")),
        ("how are Gazebo and Unity diffrent", ("Gazebo", "Unity")),
        ("Gazebo und Unity sind nicht dasselbe?", ("Gazebo", "Unity")),
        ("¿qué distingue tabs y menu?", ("tabs", "menu")),
        ("jest.mock versus jest.doMock", ("jest.mock", "jest.doMock")),
        ("What is the difference between a topic and a service in ROS 2?", ("topic", "service")),
        ("how does PPO differ from SAC", ("PPO", "SAC")),
        ("what distinguishes joint limits from torque limits", ("joint limits", "torque limits")),
        ("¿qué distingue URDF de SDF?", ("URDF", "SDF")),
        ("qu'est-ce qui distingue URDF de SDF ?", ("URDF", "SDF")),
        ("compare Gazebo with Isaac Sim", ("Gazebo", "Isaac Sim")),
        ("whats the diff between ion-modal and ion-popover?", ("ion-modal", "ion-popover")),
        ("URDF or SDF, what's the difference", ("URDF", "SDF")),
        ("is Isaac Sim better than Gazebo?", ("Isaac Sim", "Gazebo")),
        ("reinforcement versus imitation learning", ("reinforcement", "imitation learning")),
        ("EKF or UKF, which one for orientation?", ("EKF", "UKF")),
        ("VSLAM or LiDAR SLAM for indoors?", ("VSLAM", "LiDAR SLAM")),
        ("should I use a topic or a service for my camera?", ("topic", "service")),
        ("Is the ZMP or the capture point better?", ("ZMP", "capture point")),
        ("difference of impedance and admittance control", ("impedance", "admittance control")),
        ("URDF oder SDF, was ist besser?", ("URDF", "SDF")),
        ("¿qué es mejor, Gazebo o Isaac Sim?", ("Gazebo", "Isaac Sim")),
        ("Gazebo vs MuJoCo vs Isaac, which one for RL?", ("Gazebo", "MuJoCo", "Isaac")),
        ("topics, services or actions – which should I use?", ("topics", "services", "actions")),
        ("should I use Docker, WSL2 or a native install?", ("Docker", "WSL2", "native install")),
        ("what is better for walking, MPC or RL?", ("MPC", "RL")),
        ("how are topics and services different?", ("topics", "services")),
        ("action sheet or alert — which one should I use?", ("action sheet", "alert")),
        ("Action Sheet oder Alert, welches soll ich nehmen?", ("Action Sheet", "Alert")),
        ("Was ist der Unterschied zwischen Topics und Services?", ("Topics", "Services")),
        ("¿Qué diferencia hay entre Gazebo y Unity?", ("Gazebo", "Unity")),
        ("¿modal o popover, cuál uso?", ("modal", "popover")),
        ("modal ou popover, lequel utiliser ?", ("modal", "popover")),
        ("toast ya alert, kaun sa use karun?", ("toast", "alert")),
        ("topic aur service mein kya farq hai?", ("topic", "service")),
        ("URDF 和 SDF 有什么区别", ("URDF", "SDF")),
        ("URDF और SDF में क्या अंतर है", ("URDF", "SDF")),
        ("toast یا alert، کون سا استعمال کروں؟", ("toast", "alert")),
    ],
)
def test_the_things_that_a_question_compares_are_found(question: str, names: tuple[str, ...]) -> None:
    assert MAY_COMPARE.search(question)
    assert things_compared(question, "en") == names


@each_row(
    "question",
    [
        "what is a node and what is a topic",
        "how does the difference in floating point matter",
        "what differs when I use fake timers",
        "How can I compare snapshots?",
        "how do I mock a module or a function?",
        "which node version or later do I need?",
        "can I run it on Mac or Windows?",
        "make it look different every time, light and colours and places",
        "is it better to mock than to spy",
        "",
    ],
)
def test_a_question_that_names_one_thing_compares_none(question: str) -> None:
    assert things_compared(question, "en") is None
