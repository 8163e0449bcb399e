# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results as documents: the section in README.md, docs/bench.md and its pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import machine, table, waterfall
from .contenders.job import FIRST
from .paths import DOCS, ROOT

BEGIN, END = "<!-- bench: written by `make bench` -->", "<!-- bench: end -->"


def read(path: Path) -> dict[str, Any]:
    """Results of one measurement, or none."""
    if not path.exists():
        return {"machine": machine.machine(), "records": []}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def replace_section(text: str, section: str) -> str:
    """The text with what is between the marks replaced.

    :raises ValueError: when it has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} are not in the text")
    return f"{before}{BEGIN}\n\n{section.strip()}\n\n{END}{after}"


def _readme(results: dict[str, Any]) -> str:
    return (
        f"{table.brief(results['records'])}\n\n"
        f"Medians on fresh embedded clusters; all ways get the same rendered objects; the blind applier sends them at once, "
        f"in no order, and again until each is accepted. {machine.words(results['machine'])}.\n"
        "More of it, and what is measured: [docs/bench.md](docs/bench.md)."
    )


def _document(
    install: dict[str, Any], pulls: dict[str, Any], refresh: dict[str, Any], uninstall: dict[str, Any], scale: dict[str, Any]
) -> str:
    runs = max((record["run"] for record in install["records"]), default=0)
    load = max((record["load"] for record in install["records"]), default=0.0)
    text = [
        "# How long installs take",
        "Written by `make bench`, which takes about an hour; the figures are in `bench/results`.",
        "Each contender has an embedded cluster of its own (a real API server, simulated nodes, no image is pulled), and all get the "
        "same objects, rendered beforehand. *Applied* means that the API server has accepted every object: kubectl and kubernetes.core "
        "are run again until it has, with the pauses that upstream's README and Ansible's defaults give. *Ready* is the verdict of "
        "module `ready`, whoever applied. The second run finds nothing to change. Client CPU is that of the process and its children, "
        "API server CPU that of kube-apiserver meanwhile; memory is the peak of the process tree, shared pages counted once.",
        f"{machine.words(install['machine'])}; medians of {runs} run{'s' if runs != 1 else ''}, load average before a run at most {load:.1f}.",
        "![Seconds until applied](bench-install.svg)",
    ]
    for release in table.releases_of(install["records"]):
        text += [f"## Kubeflow {release}", table.applying(install["records"], release)]
        text += [
            "Whole runs as users start them, rendering included, with nothing rendered before:",
            table.whole(install["records"], release),
        ]
        text += [f"![An install, phase by phase](bench-waterfall-{release}.svg)"]
    if pulls["records"]:
        text += [
            "## With images to pull",
            "Each image takes the nodes between 20 and 60 s. The longest chain is how soon all could be ready if pulling alone took time and "
            "objects waited only for what they really need: for example istiod's images, then those of a pod that it gives a sidecar.",
            table.pulls(pulls["records"]),
        ]
        for record in pulls["records"]:
            chain = "; ".join(f"{link['object']} after {link['seconds']:.0f} s" for link in record["chain"])
            text.append(f"{record['release']}: {chain}.")
    if refresh["records"]:
        text += [
            "## With Secrets that pods see after a minute",
            "The controllers of Trainer and JobSet write the certificate of their webhooks into a Secret that their pods mount already. "
            "A kubelet shows it to them when it next syncs the pod, and they look for it with growing pauses: only then are they ready, "
            "and only then can what their fail-closed webhooks are about be applied.",
            table.refresh(refresh["records"]),
            f"{machine.words(refresh['machine'])}; load average before the run {refresh['machine']['load']:.1f}.",
        ]
    if uninstall["records"]:
        release = uninstall["records"][0]["release"]
        load = max(record["load"] for record in uninstall["records"])
        text += [
            "## Removed, and brought back",
            f"Kubeflow {release}, one after the other on one cluster, all ready before each. kubectl is given the manifests with which it would "
            "install, so that it deletes in the same order; what it leaves is counted by `uninstall` in check mode. Waiting is each second between "
            "the first and the last deletion in which nothing is deleted; the figure is the median of requests in such a second. Kubernetes waits "
            "5 s before it begins to empty a namespace, and `uninstall` removes its own last.",
            table.uninstall(uninstall["records"]),
            f"{machine.words(uninstall['machine'])}; load average before a run at most {load:.1f}.",
        ]
    if scale["records"]:
        text += [
            "## Growth",
            "Generated parts of 25 objects each, applied by module `apply`:",
            table.growth(scale["records"]),
            "![Growth](bench-scale.svg)",
            "Kubeflow 26.03 on several clusters by one `ansible-playbook site.yml`; all API servers share the machine with it:",
            table.fleet(scale["records"]),
        ]
    return "\n\n".join(text) + "\n"


def write(results: Path, root: Path = ROOT, docs: Path = DOCS) -> None:
    """Write all documents from the results of a folder."""
    from . import plot  # with matplotlib, which nothing else needs

    docs.mkdir(exist_ok=True)
    names = ("install", "pulls", "refresh", "uninstall", "scale")
    install, pulls, refresh, uninstall, scale = (read(results / f"{name}.json") for name in names)
    if install["records"]:
        plot.bars(install["records"], docs / "bench-install.svg")
    for release in table.releases_of(install["records"]):
        whole = table.chosen(install["records"], release=release, contender="site", scenario=FIRST)
        if whole:
            usual = sorted(whole, key=lambda record: record["ready_seconds"])[len(whole) // 2]
            waterfall.draw(usual["timeline"], f"Kubeflow {release}, first install", docs / f"bench-waterfall-{release}.svg")
    if scale["records"]:
        plot.growth(scale["records"], docs / "bench-scale.svg")
    (docs / "bench.md").write_text(_document(install, pulls, refresh, uninstall, scale), encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(replace_section(readme.read_text(encoding="utf-8"), _readme(install)), encoding="utf-8")
