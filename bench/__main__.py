# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bench: C(python -m bench), or C(make bench)."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import release_names

from . import install, pulls, refresh, report, scale, uninstall
from .contenders.registry import CONTENDERS
from .machine import machine
from .paths import RELEASE_FILES, RESULTS
from .plan import Plan, render

ALL = "all"


def parser() -> argparse.ArgumentParser:
    """Options; without any, everything is measured."""
    options = argparse.ArgumentParser(prog="python -m bench", description="Measure installs and uninstalls on fresh embedded clusters.")
    options.add_argument("what", nargs="*", default=ALL, choices=[*MEASURED, "report", ALL], metavar="WHAT",
                         help=f"what to measure: {', '.join(MEASURED)}; report writes tables and plots (default: all)")  # fmt: skip
    options.add_argument(
        "--release", action="append", choices=release_names(RELEASE_FILES), help="may be given several times (default: all)"
    )
    options.add_argument("--contender", action="append", choices=list(CONTENDERS), help="may be given several times (default: all)")
    options.add_argument("--runs", type=int, default=3, help="runs of each contender; the tables show medians (default: %(default)s)")
    options.add_argument("--calm", type=float, default=900, help="seconds to wait at most for a calm machine (default: %(default)s)")
    options.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    return options


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Results:
    """Records of one measurement, written after each: what is interrupted is not lost."""

    def __init__(self, path: Path, replace: Callable[[dict[str, Any]], bool]) -> None:
        """C(replace) tells which records of an earlier measurement go."""
        self._path = path
        earlier = json.loads(path.read_text(encoding="utf-8"))["records"] if path.exists() else []
        self._records = [record for record in earlier if not replace(record)]
        self._machine = machine()

    def keep(self, record: dict[str, Any]) -> None:
        self._records.append(record)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": self._machine, "records": self._records}, indent=1, ensure_ascii=False)
        self._path.write_text(text + "\n", encoding="utf-8")


def _again(release: str, names: list[str] | None, record: dict[str, Any]) -> bool:
    """Whether a record is of what is measured again."""
    return bool(record["release"] == release and (names is None or record["contender"] in names))


def _install(options: argparse.Namespace, folder: Path, plan: Callable[[str], Plan]) -> None:
    names = options.contender or list(CONTENDERS)
    for release in options.release or release_names(RELEASE_FILES):
        results = Results(options.output / "install.json", partial(_again, release, names))
        install.run(folder, plan(release), names, options.runs, results.keep, say)


def _pulls(options: argparse.Namespace, folder: Path, plan: Callable[[str], Plan]) -> None:
    for release in options.release or release_names(RELEASE_FILES):
        results = Results(options.output / "pulls.json", partial(_again, release, None))
        pulls.run(folder, plan(release), results.keep, say)


def _refresh(options: argparse.Namespace, folder: Path, plan: Callable[[str], Plan]) -> None:
    # Only there is a program that mounts the certificate which it writes.
    if refresh.RELEASE in (options.release or [refresh.RELEASE]):
        results = Results(options.output / "refresh.json", partial(_again, refresh.RELEASE, None))
        refresh.run(folder, plan(refresh.RELEASE), results.keep, say)


def _uninstall(options: argparse.Namespace, folder: Path, plan: Callable[[str], Plan]) -> None:
    if uninstall.RELEASE in (options.release or [uninstall.RELEASE]):
        results = Results(options.output / "uninstall.json", partial(_again, uninstall.RELEASE, None))
        uninstall.run(folder, plan(uninstall.RELEASE), results.keep, say)


def _scale(options: argparse.Namespace, folder: Path, _plan: Callable[[str], Plan]) -> None:
    scale.run(folder, Results(options.output / "scale.json", lambda _record: True).keep, say)


MEASURED: dict[str, Callable[[argparse.Namespace, Path, Callable[[str], Plan]], None]] = {
    "install": _install,
    "pulls": _pulls,
    "refresh": _refresh,
    "uninstall": _uninstall,
    "scale": _scale,
}


def main() -> None:
    options = parser().parse_args()
    wanted = [*MEASURED, "report"] if ALL in options.what else options.what
    # So that clusters are removed then, too.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit("ended by a signal"))
    plans: dict[str, Plan] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)

        def plan(release: str) -> Plan:
            if release not in plans:
                say(f"rendering {release}")
                plans[release] = render(folder / f"plan-{release}", release)
            return plans[release]

        for what in (what for what in MEASURED if what in wanted):
            wait_until_calm(options.calm)
            MEASURED[what](options, folder, plan)
    if "report" in wanted:
        report.write(options.output)


def wait_until_calm(seconds: float, load: float = 0.7) -> None:
    """Until the load average is below C(load), at most C(seconds): the load is recorded with every figure."""
    end = time.monotonic() + seconds
    while machine()["load"] >= load and time.monotonic() < end:
        say(f"waiting for a calm machine: load {machine()['load']}")
        time.sleep(min(30, max(0, end - time.monotonic())))


if __name__ == "__main__":
    main()
