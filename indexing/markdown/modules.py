"""What a file of the site declares, imports and exports, each value computed on demand; called by `page_scope`.

A module is the `import` and `export` lines of a page, or a JavaScript or TypeScript file that a page imports. Imports
are followed within the site: components, data in JSON, Markdown, raw text. The source of packages is not read; the
exports of React's and Docusaurus' own are known. Messages are translated here, as `<Translate>` and `translate()` show
them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from indexing.markdown.evaluator import Evaluator, Function
from indexing.markdown.expressions import EXPRESSION_RULES
from indexing.markdown.methods import GLOBALS, METHODS
from indexing.markdown.page import ImportedFile, LoadFile
from indexing.markdown.scanning import parse
from indexing.markdown.values import (
    UNDEFINED,
    Element,
    External,
    Lazy,
    PartlyKnown,
    Scope,
    Unknown,
    as_text,
    force,
    from_json,
    read_json,
    source,
    string_text,
    unknown,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_MODULES = 200
"""The maximum number of JavaScript and data files that one page may import."""
MAX_CHARACTERS = 1_000_000
"""Of one such file."""
CODE_EXTENSIONS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")
_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts")
_RAW_LOADER = re.compile(r"-?!{0,2}(?:[^!]*!)*raw-loader!(?P<path>.+)", re.DOTALL)
_FENCE = re.compile(r" *(`{3,}|~{3,})")
_CODE_LINE = re.compile(r"(?:import|export) ")
_STYLES = (".css", ".scss", ".sass", ".less")
TRANSLATIONS = "@generated/codeTranslations"
"""The name by which `LoadFile` returns the site's translations of `<Translate>` for the page's language."""
SITE_CONFIG = "@generated/docusaurus.config"
"""The name by which it returns the config's site data, as JSON."""
GIVEN_COMPONENTS = ("Head", "Details")
"""Components that every page has without an import, besides those of tags; each shows the text between its tags."""
_MDX_COMPONENTS = ("@theme-original/MDXComponents", "@theme-init/MDXComponents", "@theme/MDXComponents")
_NAME_IN_MESSAGE = re.compile(r"\{(\w+)\}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class MarkdownComponent:
    """A Markdown file that is shown in the place of its component."""

    file: ImportedFile


@dataclass(frozen=True, slots=True, eq=False)
class MissingFile:
    """An imported file of the site that does not exist or cannot be read."""

    specifier: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that a statement imports or declares."""

    name: str
    row: int  # of the code, from 0
    is_exported: bool


@dataclass(slots=True)
class Module:
    """One file's scope and its exports."""

    scope: Scope
    exports: dict[str, Any] = field(default_factory=dict)
    whole: Any = None  # what is assigned to `module.exports`
    bound: list[Binding] = field(default_factory=list)  # the names that its statements import and declare, in order


class Modules:
    """Follows the imports of one page, its partials and their modules, with common bounds for all of them."""

    def __init__(self, load: LoadFile | None) -> None:
        self.evaluator = Evaluator(EXPRESSION_RULES, METHODS)
        self._load = load
        self._files: dict[tuple[str, str], ImportedFile | None] = {}
        self._modules: dict[str, Module] = {}
        self.packages = Packages(self.evaluator, self.load)
        self._globals = Scope(None, {**GLOBALS, "undefined": UNDEFINED})

    def page(self, code: str, source_name: str, names: dict[str, Any]) -> Module:
        """The module of a page's `import` and `export` lines; `names` are those that MDX adds."""
        names["require"] = self._require(source_name)
        module = Module(Scope(Scope(self._globals, names)))
        if code:
            self._read(parse(code), source_name, module)
        return module

    def load(self, specifier: str, importer: str) -> ImportedFile | None:
        """The file that `importer` names by `specifier`; None if the site has none."""
        key = (specifier, importer)
        if key not in self._files:
            full = len(self._files) >= MAX_MODULES
            self._files[key] = self._load(specifier, importer) if self._load and not full else None
        return self._files[key]

    def exported(self, specifier: str, name: str, importer: str) -> Any:
        """The value of `import {name} from "specifier"`; raises Unknown if only running it would tell."""
        raw = _RAW_LOADER.fullmatch(specifier)
        path = raw["path"] if raw else specifier
        if path.endswith(_STYLES) and not raw:
            return {}
        file = self.load(path, importer)
        if file is None:
            if raw or path.endswith((".md", ".mdx")):
                return MissingFile(path)
            if path.startswith((".", "/", "@site/")):
                return External(name, path)
            return self.packages.exported(specifier, name)
        if raw:
            return file.text
        return self._of_file(file, name)

    def _require(self, importer: str) -> Callable[..., Any]:
        def require(specifier: Any = "", *_: Any) -> Any:
            everything = self.exported(as_text(specifier), "*", importer)
            file = self.load(as_text(specifier), importer)
            module = self._modules.get(file.source) if file is not None else None
            return everything if module is None or module.whole is None else force(module.whole)

        return require

    def _of_file(self, file: ImportedFile, name: str) -> Any:
        path = file.source.lower()
        if path.endswith((".md", ".mdx")):
            return self._of_markdown(file, name)
        if len(file.text) > MAX_CHARACTERS:
            raise Unknown("the imported file is too large")
        if path.endswith(".json"):
            data = read_json(file.text)
            return (
                data if name in ("default", "*") else data.get(name, UNDEFINED) if isinstance(data, dict) else UNDEFINED
            )
        if not path.endswith(CODE_EXTENSIONS):
            return External(name, file.source)
        exports = self._module(file).exports
        if name == "*":
            return exports
        if name in exports:
            return force(exports[name])
        if "*" in exports:
            return force(exports["*"])
        raise Unknown(f"{file.source} exports no {name}")

    def _of_markdown(self, file: ImportedFile, name: str) -> Any:
        if name == "default":
            return MarkdownComponent(file)
        if name == "*":
            return {"default": MarkdownComponent(file), "frontMatter": from_json(file.front_matter)}
        if name == "frontMatter":
            return from_json(file.front_matter)
        exports = self._markdown_module(file).exports
        if name in exports:
            return force(exports[name])
        raise Unknown(f"what {file.source} exports as {name}")

    def _markdown_module(self, file: ImportedFile) -> Module:
        """The module of the `import` and `export` lines of a Markdown file."""
        known = self._modules.get(file.source)
        if known is None:
            known = self._modules[file.source] = Module(
                Scope(self._globals, {"frontMatter": from_json(file.front_matter)})
            )
            for code in _code_blocks(file.text):
                program = parse(code)
                if not program.has_error:
                    self._read(program, file.source, known)
        return known

    def _module(self, file: ImportedFile) -> Module:
        known = self._modules.get(file.source)
        if known is None:
            around = Scope(self._globals, {"require": self._require(file.source)})
            known = self._modules[file.source] = Module(Scope(around))
            typescript = file.source.lower().endswith(_TYPESCRIPT)
            self._read(parse(file.text, typescript=typescript), file.source, known)
        return known

    def _read(self, program: "Node", importer: str, module: Module) -> None:
        for statement in program.named_children:
            if statement.type == "import_statement":
                self._import(statement, importer, module)
            elif statement.type == "export_statement":
                self._export(statement, importer, module)
            elif statement.type in _DECLARATIONS:
                self.evaluator.declare(statement, module.scope)
            elif statement.type == "expression_statement":
                self._assign(statement, module)

    def _import(self, statement: "Node", importer: str, module: Module) -> None:
        origin = statement.child_by_field_name("source")
        clause = next((child for child in statement.named_children if child.type == "import_clause"), None)
        if origin is None or clause is None:
            return
        specifier = string_text(origin)
        row = statement.start_point[0]
        for child in clause.named_children:
            if child.type == "identifier":
                self._bind(module, row, source(child), specifier, "default", importer)
            elif child.type == "namespace_import":
                self._bind(module, row, source(child.named_children[0]), specifier, "*", importer)
            elif child.type == "named_imports":
                for item in child.named_children:
                    if item.type != "import_specifier":
                        continue
                    name = _exported_name(item, "name")
                    local = _exported_name(item, "alias") or name
                    self._bind(module, row, local, specifier, name, importer)

    def _bind(self, module: Module, row: int, local: str, specifier: str, name: str, importer: str) -> None:
        def follow() -> Any:
            value = self.exported(specifier, name, importer)
            return External(local, specifier) if isinstance(value, External) and not value.specifier else value

        module.bound.append(Binding(local, row, is_exported=False))
        module.scope.names[local] = Lazy(follow)

    def _export(self, statement: "Node", importer: str, module: Module) -> None:
        origin = statement.child_by_field_name("source")
        declaration, value = statement.child_by_field_name("declaration"), statement.child_by_field_name("value")
        is_default = any(child.type == "default" for child in statement.children)
        if declaration is not None:
            names = self.evaluator.declare(declaration, module.scope)
            row = statement.start_point[0]
            module.bound += [Binding(name, row, is_exported=True) for name in names]
            for name in names:
                # Computed later, since a statement further down may change it.
                module.exports["default" if is_default else name] = Lazy(partial(module.scope.find, name))
            if is_default and not names and declaration.type == "function_declaration":
                module.exports["default"] = self.evaluator.later(declaration, module.scope)
        elif value is not None and is_default:
            module.exports["default"] = self.evaluator.later(value, module.scope)
        clause = next((child for child in statement.named_children if child.type == "export_clause"), None)
        for item in clause.named_children if clause is not None else ():
            name = _exported_name(item, "name")
            shown = _exported_name(item, "alias") or name
            if origin is not None:
                module.exports[shown] = Lazy(partial(self.exported, string_text(origin), name, importer))
            else:
                module.exports[shown] = Lazy(partial(module.scope.find, name))
        if origin is not None and clause is None:
            self._export_all(string_text(origin), importer, module)

    def _export_all(self, specifier: str, importer: str, module: Module) -> None:
        """`export * from`, read at once so that its names are known; a circular import ends at what is known so far."""
        try:
            names = self.exported(specifier, "*", importer)
        except Unknown:
            names = None
        if not isinstance(names, dict) or isinstance(names, PartlyKnown):
            module.exports = PartlyKnown(module.exports)
        if isinstance(names, dict):
            module.exports |= {key: value for key, value in names.items() if key != "default"}

    def _assign(self, statement: "Node", module: Module) -> None:
        """`module.exports = …`, `Card.Title = …`; whatever else a statement changes is unknown from then on."""
        assignment = statement.named_children[0] if statement.named_children else None
        left = assignment.child_by_field_name("left") if assignment is not None else None
        right = assignment.child_by_field_name("right") if assignment is not None else None
        if assignment is None or assignment.type != "assignment_expression" or left is None or right is None:
            self._forget_changed(statement, module)
        elif source(left) == "module.exports":
            self._export_object(right, module)
        elif source(left).startswith("exports."):
            module.exports[source(left).removeprefix("exports.")] = self.evaluator.later(right, module.scope)
        elif (owner := self._assigned_component(left, module)) is not None:
            owner.members[source(left).rpartition(".")[2]] = self.evaluator.later(right, module.scope)
        else:
            self._forget_changed(statement, module)

    def _forget_changed(self, statement: "Node", module: Module) -> None:
        if statement.named_children:
            with suppress(Unknown):
                self.evaluator.forget_changed(statement, module.scope)

    def _assigned_component(self, left: "Node", module: Module) -> Function | None:
        """The function of this module to which a member is assigned; None for anything else."""
        target = left.child_by_field_name("object") if left.type == "member_expression" else None
        if target is None or target.type != "identifier":
            return None
        value = module.scope.names.get(source(target))
        try:
            value = force(value)
        except Unknown:
            return None
        return value if isinstance(value, Function) else None

    def _export_object(self, right: "Node", module: Module) -> None:
        value = self.evaluator.later(right, module.scope)
        module.exports["default"] = module.whole = value
        if right.type == "object":
            with suppress(Unknown):
                data = value.force()
                module.exports |= data if isinstance(data, dict) else {}


_DECLARATIONS = ("lexical_declaration", "variable_declaration", "function_declaration", "class_declaration")


def _exported_name(item: "Node", which: str) -> str:
    """The name, or the new name, of an import or export specifier; `{default as X}` has its first name unparsed."""
    node = item.child_by_field_name(which)
    if node is not None:
        return string_text(node) if node.type == "string" else source(node)
    if which == "name" and source(item).lstrip().startswith("default"):
        return "default"
    return ""


def _code_blocks(text: str) -> Iterator[str]:
    """The paragraphs of a Markdown text that begin with `import` or `export`, those inside fences left out."""
    fence = ""
    block: list[str] = []
    for line in [*text[:MAX_CHARACTERS].split("\n"), ""]:
        opening = _FENCE.match(line)
        if not block and opening and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else opening[1]
        elif not fence and (block or _CODE_LINE.match(line)):
            if line.strip():
                block.append(line)
            elif block:
                yield "\n".join(block)
                block = []


class Packages:
    """The packages that one page and its modules import; `load` returns the data that a build of the site generates."""

    def __init__(self, evaluator: Evaluator, load: Callable[[str, str], ImportedFile | None]) -> None:
        self._evaluator = evaluator
        self._load = load
        self._data: dict[str, dict[str, Any]] = {}

    def exported(self, specifier: str, name: str) -> Any:
        """A package's export by name, as far as it is known without its source; otherwise an External."""
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
        """A text in the language of the page, by its `id` or by itself, if the site's translations have it."""
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
        """The result of `useDocusaurusContext()`, as far as the site's config decides it."""
        return PartlyKnown(siteConfig=self._generated(SITE_CONFIG))

    def _generated(self, specifier: str) -> dict[str, Any]:
        """Data that a build of the site generates; what is not in it is unknown."""
        if specifier not in self._data:
            file = self._load(specifier, "")
            try:
                data = read_json(file.text) if file is not None else {}
            except Unknown:
                data = {}
            self._data[specifier] = PartlyKnown(data if isinstance(data, dict) else {})
        return self._data[specifier]

    def _use_state(self, *initial: Any) -> list[Any]:
        """A component's initial state, which is the published one."""
        self._evaluator.is_stateful = True
        return [initial[0] if initial else UNDEFINED, unknown("a value that changes at run time")]


def interpolated(text: str, values: Any) -> Iterator[Any]:
    """The parts of a message, with its `{names}` replaced by their `values` if there are any."""
    known = values if isinstance(values, dict) else {}
    position = 0
    for match in _NAME_IN_MESSAGE.finditer(text):
        if match[1] in known:
            yield text[position : match.start()]
            yield known[match[1]]
            position = match.end()
    yield text[position:]


def interpolated_text(text: Any, values: Any = UNDEFINED, *_: Any) -> str:
    """The same as one text; raises Unknown if a value has none."""
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
