"""What React's and Docusaurus' own packages export, as far as pages can be read with it; called by `modules`.

The source of packages is not read. Messages are translated here, as `<Translate>` and `translate()` show them.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from indexing.markdown.evaluator import Evaluator
from indexing.markdown.page import ImportedFile
from indexing.markdown.values import (
    UNDEFINED,
    Element,
    External,
    PartlyKnown,
    Unknown,
    as_text,
    force,
    read_json,
    unknown,
)

TRANSLATIONS = "@generated/codeTranslations"
"""The name by which `LoadFile` gives the site's translations of `<Translate>` for the page's language."""
SITE_CONFIG = "@generated/docusaurus.config"
"""The name by which it gives what the site's config says of the site, as JSON."""
GIVEN_COMPONENTS = ("Head", "Details")
"""Components that every page has without an import, beside those of tags; each has the text between its tags."""
_MDX_COMPONENTS = ("@theme-original/MDXComponents", "@theme-init/MDXComponents", "@theme/MDXComponents")
_NAME_IN_MESSAGE = re.compile(r"\{(\w+)\}", re.ASCII)


class Packages:
    """The packages that one page and its modules import; `load` gives the data that a build of the site makes."""

    def __init__(self, evaluator: Evaluator, load: Callable[[str, str], ImportedFile | None]) -> None:
        self._evaluator = evaluator
        self._load = load
        self._data: dict[str, dict[str, Any]] = {}

    def exported(self, specifier: str, name: str) -> Any:
        """What a package exports under a name, as far as it is known without its source; else an External."""
        if specifier == "react":
            react = {**_REACT, "useState": self._use_state, "useRef": self._use_state}
            return react if name in ("default", "*") else react.get(name, External(name, specifier))
        if specifier == "@docusaurus/Translate" and name == "translate":
            return self._translate
        if specifier == "@docusaurus/Interpolate" and name == "interpolate":
            return interpolated_text
        if specifier == "@docusaurus/useDocusaurusContext" and name == "default":
            return self._context
        if name == "default" and specifier in _MDX_COMPONENTS:
            return {given: External(given, f"@theme/MDXComponents/{given}") for given in GIVEN_COMPONENTS}
        if specifier == SITE_CONFIG:
            return self._generated(SITE_CONFIG) if name in ("default", "*") else External(name, specifier)
        return External(name, specifier)

    def message(self, text: str, identity: str | None = None) -> str:
        """A text in the language of the page, by its `id` or by itself, where the site's translations have it."""
        key = text if identity is None else identity
        found = self._generated(TRANSLATIONS).get(key)
        found = force(found.get("message")) if isinstance(found, dict) else found
        return found if isinstance(found, str) else text or key

    def _translate(self, message: Any, values: Any = UNDEFINED, *_: Any) -> Any:
        """`translate({id, message}, values)`."""
        if not isinstance(message, dict):
            raise Unknown("a message that is no object")
        text, identity = (force(message.get(key)) for key in ("message", "id"))
        text = self.message(text if isinstance(text, str) else "", identity if isinstance(identity, str) else None)
        return interpolated_text(text, values)

    def _context(self, *_: Any) -> Any:
        """What `useDocusaurusContext()` gives, as far as the site's config decides it."""
        return PartlyKnown(siteConfig=self._generated(SITE_CONFIG))

    def _generated(self, specifier: str) -> dict[str, Any]:
        """Data that a build of the site makes; what is not in it is not known."""
        if specifier not in self._data:
            file = self._load(specifier, "")
            try:
                data = read_json(file.text) if file is not None else {}
            except Unknown:
                data = {}
            self._data[specifier] = PartlyKnown(data if isinstance(data, dict) else {})
        return self._data[specifier]

    def _use_state(self, *initial: Any) -> list[Any]:
        """The state that a component begins with, which is the published one."""
        self._evaluator.is_stateful = True
        return [initial[0] if initial else UNDEFINED, unknown("a value that changes at run time")]


def interpolated(text: str, values: Any) -> Iterator[Any]:
    """The parts of a message, its `{names}` replaced by those of `values` that there are."""
    known = values if isinstance(values, dict) else {}
    position = 0
    for match in _NAME_IN_MESSAGE.finditer(text):
        if match[1] in known:
            yield text[position : match.start()]
            yield known[match[1]]
            position = match.end()
    yield text[position:]


def interpolated_text(text: Any, values: Any = UNDEFINED, *_: Any) -> str:
    """The same as one text; raises Unknown where a value has none."""
    return "".join(as_text(force(part)) for part in interpolated(as_text(text), values))


def _create_element(kind: Any, props: Any = None, *children: Any) -> Element:
    return Element(kind, kind if isinstance(kind, str) else "", props if isinstance(props, dict) else {}, children)


_REACT: dict[str, Any] = {
    "createElement": _create_element,
    "Fragment": "",
    "useMemo": lambda compute, *_: compute(),
    "useCallback": lambda function, *_: function,
    "memo": lambda component, *_: component,
    "forwardRef": lambda component: component,
}
