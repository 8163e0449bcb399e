# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report's page in Chromium: as wide as its window, without network and errors, in both themes, by keyboard, and for everybody to read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from report_runs import EVIL, failing, healthy, refusing

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.build import build
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.page import page as draw

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
RUNS = {"healthy": healthy, "failing": failing, "refusing": refusing}
WIDTHS, THEMES = (400, 1400), ("light", "dark")
OPEN_ALL = "document.querySelectorAll('details').forEach(details => details.open = true)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt install chromium (.ci/run does so where it may)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the page of each run is."""
    folder = tmp_path_factory.mktemp("pages")
    for name, run in RUNS.items():
        (folder / f"{name}.html").write_text(draw(build(run())), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in RUNS}


class Opened:
    """A page that is shown, and what it said and asked for meanwhile."""

    def __init__(self, browser: Browser, path: Path, width: int = 1400, theme: Any = "light") -> None:
        # Without motion nobody has to wait until a page has scrolled.
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
        self.said: list[str] = []
        self.asked: list[str] = []
        self.stopped: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.context.on("requestfailed", lambda request: self.stopped.append(f"{request.failure} {request.url}"))
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_error: object) -> None:
        self.context.close()

    def judged(self) -> list[Any]:
        """What axe-core finds wrong, with some of the elements."""
        violations = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [(violation["id"], [node["html"][:160] for node in violation["nodes"][:3]]) for violation in violations]

    def asked_elsewhere(self) -> list[str]:
        """Its own favicon is data in it."""
        return [url for url in self.asked if url != self.page.url and not url.startswith("data:image/svg+xml,")]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_it_is_as_wide_as_its_window_and_silent(browser: Browser, pages: dict[str, Path], name: str, width: int, theme: str) -> None:
    with Opened(browser, pages[name], width, theme) as opened:
        for state in ("as it opens", "all of it open"):
            assert opened.page.evaluate("document.documentElement.scrollWidth") == width, state
            # Nothing stands outside of the window, either, where a page that cuts it off would hide it.
            outside = opened.page.evaluate(
                "[...document.querySelectorAll('body :not(.hidden, .hidden *)')].filter(element => element.getClientRects().length"
                " && element.getBoundingClientRect().right > innerWidth + 1).map(element => element.outerHTML.slice(0, 120))"
            )
            assert outside == [], state
            opened.page.evaluate(OPEN_ALL)
        assert opened.said == []
        assert opened.asked_elsewhere() == []
        if shots := os.environ.get("REPORT_SCREENSHOTS"):
            opened.page.screenshot(path=f"{shots}/{name}-{width}-{theme}.png", full_page=True)


# Colours do not depend on the width, and the shape of a phone's page not on the colours.
@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [
        ("healthy", 1400, "light"),
        ("healthy", 1400, "dark"),
        ("failing", 1400, "light"),
        ("failing", 1400, "dark"),
        ("failing", 400, "dark"),
        ("refusing", 400, "light"),
    ],
)
def test_it_is_for_everybody_to_read(browser: Browser, pages: dict[str, Path], name: str, width: int, theme: str) -> None:
    """No violation of WCAG 2 A and AA, its contrasts among them, or of what axe-core calls best practice."""
    with Opened(browser, pages[name], width, theme) as opened:
        opened.page.evaluate(OPEN_ALL)
        assert opened.judged() == []


def test_themes_are_two_and_paper_is_white(browser: Browser, pages: dict[str, Path]) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    with Opened(browser, pages["healthy"], theme="light") as light, Opened(browser, pages["healthy"], theme="dark") as dark:
        assert light.page.evaluate(back) != dark.page.evaluate(back)
        dark.page.emulate_media(media="print")
        assert dark.page.evaluate(back) == "rgb(255, 255, 255)"
        # Who reads on paper cannot open anything.
        closed = dark.page.evaluate("[...document.querySelectorAll('details')].map(details => details.lastElementChild.checkVisibility())")
        assert closed
        assert all(closed)
        assert dark.page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_goes_through_it_from_top_to_bottom(browser: Browser, pages: dict[str, Path], width: int) -> None:
    with Opened(browser, pages["failing"], width) as opened:
        expected = opened.page.evaluate("[...document.querySelectorAll('a, summary')].map(element => element.textContent)")
        assert len(expected) > 8
        seen = []
        for _step in expected:
            opened.page.keyboard.press("Tab")
            seen.append(
                opened.page.evaluate(
                    "(() => { const element = document.activeElement, box = element.getBoundingClientRect();"
                    " return [element.textContent, Math.round(box.top + scrollY), getComputedStyle(element).outlineStyle]; })()"
                )
            )
        assert [text for text, _top, _outline in seen] == expected
        assert [top for _text, top, _outline in seen] == sorted(top for _text, top, _outline in seen)
        assert {outline for _text, _top, outline in seen} == {"solid"}
        opened.page.keyboard.press("Enter")
        assert opened.page.evaluate("document.activeElement.parentElement.open") is True


def test_a_link_leads_to_its_section(browser: Browser, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["failing"]) as opened:
        for link in opened.page.locator("nav a").all():
            link.click()
            target = opened.page.url.partition("#")[2]
            assert opened.page.locator(f"#{target} h2").count() == 1


def test_what_others_write_is_shown_and_does_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["failing"]) as opened:
        assert EVIL in opened.page.inner_text("body")
        assert opened.page.title().startswith("2 of 11 parts are not ready.")
        assert opened.page.evaluate("document.images.length + document.scripts.length") == 0


def test_even_what_became_an_element_could_load_and_run_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    with Opened(browser, pages["healthy"]) as opened:
        opened.page.evaluate(
            "addEventListener('securitypolicyviolation', event => (window.stopped ??= []).push(event.effectiveDirective));"
            "document.body.insertAdjacentHTML('beforeend', '<img src=https://example.invalid/x><style>h1{display:none}</style>');"
            "const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script);"
        )
        opened.page.wait_for_function("(window.stopped ?? []).length >= 3")
        assert set(opened.page.evaluate("window.stopped")) == {"img-src", "style-src-elem", "script-src-elem"}
        assert opened.page.evaluate("window.ran") is None
        assert opened.page.locator("h1").is_visible()
        assert opened.stopped == ["csp https://example.invalid/x"]


def test_a_picture_is_told_to_those_who_do_not_see_it(browser: Browser, pages: dict[str, Path]) -> None:
    """By name and description, in a table whose rows and cells stay ones on a phone, where it is laid out otherwise."""
    with Opened(browser, pages["healthy"], 400) as opened:
        row = opened.page.get_by_role("row").filter(has=opened.page.get_by_role("rowheader", name="istio ready", exact=True))
        assert row.count() == 1
        picture = row.get_by_role("img", name="Course of istio")
        assert picture.count() == 1
        assert picture.locator("desc").text_content().startswith("Rendered at")
        assert row.get_by_role("cell").nth(1).inner_text() == "18 s"
