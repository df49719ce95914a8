"""The book's place and how its site is published, from the environment and `.env`."""

from pathlib import Path

from pydantic import Field, field_validator

from storage.environment import Address, EnvironmentSettings, comma_separated


class BookSettings(EnvironmentSettings):
    """The book's folder, and settings of its site for a config that cannot be read or lacks them."""

    book_dir: Path = Path("book/docs")
    site_dir: Path | None = None  # the folder with the config, versions.json and i18n; default: the parent of book_dir
    site_url: Address | None = None  # the published origin
    base_url: str | None = None
    route_base_path: str | None = None
    trailing_slash: bool | None = None
    docs_include: str | None = None  # comma-separated globs
    docs_exclude: str | None = None
    locales: str | None = None  # comma-separated, the default one first
    include_unlisted: bool = False
    eval_set: Path | None = None  # questions that a build must answer as well as the live one
    eval_tolerance: float = Field(default=0.05, ge=0, le=1)  # how far its figures may fall, as a share
    run_site_config: bool = True  # whether docusaurus.config.* may be run with Node
    site_config_env: str | None = None  # comma-separated variables that the config gets although they look like secrets
    node_command: str = "node"
    # A config with many imports takes seconds on a busy machine.
    node_timeout_seconds: float = Field(default=60.0, gt=0)

    @field_validator("site_dir")
    @classmethod
    def _site_is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"there is no folder {value}")
        return value

    @field_validator("eval_set")
    @classmethod
    def _questions_are_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @property
    def questions_path(self) -> Path:
        """The path of the book's evaluation set, which may not exist: EVAL_SET, or the one in the site's folder."""
        return self.eval_set or (self.site_dir or self.book_dir.resolve().parent) / "eval" / "questions.jsonl"

    @property
    def include_globs(self) -> tuple[str, ...] | None:
        """DOCS_INCLUDE, split at the commas that are not inside braces."""
        return split_globs(self.docs_include)

    @property
    def exclude_globs(self) -> tuple[str, ...] | None:
        """DOCS_EXCLUDE, split at the commas that are not inside braces."""
        return split_globs(self.docs_exclude)

    @property
    def site_config_variables(self) -> list[str]:
        """SITE_CONFIG_ENV as names."""
        return comma_separated(self.site_config_env)

    @property
    def locale_names(self) -> list[str]:
        """LOCALES, the default one first; empty if it is not set."""
        return comma_separated(self.locales)


def split_globs(text: str | None) -> tuple[str, ...] | None:
    """`a/**,**/*.{md,mdx}` → `a/**` and `**/*.{md,mdx}`; None for None."""
    if text is None:
        return None
    globs, depth = [""], 0
    for char in text:
        depth += (char in "{(") - (char in "})")
        if char == "," and depth <= 0:
            globs.append("")
        else:
            globs[-1] += char
    return tuple(glob.strip() for glob in globs if glob.strip())
