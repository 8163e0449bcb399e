# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything in this folder that is made from data: C(make docs) writes it, and removes pages of what is not there any more."""

from __future__ import annotations

from pathlib import Path

import findings
import kubelets
import parts_picture
import preflight
import recording
import report_page
import request_way
import settings

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names

DOCS = Path(__file__).parent
FILES = DOCS.parent / "roles/kubeflow/vars"
# Where nothing else may be. What make bench draws has names of its own.
PATTERNS = (
    "settings.md",
    "settings/*",
    "parts-*.svg",
    "request-*.svg",
    "recording.svg",
    "kubelets.md",
    "report.md",
    "findings.md",
    "preflight.md",
)


def made() -> dict[str, str]:
    """Texts by their path below this folder."""
    ways = request_way.read()
    found = {
        **settings.pages(),
        "findings.md": findings.page(),
        "preflight.md": preflight.page(),
        "recording.svg": recording.draw(recording.read()),
        "kubelets.md": kubelets.page(kubelets.read()),
        "report.md": report_page.draw(),
    }
    for name in release_names(FILES):
        release = read_release(FILES, name)
        found[f"parts-{name}.svg"] = parts_picture.draw(name, release["parts"])
        if name in ways:
            found[f"request-{name}.svg"] = request_way.draw(name, ways[name], release["dashboard"])
    return found


def there(docs: Path = DOCS) -> set[str]:
    """Paths of what is made from data and is there."""
    return {str(path.relative_to(docs)) for pattern in PATTERNS for path in docs.glob(pattern)}


def write(docs: Path, texts: dict[str, str]) -> None:
    for stale in there(docs) - texts.keys():
        (docs / stale).unlink()
    for path, text in texts.items():
        (docs / path).parent.mkdir(exist_ok=True)
        (docs / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(DOCS, made())
