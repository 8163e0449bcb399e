# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people read: links lead somewhere, examples are of settings that there are, and what is made from data is up to date."""

from __future__ import annotations

import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import parts_picture
import pytest
import recording
import request_way
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.values import coerce
from bench.report import BEGIN, END, replace_section

ROOT = Path(__file__).parents[2]
RELEASE_FILES = ROOT / "roles/kubeflow/vars"
RELEASES = {name: read_release(RELEASE_FILES, name) for name in release_names(RELEASE_FILES)}
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "roles/*/README.md", "inventories/**/*.md")
    for path in ROOT.glob(pattern)
)
SVG = "{http://www.w3.org/2000/svg}"


def specs(role: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
    return found


def without_code(page: str) -> str:
    """The text of a page without blocks of code, in which # begins a comment."""
    return re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """Anchors as GitHub makes them of headings, and those that the page has itself."""
    text = without_code(page)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(re.findall(r'<a id="([^"]+)"', text))


def links(page: str) -> Iterator[tuple[str, str]]:
    """Paths below the root, and anchors, that a page links to or shows."""
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page)):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (ROOT / page).parent / path if path else ROOT / page
            yield str(target.resolve().relative_to(ROOT.resolve())), anchor


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_what_is_there(page: str) -> None:
    for path, anchor in links(page):
        assert (ROOT / path).exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/troubleshooting.md", "docs/mirrors.md"])
def test_files_that_a_page_names_are_there(page: str) -> None:
    """Whole paths; those with a placeholder are for the reader to fill in."""
    # Not meta: most often a role's is meant.
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "meta"))
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", without_code(page))
    assert [path for path in named if not (ROOT / path).exists() and "v1.9.1" not in path] == []


def test_every_page_and_picture_is_reached_from_the_readme() -> None:
    reached, todo = set[str](), ["README.md"]
    while todo:
        page = todo.pop()
        if page in reached:
            continue
        reached.add(page)
        todo += [path for path, _anchor in links(page) if page.endswith(".md")]
    pictures = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.svg")}
    assert {*PAGES, *pictures} - reached == set()


def test_the_readme_is_short_and_begins_with_what_is_needed_first() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 150
    commands = [line.strip() for line in lines if line.startswith("    ")]
    assert commands[:2] == ["make kubeflow", "make test"]
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings[:5] == ["Get it, and try it", "Install on your cluster", "Settings", "Day 2", "When something goes wrong"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_readme_says_what_the_release_files_say(release: str) -> None:
    text = " ".join((ROOT / "README.md").read_text().split())
    kubernetes, dashboard = RELEASES[release]["kubernetes"], RELEASES[release]["dashboard"]
    window = f"{kubernetes['min']} to {kubernetes['max']}" if kubernetes["max"] else f"{kubernetes['min']} or newer"
    assert f"{window} for {release}" in text
    assert f"upstream's `{dashboard['user']}`, password `{dashboard['password']}`" in text


def test_the_bench_finds_its_place_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    replaced = replace_section(text, "figures")
    assert replaced.count("figures") == text.count("figures") + 1
    assert (replaced.partition(BEGIN)[0], replaced.partition(END)[2]) == (text.partition(BEGIN)[0], text.partition(END)[2])


def test_what_is_made_from_data_is_up_to_date_and_nothing_else_is_there() -> None:
    docs = runpy.run_path(str(ROOT / "docs/__main__.py"))
    made = docs["made"]()
    assert docs["there"]() == made.keys(), "make docs"
    assert [path for path, text in made.items() if (ROOT / "docs" / path).read_text() != text] == [], "make docs"


def test_make_docs_removes_pages_of_what_has_gone(tmp_path: Path) -> None:
    docs = runpy.run_path(str(ROOT / "docs/__main__.py"))
    docs["write"](tmp_path, {"settings/gone.md": "1", "settings.md": "1"})
    (tmp_path / "bench-install.svg").touch()
    docs["write"](tmp_path, {"settings.md": "2"})
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == ["bench-install.svg", "settings.md"]
    assert (tmp_path / "settings.md").read_text() == "2"


def test_every_setting_is_found_from_the_index() -> None:
    found = set(links("docs/settings.md"))
    for role, entry in ((name, key) for name in ROLES for key in specs(name) if key in ("plan", "release")):
        page = f"docs/settings/{role}.md"
        assert {(page, name) for name in specs(role)[entry]["options"]} <= found
        assert (page, "") in found


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_an_example_of_its_own_settings(role: str) -> None:
    """ansible-doc -t role shows what the entry point calls examples."""
    [play] = yaml.safe_load(specs(role)["main"]["examples"])
    assert play["name"]
    assert play["roles"] == [{"role": f"mlplatform.kubeflow.{role}"}]
    options = {name: option for other in ROLES for entry in specs(other).values() for name, option in entry.get("options", {}).items()}
    given = play.get("vars", {})
    assert given.keys() <= options.keys()
    # Read as the collection reads them: what is not what its option says is refused.
    assert coerce(given, {name: options[name] for name in given}) == given
    own = {name for entry in specs(role).values() for name in entry.get("options", {})}
    assert not own or own & given.keys() or role == "install"


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_begins_with_what_it_does_and_how_it_is_called(playbook: str) -> None:
    head = (ROOT / "playbooks" / playbook).read_text().removeprefix("---\n").partition("\n- ")[0]
    lines = head.splitlines()
    assert lines
    assert all(line.startswith("#") for line in lines)
    commands = [line.removeprefix("#     ") for line in lines if line.startswith("#     ")]
    assert commands
    for command in commands:
        assert command.startswith("ansible-playbook -i inventories/")
        assert f" mlplatform.kubeflow.{Path(playbook).stem}" in command


def test_help_tells_every_target_and_is_what_bare_make_shows() -> None:
    targets = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    shown = {what: subprocess.run(["make", *what], cwd=ROOT, capture_output=True, text=True, check=True).stdout for what in ((), ("help",))}
    assert shown[()] == shown[("help",)]
    assert re.findall(r"^  make ([\w-]+) +\S", shown[()], re.MULTILINE) == targets
    assert "\t" not in shown[()]


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("[pr]*.svg")), ids=lambda path: path.name)
def test_a_picture_is_whole_and_nothing_stands_outside(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    _x, _y, width, height = map(float, root.attrib["viewBox"].split())
    assert root.find(f"{SVG}title") is not None
    for words in root.iterfind(f"{SVG}text"):
        x, y, size = (float(words.attrib[name]) for name in ("x", "y", "font-size"))
        # Letters are at most as wide as this in the fonts that are named.
        long = len(words.text or "") * size * (0.62 if "monospace" in words.attrib["font-family"] else 0.58)
        left = {"start": x, "middle": x - long / 2, "end": x - long}[words.attrib["text-anchor"]]
        assert left >= 0, words.text
        assert left + long <= width, words.text
        assert size <= y <= height, words.text
    for shape in root.iterfind(f"{SVG}rect"):
        assert float(shape.attrib.get("x", 0)) + float(shape.attrib["width"]) <= width


@pytest.mark.parametrize("release", RELEASES)
def test_the_picture_of_parts_has_a_dot_for_each_that_is_required_or_recommended(release: str) -> None:
    parts = RELEASES[release]["parts"]
    root = ElementTree.fromstring(parts_picture.draw(release, parts))
    dots = len(list(root.iterfind(f"{SVG}circle"))) - 2  # of the legend
    assert dots == sum(len(part["requires"]) + len(part.get("recommends", ())) for part in parts.values())
    named = [words.text for words in root.iter(f"{SVG}text")]
    assert all(named.count(name) == (2 if name in parts_picture.columns(parts) else 1) for name in parts)


def test_every_part_stands_under_a_heading() -> None:
    listed = [name for names in parts_picture.groups().values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) == {name for release in RELEASES.values() for name in release["parts"]}


def thing(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": spec}


def test_the_way_of_a_request_is_read_from_objects() -> None:
    provider = {"name": "p", "envoyExtAuthzHttp": {"service": "login.space.svc.cluster.local", "port": 80}}
    mesh = {
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "n"},
        "data": {"mesh": yaml.safe_dump({"extensionProviders": [provider]})},
    }
    rule = {"to": [{"operation": {"notPaths": ["/dex/*"]}}]}
    header = {"claim": "email", "header": "user"}
    route = {"match": [{"uri": {"prefix": "/a/"}}], "route": [{"destination": {"host": "app.space.svc.cluster.local"}}]}
    parts = {
        "mesh": [mesh, thing("Gateway", "kubeflow-gateway"), thing("Gateway", "another")],
        "login": [
            thing("AuthorizationPolicy", "ask", action="CUSTOM", provider={"name": "p"}, rules=[rule]),
            thing("RequestAuthentication", "token", jwtRules=[{}, {"outputClaimToHeaders": [{"claim": "groups", "header": "g"}, header]}]),
        ],
        "app": [
            thing("VirtualService", "a", gateways=["kubeflow-gateway"], http=[route]),
            thing("VirtualService", "inside", gateways=["mesh"], http=[{"match": [{"uri": {"prefix": "/b/"}}], "route": []}]),
        ],
    }
    assert request_way.way_of(parts) == {
        "gateway": "n/kubeflow-gateway",
        "login": {"service": "space/login", "by": "AuthorizationPolicy n/ask", "open": ["/dex/*"]},
        "user": "user",
        "routes": {"/a/": {"service": "space/app", "part": "app"}},
    }
    with pytest.raises(ValueError, match="no object of the plan asks for a login"):
        request_way.way_of({"mesh": parts["mesh"]})


def test_every_release_has_the_way_of_a_request() -> None:
    """python docs/request_way.py reads it from a rendered plan."""
    assert request_way.read().keys() == RELEASES.keys()


def test_a_recording_is_cut_down_to_what_matters() -> None:
    rows = [f"        {name:<10}    1       0          0" for name in "abcdef"]
    lines = [
        "PLAY [Kubeflow] ****",
        "TASK [n : Plan katib] ***",
        "ok: [h]",
        "TASK [n : Apply the plan] ***",
        "changed: [h]",
        *rows,
        "        Applied",
    ]
    brief = [words for _second, words in recording.brief((float(second), words) for second, words in enumerate(lines))]
    assert brief == ["changed  Apply the plan", *(row[4:] for row in rows[:4]), "    …", "    Applied"]


def test_the_recording_names_nobodys_folders() -> None:
    assert not re.search(r"(?<![\w.~/])/(?!/)[\w.]+/", "\n".join(words for _second, words in recording.read()))
