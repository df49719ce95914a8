"""Answers of a technical book's model, with intervals, vectors, indices, code, tables, footnotes and marks among them.

Each comes out to the letter but for its marks, whose numbers are beside it, however the stream is cut.
"""

import re

from engines.citations.processor import CitationProcessor
from engines.events import Cited, Source, TextDelta
from tests.tables import each_row

TEXTS = (
    "The zero moment point stays inside the support polygon. The damping ratio lies in the interval [0, 1].",
    "Joint torques are clipped. The ankle is the limit of the robot.",
    "A node publishes messages to topics; services answer.",
    "Inverse kinematics gives joint angles for a pose of the hand.",
    "The camera delivers images of 640 by 480 pixels.",
    "Wheels slip on ice, and friction falls.",
)
SOURCES = tuple(
    Source(number, f"i{number}", f"https://book.example/p#{number}", "P", ("H",), text, 0.5)
    for number, text in enumerate(TEXTS, 1)
)
ANSWERS = [
    (
        (
            "The duty cycle lies in [0, 1) and the phase in (0, 2] radians. The zero moment "
            "point stays inside the support polygon [source 1]."
        ),
        [1],
    ),
    ("Choose the damping ratio in the interval [1, 2]. The ankle is the limit of the robot [2].", [2]),
    ("Set q = [1, 2, 3]^T and K = [[1, 0], [0, 1]]. Inverse kinematics gives joint angles [source 4].", [4]),
    ("x[1] is the first, x[2][3] the next; `y[4]` too. A node publishes messages to topics [3].", [3]),
    ("$x_{[1]} \\in [1,2]$ and \\(z[3]\\) hold. Joint torques are clipped [source 2].", [2]),
    (
        (
            "| joint | range |\n|---|---|\n| hip | [0, 90] |\n| ankle | [-20, 30] [source 2] "
            "|\n\nThe camera delivers images [source 5]."
        ),
        [2, 5],
    ),
    ("```c\nint a[3] = {1};\na[1] = a[2];\n```\n\nWheels slip on ice [6].", [6]),
    ("Then:\n\n    v[1] = w[2]\n\nWheels slip on ice, and friction falls [source 6].", [6]),
    ("零力矩点位于支撑多边形内[1]。区间[0, 1]不变。轮子在冰上打滑【6】。", [1, 6]),
    ("ゼロモーメントポイントは支持多角形の内部にある[1]。配列[2]を使う。", [1, 2]),
    ("영모멘트점은 지지 다각형 안에 있다[1]. 구간 [0, 1]은 그대로다 [source 2].", [1, 2]),
    ("زیرو مومنٹ پوائنٹ سہارے کے اندر رہتا ہے [1]۔ وقفہ [0, 1] وہی ہے۔", [1]),
    ("Call f(x)[1], get_joints()[2] and a.b[3]. Inverse kinematics gives joint angles for a pose [source 4].", [4]),
    ("- [ ] calibrate\n- [x] level\n\nThe camera delivers images of 640 by 480 pixels [source 5].", [5]),
    ("Use `float64[3] data` or std_msgs/Float64[], regex [0-9]+ and [a-z]. Services answer [source 3].", [3]),
    (
        "The resolution is [640, 480] and H^{[1]} = W[1]x + b[1]. The camera delivers images [source 5][source 1].",
        [5, 1],
    ),
    ("RFC [793] and ISO [9001] differ. Price: $5 [source 1] or $6 [source 2].", [1, 2]),
    (
        (
            "Ranges: a[1:3], a[:2], 1..[3], [1..3], {1, [2]}. Joint torques are clipped "
            "[source 2]. H<sub>2</sub>O, x<sup>[1]</sup>."
        ),
        [2],
    ),
    ("“[1] is the index”, he wrote; vector ⟨1, 2⟩, set {1}, floor ⌊x[2]⌋. Wheels slip on ice [source 6].", [6]),
    ("It has a note[^note]. A node publishes messages [source 3].\n\n[^note]: Not a source.", [3]),
]


@each_row("size", [1, 3, 1000])
@each_row(("text", "marks"), ANSWERS)
def test_all_but_the_marks_comes_out_to_the_letter(text: str, marks: list[int], size: int) -> None:
    processor = CitationProcessor(SOURCES)
    events = [event for at in range(0, len(text), size) for event in processor.feed(text[at : at + size])]
    events += processor.end()
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert shown == re.sub(r"\[source (\d+)\]|【(\d+)】", lambda mark: f"[{mark[1] or mark[2]}]", text)
    assert [event.number for event in events if isinstance(event, Cited)] == marks
    resolved = processor.resolved()
    assert all(resolved.text.startswith(f"[{mark.number}]", mark.at) for mark in resolved.marks)
    assert len(resolved.marks) == len(marks)
