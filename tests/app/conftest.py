"""What tests of the application share: stores of readers, a service with a model, pages with the widget."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reader_stores import local_stores, project, stores, supabase_stores

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser import OpenPage, Start
    from tests.gemini_server import GeminiServer
    from tests.page_server import PageServer
    from tests.serving import Served

__all__ = ["local_stores", "project", "stores", "supabase_stores"]


@pytest.fixture(scope="module")
def with_model(
    small_index: Path, tmp_path_factory: pytest.TempPathFactory, gemini: "GeminiServer"
) -> Iterator["Served"]:
    """The service over the small book, with the `gemini` of the test module."""
    from tests.serving import copied, serving

    with serving(copied(small_index, tmp_path_factory.mktemp("model")), gemini_url=gemini.url) as served:
        yield served


@pytest.fixture
def site(server: "PageServer", start: "Start") -> str:
    """A page of a book on another origin, with the widget of `server`."""
    from tests.host_site import host_site

    return start(host_site(server.address))


@pytest.fixture
def page(open_page: "OpenPage", site: str) -> "Page":
    """The page of `site`, with the widget's panel open."""
    from tests.widget_page import open_panel

    page = open_page(site)
    open_panel(page)
    return page


@pytest.fixture
def service(data_dir: Path, start: "Start") -> "Served":
    """The real service over the small book."""
    from app.settings import AppSettings
    from tests.serving import serving

    return start(serving(data_dir, app=AppSettings(_env_file=None, cors_origins="*")))


@pytest.fixture
def served_site(service: "Served", start: "Start") -> str:
    """A page of a book on another origin, with the widget of `service`."""
    from tests.host_site import host_site

    return start(host_site(service.url))
