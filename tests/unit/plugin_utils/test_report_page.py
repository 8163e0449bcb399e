# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page: text stays text, nothing is loaded, and what a picture says is said in words."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_runs import EVIL, failing, healthy, quiet, refusing

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.build import build
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.drawing import part_row, scale
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.page import page
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.words import cores, duration, size


class Read(HTMLParser):
    """Elements of a page, with the names of their attributes; and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _value in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_what_others_write_stays_text() -> None:
    html = page(build(failing(EVIL)))
    read = Read(html)
    assert EVIL in " ".join(read.text)
    assert {"script", "img", "iframe", "object", "form"}.isdisjoint(tag for tag, _attributes in read.elements)
    assert [tag for tag, _attributes in read.elements].count("style") == 1
    assert not [attributes for _tag, attributes in read.elements if any(name.startswith("on") or name == "style" for name in attributes)]


PLAIN = Read(page(build(failing("x")))).elements


@settings(max_examples=40)
@given(st.text(st.characters(), min_size=1, max_size=60))
def test_no_text_makes_an_element(words: str) -> None:
    html = page(build(failing(f"x{words}")))
    html.encode()
    assert Read(html).elements == PLAIN


@pytest.mark.parametrize("run", [healthy, failing, refusing, quiet])
def test_a_page_needs_nothing_else(run: object) -> None:
    assert callable(run)
    html = page(build(run()))
    read = Read(html)
    for tag, name, value in read.values:
        if name in ("src", "href", "srcset", "data", "action", "poster"):
            assert value.startswith("#") or (tag == "link" and value.startswith("data:image/svg+xml,")), (tag, name, value)
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "url(" not in style.replace("url(#hatch)", "")
    assert "@import" not in style
    policy = next(value for tag, name, value in read.values if (tag, name) == ("meta", "content") and "default-src" in value)
    assert "default-src 'none'" in policy
    assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    identifiers = [value for _tag, name, value in read.values if name == "id"]
    assert len(identifiers) == len(set(identifiers))
    assert {value[1:] for _tag, name, value in read.values if name == "href" and value.startswith("#")} <= set(identifiers)


def test_the_cause_comes_before_everything_else() -> None:
    html = page(build(failing("x")))
    order = [html.index(f'id="{name}"') for name in ("findings", "parts", "waits", "requests", "preflight", "credentials", "versions")]
    assert order == sorted(order)
    assert html.index("2 of 11 parts are not ready.</h1>") < order[0]


def test_a_picture_says_in_words_what_it_shows() -> None:
    report = build(healthy())
    row = part_row(next(part for part in report.parts if part.name == "istio"), report)
    assert re.fullmatch(
        r"Rendered at \S+ s; applied from \S+ s to \S+ s; (pulled images from \S+ s to \S+ s; )+ready at \d+ s; "
        r"1 object waited 10 s for ConfigMap istio-system/istio-ca-root-cert; pulled gcr.io/istio-release/pilot:1.28.0, 3 s.",
        row.words,
    )
    assert {bar.kind for bar in row.bars} == {"held", "applying", "starting", "pulling"}
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 for bar in row.bars)
    lost = build(failing("x"))
    row = part_row(next(part for part in lost.parts if part.name == "katib"), lost)
    assert (row.lost, row.end) == (True, None)
    assert "not ready at the end" in row.words
    assert "still pulls" in row.words
    quiet_row = part_row(next(part for part in build(quiet()).parts if part.name == "istio"), build(quiet()))
    assert (quiet_row.bars, quiet_row.words) == ([], "Rendered at 3.2 s; was ready before.")


def test_a_long_list_is_cut_and_says_so() -> None:
    inputs = failing("x")
    inputs.results["apply"]["orphans"] = [{"part": "katib", "object": f"ConfigMap n/o-{number}"} for number in range(300)]
    assert "… and 100 more, in <code>report.json</code>." in page(build(inputs))
    assert len(build(inputs).orphans) == 300


@pytest.mark.parametrize(
    ("seconds", "labels"), [(0.0, ["0 s"]), (4.2, ["0 s", "1 s", "2 s", "3 s", "4 s"]), (700.0, ["0 s", "5 min", "10 min"])]
)
def test_the_scale_has_a_handful_of_round_moments(seconds: float, labels: list[str]) -> None:
    assert [tick.label for tick in scale(seconds)] == labels


@given(st.floats(0, 10**8))
def test_the_scale_is_never_crowded(seconds: float) -> None:
    ticks = scale(seconds)
    assert 1 <= len(ticks) <= 6
    assert all(0 <= tick.x <= 100 for tick in ticks)


def test_figures_for_people() -> None:
    assert [duration(value) for value in (0, 0.04, 0.4, 9.96, 59.7, 185, 3599.8, 3660)] == [
        *("0 s", "0 s", "0.4 s", "10 s", "1 min", "3 min 5 s", "1 h", "1 h 1 min"),
    ]
    assert [size(value) for value in (0, 1023, 1024, 1.5 * 1024**3, 50 * 1024**4)] == [
        "0 bytes",
        "1023 bytes",
        "1 KiB",
        "1.5 GiB",
        "50 TiB",
    ]
    assert [cores(value) for value in (0, 0.001, 0.25, 12.4, 96)] == ["0", "0", "0.25", "12.4", "96"]
