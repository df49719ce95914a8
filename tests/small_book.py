"""A book of four short pages, for tests that need an index and not a textbook."""

from pathlib import Path

PAGES = {
    "intro.md": """---
title: A Small Book
slug: /
---

This small book explains how a humanoid robot keeps its balance.
""",
    "01-balance/01-zmp.md": """# Zero moment point

## What it is

The zero moment point is the point on the ground about which the tipping moments of gravity and inertia are zero.

## Why it stays inside {#inside}

The ground only pushes and never pulls, so the zero moment point cannot leave the support polygon of the feet.

```python
# a check that a planner makes
def is_stable(zmp, polygon):
    return polygon.contains(zmp)
```
""",
    "01-balance/02-capture-point.md": """# Capture point

## Definition

The capture point is the place on the ground where a robot must step to come to a complete stop after a push.

$$
\\xi = x + \\dot{x} / \\omega_0
$$
""",
    "02-ros.mdx": """import Tabs from '@theme/Tabs';
import TabItem from '@theme/TabItem';

# Publishing in ROS 2

## A publisher node

<Tabs>
<TabItem value="py" label="Python">

Call `create_publisher` with a message type, the topic `/cmd_vel` and a `QoSProfile`.

</TabItem>
</Tabs>
""",
}


def write_small_book(site: Path) -> Path:
    """Write the site into `site` and give its docs folder."""
    docs = site / "docs"
    for name, text in PAGES.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return docs
