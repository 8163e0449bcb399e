# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told of a node and not changed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest
from recorded import ALMA_9, CGROUP_1, CGROUP_2, CPU, LIMITS, MACHINES, SWAPS, UBUNTU_24, machine

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.finding import Finding, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import distribution, kubernetes_version
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.observations import observe
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.sysctl import configured

ROOT = Path(__file__).parents[3]


def told(root: Path, files: Mapping[str, str | None], version: str = "", says: Mapping[str, str] | None = None) -> dict[str, Finding]:
    return {one.what: one for one in observe(machine(root, {**MACHINES["debian 12"], **files}, says), version)}


@pytest.mark.parametrize(
    ("mounts", "version", "verdict", "words"),
    [
        (CGROUP_2, "1.18.20", "warn", "take 1.19 or newer"),
        (CGROUP_2, "1.19.16", "ok", "fits Kubernetes 1.19.16"),
        (CGROUP_2, "", "ok", "1.19 and newer"),
        (CGROUP_1, "1.34.4", "ok", "fits Kubernetes 1.34.4"),
        (CGROUP_1, "1.35.0", "warn", "failCgroupV1"),
        (CGROUP_1, "", "ok", "up to 1.34"),
        ("proc /proc proc rw 0 0\n", "1.34.4", "warn", "no kubelet starts"),
    ],
)
def test_the_cgroup_is_held_against_the_version(mounts: str, version: str, verdict: str, words: str, tmp_path: Path) -> None:
    found = told(tmp_path, {"/proc/self/mounts": mounts}, version)["cgroup"]
    assert found.verdict == verdict
    assert words in found.why


def test_a_processor_without_avx_or_x86_64_v2_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, {"/proc/cpuinfo": CPU.replace(" avx ", " ").replace("sse4_2 ", "")})
    assert found["AVX"].verdict == "warn"
    assert (found["x86-64-v2"].verdict, found["x86-64-v2"].now) == ("warn", "lacks sse4_2")


def test_a_machine_of_another_architecture_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, {"/proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\n"})
    assert found["processor"].verdict == "warn"
    assert "AVX" not in found


def test_swap_is_told_with_its_places(tmp_path: Path) -> None:
    assert told(tmp_path, {})["swap"].verdict == "ok"
    line = "/dev/zram0                              partition\t8388604\t\t0\t\t100\n"
    found = told(tmp_path, {"/proc/swaps": f"{SWAPS}{line}/swap.img file\t1\t0\t-2\n"})["swap"]
    assert (found.verdict, found.now) == ("warn", "/dev/zram0, /swap.img")


@pytest.mark.parametrize(
    ("says", "running", "verdict", "now"),
    [
        ({"timedatectl show --property=NTPSynchronized --value": "yes\n"}, "", "ok", "synchronised"),
        ({"timedatectl show --property=NTPSynchronized --value": "no\n"}, "chronyd", "warn", "chronyd runs, not synchronised"),
        ({"timedatectl show --property=NTPSynchronized --value": "no\n"}, "", "warn", "not synchronised"),
        (
            {"chronyc -n tracking": "Reference ID    : A29FC87B (162.159.200.123)\nLeap status     : Normal\n"},
            "chronyd",
            "ok",
            "synchronised",
        ),
        (
            {"chronyc -n tracking": "Reference ID    : 00000000 ()\nLeap status     : Not synchronised\n"},
            "chronyd",
            "warn",
            "chronyd runs, not synchronised",
        ),
        ({}, "systemd-timesyn", "ok", "systemd-timesyn runs"),
        ({}, "", "warn", "nothing found that sets it"),
    ],
)
def test_the_clock_is_synchronised_when_somebody_says_so(
    says: dict[str, str], running: str, verdict: str, now: str, tmp_path: Path
) -> None:
    found = told(tmp_path, {"/proc/612/comm": f"{running}\n"}, says=says)["clock"]
    assert (found.verdict, found.now) == (verdict, now)


@pytest.mark.parametrize(("hard", "verdict"), [("524288", "ok"), ("unlimited", "ok"), ("65536", "ok"), ("4096", "warn")])
def test_pods_inherit_the_open_files_of_the_runtime(hard: str, verdict: str, tmp_path: Path) -> None:
    files = {"/proc/700/comm": "containerd\n", "/proc/700/limits": LIMITS.format(soft=1024, hard=hard)}
    found = told(tmp_path, files)["open files of containerd"]
    assert (found.now, found.verdict) == (hard, verdict)


def test_a_machine_that_has_nearly_all_files_open_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, {})["open files"].verdict == "ok"
    assert told(tmp_path, {"/proc/sys/fs/file-nr": "90000\t0\t100000\n"})["open files"].verdict == "warn"


@pytest.mark.parametrize(
    ("sockets", "version", "verdict", "now"),
    [
        (["/run/containerd/containerd.sock"], "1.34.4", "ok", "containerd"),
        (["/run/crio/crio.sock"], "1.34.4", "ok", "CRI-O"),
        (["/run/docker.sock"], "1.34.4", "warn", "Docker"),
        (["/run/docker.sock"], "1.21.14", "ok", "Docker"),
        (["/run/docker.sock", "/run/cri-dockerd.sock"], "1.34.4", "ok", "Docker with cri-dockerd, Docker"),
        ([], "1.34.4", "warn", "no socket found"),
    ],
)
def test_container_runtimes_are_found_by_their_sockets(sockets: list[str], version: str, verdict: str, now: str, tmp_path: Path) -> None:
    found = told(tmp_path, dict.fromkeys(sockets, ""), version)["container runtime"]
    assert (found.verdict, found.now) == (verdict, now)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ({"kubelet --version": "Kubernetes v1.34.4\n"}, "1.34.4"),
        ({"k3s --version": "k3s version v1.30.4+k3s1 (98262b5d)\ngo version go1.22.5\n"}, "1.30.4"),
        ({"rke2 --version": "rke2 version v1.30.4+rke2r1 (6d5d9d4)\n"}, "1.30.4"),
        ({"kubelet --version": "Segmentation fault\n"}, ""),
        ({}, ""),
    ],
)
def test_the_version_is_that_of_the_nodes_own_program(says: dict[str, str], version: str, tmp_path: Path) -> None:
    assert kubernetes_version(machine(tmp_path, {}, says)) == version


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (ALMA_9, "rhel"),
        (UBUNTU_24, "debian"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'\n", "debian"),
        ('ID="ol"\nID_LIKE="fedora"\n', "rhel"),
        ("ID=fedora\n", "rhel"),
        ("ID=alpine\n", ""),
        ('ID="broken\n', ""),
        ("", ""),
    ],
)
def test_the_family_is_that_of_what_a_distribution_is_made_from(text: str, family: str, tmp_path: Path) -> None:
    assert distribution(machine(tmp_path, {"/etc/os-release": text})).family == family


def test_files_of_the_same_name_hide_each_other_and_names_are_the_order(tmp_path: Path) -> None:
    """sysctl.d(5)."""
    files = {
        "/usr/lib/sysctl.d/50-default.conf": "kernel.x = 1\n",
        "/etc/sysctl.d/50-default.conf": "; nothing\n# kernel.x = 7\n",
        "/run/sysctl.d/60-run.conf": "-kernel/x = 2\n",
        "/etc/sysctl.d/40-early.conf": "kernel.* = 3\nkernel.y = 4\nkernel.x = many\nbroken\n",
        "/etc/sysctl.d/README": "kernel.x = 9\n",
    }
    assert configured(machine(tmp_path, files), "kernel.x") == [("/etc/sysctl.d/40-early.conf", 3), ("/run/sysctl.d/60-run.conf", 2)]


def test_the_table_says_first_what_is_to_be_done() -> None:
    found = [Finding("a", "1", "1", "ok", "x"), Finding("long name", "2", "none", "warn", "y"), Finding("b", "3", "4", "change", "z")]
    assert table(found) == [
        "        what       now  wanted  why",
        "change  b          3    4       z",
        "warn    long name  2    none    y",
        "ok      a          1    1       x",
    ]


@pytest.mark.parametrize(
    "path",
    [
        *(ROOT / "plugins/module_utils/_nodes").glob("*.py"),
        *(ROOT / "plugins/modules").glob("node_prerequisites*.py"),
        ROOT / "plugins/module_utils/_common/process.py",
    ],
    ids=lambda path: path.name,
)
def test_what_runs_on_nodes_is_python_3_8(path: Path) -> None:
    """The oldest that ansible-core 2.18 supports there. Newer syntax, types that only annotations may hold there, newer methods."""
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    assert (
        "annotations" in [name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names] or not tree.body[1:]
    )
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None):
                setattr(node, name, None)
    evaluated = list(ast.walk(tree))
    generic = {"dict", "frozenset", "list", "set", "tuple", "type", "Callable", "Iterable", "Iterator", "Mapping", "Sequence"}
    assert not generic & {node.value.id for node in evaluated if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)}
    assert not {"removeprefix", "removesuffix", "pairwise"} & {node.attr for node in evaluated if isinstance(node, ast.Attribute)}
    assert not [node for node in evaluated if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
