# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model becomes one HTML page that needs nothing else: no script, no other file, no network.

Its template and style sheet are files of role kubeflow, beside the report for terminals.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from . import drawing, words
from .model import Report

_ROLE = Path(__file__).parents[3] / "roles/kubeflow"
TEMPLATE = "report.html.j2"
STYLE = "report.css"
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="{colour}"/>'
    '<path d="{path}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>'
)
_ICONS = {True: {"colour": "#0b5c73", "path": "M4.5 8.5l2.5 2.5 4.5-5.5"}, False: {"colour": "#a5341a", "path": "M5 5l6 6M11 5l-6 6"}}


def page(report: Report) -> str:
    """The page. All text in it is escaped: it comes from settings, from the cluster, from containers."""
    style = _style()
    # By its digest: no other style counts, whatever text would look like one. Nothing may be loaded at all, and no script runs.
    policy = f"default-src 'none'; style-src 'sha256-{_digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    text: str = _template().render(
        report=report,
        style=Markup(style),
        policy=policy,
        icon_address=f"data:image/svg+xml,{quote(_ICON.format(**_ICONS[report.verdict.good]))}",
        drawing=drawing,
        words=words,
    )
    return text


def _digest(style: str) -> str:
    """As Content Security Policy Level 3 has it: base64 of the SHA-256 of an element's text."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


@functools.cache
def _style() -> str:
    # Without the head of the file, which is for those who change it.
    return (_ROLE / "files" / STYLE).read_text(encoding="utf-8").partition("*/\n")[2]


@functools.cache
def _template() -> Any:
    loader = jinja2.FileSystemLoader(_ROLE / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template(TEMPLATE)
