"""Reads the settings of `indexing.docusaurus.site` from a site's config, given as plain data.

The data comes from running `docusaurus.config.*` (`indexing.docusaurus.run_config`), or from `bookrag.site.json` in the
same form; what neither has is taken from the environment.
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from indexing.docusaurus.site import (
    DEFAULT_ADMONITIONS,
    DEFAULT_EXCLUDE,
    DEFAULT_INCLUDE,
    DEFAULT_INSTANCE,
    Docs,
    Locale,
    MarkdownSettings,
)
from indexing.docusaurus.urls import normalize_url

FUNCTION = "$function"
"""The key that replaces a function in the data, or a module that is not installed; its value is a name."""
_PATH = "$path"  # beside it: the function's place in the config
_MISSING = "$missing"  # beside it: the value comes from a package that is not installed
_SPREAD = "$spread"  # in an object that such a package was spread into: the package's name

_TEMPLATE_HOSTS = (
    *("your-docusaurus-", "your-site", "your-domain", "your-username.", "your-org", "your-project.", "your-book."),
    *("yoursite.", "yourdomain.", "yourusername.", "username.github.io"),
)
_RESERVED_HOSTS = {f"{www}example.{top}" for www in ("", "www.") for top in ("com", "net", "org")}  # RFC 2606
_OWN_MACHINE = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  # compared, not listened on
_TAG = re.compile(r"<[^<>]{0,500}>")
_MOST_OF_A_FOOTER = 300  # characters
_SITE_FACTS = ("title", "tagline", "url", "organizationName", "projectName", "customFields")
_SITE_SETTINGS = ("url", "baseUrl", "trailingSlash", "i18n")
_DOCS_SETTINGS = (
    *("id", "path", "routeBasePath", "include", "exclude", "numberPrefixParser", "includeCurrentVersion"),
    *("disableVersioning", "onlyIncludeVersions", "lastVersion", "versions"),
)

_DOCS_PLUGINS = {"content-docs", "@docusaurus/plugin-content-docs", "docusaurus-plugin-content-docs"}

_WITHOUT_COMPONENTS = {
    f"@docusaurus/plugin-{name}"
    for name in (
        *("content-blog", "content-pages", "client-redirects", "debug", "google-analytics", "google-gtag"),
        *("google-tag-manager", "ideal-image", "pwa", "sitemap", "svgr", "vercel-analytics"),
        *("rsdoctor", "css-cascade-layers"),
    )
}
"""Docusaurus' own plugins besides the docs': none of them adds components to pages."""
_THEMES = {f"@docusaurus/theme-{name}" for name in ("classic", "mermaid", "search-algolia", "live-codeblock")}


class SiteConfig:
    """Reads one loaded config; assumptions are collected in `notes`.

    `unsure` collects the reasons why addresses may differ from the published ones, because their settings could not be
    read.
    """

    def __init__(
        self, data: dict[str, Any], notes: list[str], minor: int | None = None, unsure: list[str] | None = None
    ) -> None:
        self.data = data
        self.minor = minor  # of Docusaurus 3, where it is known
        self._notes = notes
        self._unsure: list[str] = [] if unsure is None else unsure

    def note(self, text: str) -> None:
        """Add an assumption to `notes`, once."""
        if text not in self._notes:
            self._notes.append(text)

    def doubt(self, text: str) -> None:
        """Add a reason why addresses are not certain to `unsure`, once."""
        if text not in self._unsure:
            self._unsure.append(text)

    def check_addresses(self, site_url: str | None) -> None:
        """Add a doubt for every setting that addresses depend on and that has no plain value.

        `site_url` is the origin from the environment, if set.
        """
        if _SPREAD in self.data:
            self.doubt(f"the config takes settings from the package {self.data[_SPREAD]}, which is not installed")
        for name in _SITE_SETTINGS:
            self._doubt_unread(self.data.get(name), f"`{name}`")
        for name in ("presets", "plugins", "markdown"):
            if _is_function(self.data.get(name)):
                self._doubt_unread(self.data[name], f"`{name}`")
        if not _is_function(self.data.get("baseUrl")) and not isinstance(self.data.get("baseUrl"), str):
            self.doubt("the config has no `baseUrl`, which stops Docusaurus")
        slash = self.data.get("trailingSlash")
        if slash is not None and not isinstance(slash, bool) and not _is_function(slash):
            self.doubt(f"`trailingSlash` is {slash!r}, which stops Docusaurus: it only accepts true and false")
        if site_url is None and not _is_function(self.data.get("url")):
            wrong = origin_problem(self.url) if self.url else "is missing, which stops Docusaurus: set it, or SITE_URL"
            if wrong:
                self.doubt(f"the config's `url`{f' {self.url!r}' if self.url else ''} {wrong}")

    def _doubt_unread(self, value: Any, where: str) -> None:
        if _is_function(value):
            self.doubt(
                f"{where} comes from the package {value[FUNCTION]}, which is not installed"
                if value.get(_MISSING)
                else f"{where} is a function, where a plain value is expected"
            )
        elif isinstance(value, dict):
            if _SPREAD in value:
                self.doubt(f"{where} takes settings from the package {value[_SPREAD]}, which is not installed")
            for name, item in value.items():
                self._doubt_unread(item, f"{where[:-1]}.{name}`")
        elif isinstance(value, list):
            for item in value:
                self._doubt_unread(item, where)

    @property
    def base_url(self) -> str:
        """`baseUrl` with a slash at both ends."""
        return normalize_url(["/", _text(self.data.get("baseUrl")) or "/", "/"])

    @property
    def url(self) -> str | None:
        """The published origin."""
        return _text(self.data.get("url"))

    @property
    def title(self) -> str | None:
        """The site's title."""
        return _text(self.data.get("title")) or None

    @property
    def copyright(self) -> str | None:
        """The footer's copyright line, without markup."""
        footer = _dict(_dict(self.data.get("themeConfig")).get("footer"))
        text = unescape(_TAG.sub("", _text(footer.get("copyright")) or ""))
        return " ".join(text.split())[:_MOST_OF_A_FOOTER] or None

    @property
    def trailing_slash(self) -> bool | None:
        """`trailingSlash`; None if addresses are left unchanged."""
        value = self.data.get("trailingSlash")
        return value if isinstance(value, bool) else None

    @property
    def default_locale(self) -> str:
        """The language that needs no translation."""
        return _text(_dict(self.data.get("i18n")).get("defaultLocale")) or "en"

    @property
    def locale_names(self) -> tuple[str, ...]:
        """All languages, the default one first."""
        listed = _strings(_dict(self.data.get("i18n")).get("locales")) or ()
        return tuple(dict.fromkeys((self.default_locale, *listed)))

    def locale(self, name: str, folder: Path) -> Locale:
        """The settings of one language of the site in `folder`."""
        i18n = _dict(self.data.get("i18n"))
        own = _dict(_dict(i18n.get("localeConfigs")).get(name))
        base_url = _text(own.get("baseUrl"))
        parts = [base_url] if base_url is not None else [self.base_url, "" if name == self.default_locale else name]
        translations = folder / (_text(i18n.get("path")) or "i18n") / (_text(own.get("path")) or name)
        translate = own.get("translate")
        used = translate if isinstance(translate, bool) else translations.exists()
        url = _text(own.get("url"))
        if url is not None and (wrong := origin_problem(url)):
            self.doubt(f"the `url` of the language {name}, {url!r}, {wrong}")
        base = normalize_url(["/", *parts, "/"])
        facts = {key: self.data[key] for key in _SITE_FACTS if isinstance(self.data.get(key), str | dict)}
        return Locale(
            name=name,
            base_url=base,
            folder=translations if used else None,
            url=url.rstrip("/") if url else None,
            facts=json.dumps({**facts, "baseUrl": base, **({"url": url} if url else {})}),
        )

    @property
    def markdown(self) -> MarkdownSettings:
        """The `markdown` part."""
        markdown = _dict(self.data.get("markdown"))
        functions = tuple(name for name in ("parseFrontMatter", "preprocessor") if _is_function(markdown.get(name)))
        for name in functions:
            if markdown[name].get(_MISSING):
                self._doubt_unread(markdown[name], f"`markdown.{name}`")
        if _SPREAD in markdown:
            self._doubt_unread({_SPREAD: markdown[_SPREAD]}, "`markdown`")
        compat = _dict(markdown.get("mdx1Compat"))
        default = not self._drops_compat()
        style = _text(markdown.get("format")) or "mdx"
        return MarkdownSettings(
            format=style if style in {"mdx", "md", "detect"} else "mdx",
            comments=_flag(compat.get("comments"), default=default),
            admonitions=_flag(compat.get("admonitions"), default=default),
            heading_ids=_flag(compat.get("headingIds"), default=default),
            maintain_case=_flag(_dict(markdown.get("anchors")).get("maintainCase"), default=False),
            emoji=_flag(markdown.get("emoji"), default=True),
            magic_comments=_magic_comments(
                _dict(_dict(self.data.get("themeConfig")).get("prism")).get("magicComments")
            ),
            components_known=self._knows_all_packages(),
            page_functions=functions,
        )

    def _knows_all_packages(self) -> bool:
        """Whether all presets, plugins and themes are Docusaurus' own, and no remark plugin can change tags."""
        presets = [name for name, _ in _entries(self.data.get("presets"))]
        plugins = [name for name, _ in _entries(self.data.get("plugins"))]
        themes = [name for name, _ in _entries(self.data.get("themes"))]
        remark = [
            _plugin_name(plugin)
            for options in self._docs_options()
            for kind in ("remarkPlugins", "beforeDefaultRemarkPlugins", "rehypePlugins", "beforeDefaultRehypePlugins")
            for plugin in _list(options.get(kind))
        ]
        return (
            _SPREAD not in self.data
            and all(_is_classic(name) for name in presets)
            and any(_is_classic(name) for name in (*presets, *themes))
            and all(_is_docs_plugin(name) or _full_name(name, "plugin") in _WITHOUT_COMPONENTS for name in plugins)
            and all(_full_name(name, "theme") in _THEMES for name in themes)
            and all("math" in name.lower() or "katex" in name.lower() for name in remark)
        )

    def _drops_compat(self) -> bool:
        """Whether `future.v4` disables MDX 1 compatibility, as it does since 3.10."""
        v4 = _dict(self.data.get("future")).get("v4")
        if self.minor is not None and self.minor < 10:
            return False
        return v4 is True or _flag(_dict(v4).get("mdx1CompatDisabledByDefault"), default=False)

    def docs(self) -> tuple[Docs, ...]:
        """Every docs instance, from presets and plugins."""
        found: dict[str, Docs] = {}
        for options in self._docs_options():
            for name in ("", *_DOCS_SETTINGS):
                value = options.get(name) if name else {key: options[key] for key in (_SPREAD,) if key in options}
                if name != "numberPrefixParser" or _dict(value).get(_MISSING):
                    self._doubt_unread(value, f"`{name or 'docs'}`")
            docs = self._instance(options)
            if docs.id in found:
                self.note(f"two docs instances have the id {docs.id!r}: the first one counts")
            found.setdefault(docs.id, docs)
        return tuple(found.values())

    def _docs_options(self) -> Iterator[dict[str, Any]]:
        for name, options in _entries(self.data.get("presets")):
            docs = options.get("docs")
            known = _is_classic(name)
            if docs is False or (docs is None and not known):
                if docs is None:
                    self.note(f"the preset {name!r} is not known: it is assumed to publish no docs")
                continue
            if not known:
                self.note(f"the preset {name!r} is not known: its `docs` are read as the classic preset's")
            yield _dict(docs)
        for name, options in _entries(self.data.get("plugins")):
            if _is_docs_plugin(name):
                yield options
            elif "sidebarPath" in options and ("path" in options or "routeBasePath" in options):
                self.note(f"the plugin {name!r} is not known: it has the docs plugin's options and is read as one")
                yield options
            elif name.startswith("$") and name != FUNCTION:
                self.note(f"the plugin {name!r} is not known: it is assumed to publish no docs")

    def _instance(self, options: dict[str, Any]) -> Docs:
        parser = options.get("numberPrefixParser")
        only = _strings(options.get("onlyIncludeVersions"))
        versions = _dict(options.get("versions"))
        return Docs(
            id=_text(options.get("id")) or DEFAULT_INSTANCE,
            path=_text(options.get("path")) or "docs",
            route_base_path=_route(options.get("routeBasePath")),
            include=_or_default(_strings(options.get("include")), DEFAULT_INCLUDE),
            exclude=_or_default(_strings(options.get("exclude")), DEFAULT_EXCLUDE),
            strips_numbers=parser is not False,
            parser_path=tuple(_list(_dict(parser).get(_PATH))) or None,
            include_current=_flag(options.get("includeCurrentVersion"), default=True),
            disable_versioning=_flag(options.get("disableVersioning"), default=False),
            only_versions=only,
            last_version=_text(options.get("lastVersion")),
            version_paths={
                name: str(_dict(value)["path"]) for name, value in versions.items() if "path" in _dict(value)
            },
            admonitions=_admonitions(options.get("admonitions")),
            math=self._math(options),
            sidebar_path=_text(options.get("sidebarPath")),
        )

    def _math(self, options: dict[str, Any]) -> bool:
        plugins = [*_list(options.get("remarkPlugins")), *_list(options.get("beforeDefaultRemarkPlugins"))]
        names = [_plugin_name(plugin) for plugin in plugins]
        for name in names:
            if "math" not in name.lower() and "npm2yarn" not in name.lower():
                self.note(f"the remark plugin {name or 'without a name'} is not known: what it changes is not seen")
        return any("math" in name.lower() for name in names)


def origin_problem(url: str) -> str | None:
    """Why Docusaurus rejects `url` as a site's origin, or readers cannot open it; None if both can use it."""
    try:
        parts = urlsplit(url.strip())
        has_host = bool(parts.hostname)
    except ValueError:
        has_host = False
    if not has_host:
        return "is no address with a protocol, such as https://example.org, which stops Docusaurus"
    if parts.scheme not in {"http", "https"}:
        return "is no address of http or https, so no reader could open its pages"
    if parts.path not in {"", "/"}:
        return f"has the path {parts.path}, which stops Docusaurus: it belongs in `baseUrl`"
    return None


def unpublished_origin(url: str) -> bool:
    """Whether `url` is the origin of a template or a development server, where readers find no pages."""
    host = (urlsplit(url).hostname or "").lower()
    own = host in _OWN_MACHINE or host.startswith("127.") or host.endswith((".localhost", ".local"))
    return own or host in _RESERVED_HOSTS or host.startswith(_TEMPLATE_HOSTS)


def _entries(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, options) of presets or plugins, which are written as a name, a pair or a function."""
    for entry in _list(value):
        if not entry:
            continue
        head, *rest = entry if isinstance(entry, list) and entry else [entry]
        yield _plugin_name(head), _dict(rest[0]) if rest else {}


def _plugin_name(value: Any) -> str:
    if isinstance(value, list) and value:
        return _plugin_name(value[0])
    if isinstance(value, dict):
        return str(value.get(FUNCTION, ""))
    return value if isinstance(value, str) else ""


def _is_classic(name: str) -> bool:
    return name in ("classic", "@docusaurus/theme-classic") or name.endswith(
        ("preset-classic", "/preset-classic/lib/index.js")
    )


def _full_name(name: str, kind: str) -> str:
    """The package that the short name of a plugin or theme stands for."""
    return name if name.startswith("@") else f"@docusaurus/{kind}-{name}"


def _is_docs_plugin(name: str) -> bool:
    return name in _DOCS_PLUGINS or "/plugin-content-docs/" in name.replace("\\", "/") + "/"


def _admonitions(value: Any) -> tuple[str, ...]:
    if value is False:
        return ()
    keywords = _strings(_dict(value).get("keywords")) or ()
    if _dict(value).get("extendDefaults") is False and keywords:
        return keywords
    return tuple(dict.fromkeys((*DEFAULT_ADMONITIONS, *keywords)))


def _magic_comments(value: Any) -> tuple[str, ...] | None:
    """The comments in code that the theme hides; None if the config defines none."""
    if not isinstance(value, list):
        return None
    entries = [_dict(item) for item in value]
    texts = [text for item in entries for text in (item.get("line"), *_dict(item.get("block")).values())]
    return tuple(text for text in texts if isinstance(text, str))


def _is_function(value: Any) -> bool:
    return isinstance(value, dict) and FUNCTION in value


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _route(value: Any) -> str:
    return value if isinstance(value, str) else "docs"


def _flag(value: Any, *, default: bool) -> bool:
    return value if isinstance(value, bool) else default


def _strings(value: Any) -> tuple[str, ...] | None:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else None


def _or_default(value: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if value is None else value
