# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is worked out for a node, and that doing it gives what was worked out."""

from __future__ import annotations

import errno
import gzip
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import ALMA_9, COMMON, DEBIAN_12, MACHINES, MODULES, Programs, kernel_files, machine, write

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes import prerequisites
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.change import Done, carry_out, foresee
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.finding import Finding, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.observations import observe
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.prerequisites import (
    ARGUMENTS,
    INSTANCES,
    MODULES_FILE,
    SYSCTL_FILE,
    WATCHES,
    PrerequisitesError,
    Wanted,
    absent,
    plan_of,
    present,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.sysctl import configured, current

WANTED = Wanted.of(2280, 1255360, list(MODULES))
DEFAULTS = {name: option["default"] for name, option in ARGUMENTS.items()}


def do(host: Host, plan: prerequisites.Plan) -> Done:
    return carry_out(plan, host, lambda path, content: write(host.root, {path: content}))


def rows(plan: prerequisites.Plan, verdict: str) -> dict[str, Finding]:
    return {one.what: one for one in plan.findings if one.verdict == verdict}


@pytest.mark.parametrize("name", MACHINES)
def test_a_fresh_machine_gets_all_of_it_once(name: str, tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES[name])
    plan = present(host, WANTED)
    loadable = [module for module in MODULES if not (name == "alma 9" and module == "nf_nat")]
    assert plan.modules == loadable
    assert plan.values == {INSTANCES: 2280, WATCHES: 1255360}
    assert set(plan.files) == {SYSCTL_FILE, MODULES_FILE}
    # Of modules it depends on this machine's own modprobe.
    expected = foresee(plan, host).done[:4]
    done = do(host, plan)
    assert (done.done[:4], len(done.done), done.failed) == (expected, 4 + len(loadable), [])
    assert (current(host, INSTANCES), current(host, WATCHES)) == (2280, 1255360)
    assert [line for line in (host.text(MODULES_FILE) or "").splitlines() if not line.startswith("#")] == loadable
    again = present(host, WANTED)
    assert not again.changed
    assert rows(again, "change") == rows(again, "warn") == {}


def test_what_is_in_force_but_not_kept_is_written_down(tmp_path: Path) -> None:
    host = machine(tmp_path, {**MACHINES["debian 12"], "/proc/sys/fs/inotify/max_user_instances": "2280\n"})
    write(tmp_path, {f"/sys/module/{name}/initstate": "live\n" for name in MODULES})
    plan = present(host, WANTED)
    assert (plan.modules, plan.values) == ([], {WATCHES: 1255360})
    assert rows(plan, "change")[INSTANCES].now == "2280, not at boot"
    assert rows(plan, "change")["kernel module xt_owner"].now == "loaded, not at boot"


def test_a_node_that_has_more_keeps_it(tmp_path: Path) -> None:
    """Also over a reboot: the file comes last, so it holds the largest of what others set."""
    more = {
        "/proc/sys/fs/inotify/max_user_instances": "8192\n",
        "/etc/sysctl.d/10-others.conf": "fs.inotify.max_user_watches = 2000000\n",
    }
    host = machine(tmp_path, {**MACHINES["debian 12"], **more})
    plan = present(host, WANTED)
    do(host, plan)
    assert (current(host, INSTANCES), current(host, WATCHES)) == (8192, 2000000)
    assert dict(configured(host, INSTANCES))[SYSCTL_FILE] == 8192
    assert configured(host, WATCHES)[-1] == (SYSCTL_FILE, 2000000)
    assert not present(host, WANTED).changed


def test_a_later_file_that_takes_it_back_is_told(tmp_path: Path) -> None:
    host = machine(tmp_path, {**MACHINES["debian 12"], "/etc/sysctl.d/zz-small.conf": "fs.inotify.max_user_instances=256\n"})
    assert "/etc/sysctl.d/zz-small.conf comes later and sets 256" in rows(present(host, WANTED), "warn")[f"{INSTANCES} at boot"].why


@given(
    now=st.integers(1, 10_000),
    least=st.integers(1, 10_000),
    others=st.dictionaries(st.sampled_from(["00-a", "50-b", "99-other"]), st.integers(1, 10_000)),
)
@settings(max_examples=60)
def test_whatever_others_set_it_is_never_lowered_and_done_once(now: int, least: int, others: dict[str, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {f"/usr/lib/sysctl.d/{name}.conf": f"fs.inotify.max_user_instances = {value}\n" for name, value in others.items()}
        host = machine(Path(folder), {**MACHINES["debian 12"], **files, "/proc/sys/fs/inotify/max_user_instances": f"{now}\n"})
        wanted = Wanted.of(least, 1, [])
        do(host, present(host, wanted))
        assert current(host, INSTANCES) == configured(host, INSTANCES)[-1][1] == max([now, least, *others.values()])
        assert not present(host, wanted).changed


def test_a_module_that_the_kernel_lacks_is_told_and_not_asked_for_at_boot(tmp_path: Path) -> None:
    files = {**COMMON, **kernel_files("6.12.0-1.el10.x86_64", ".xz", without=["iptable_nat"]), "/etc/os-release": ALMA_9}
    host = machine(tmp_path, files)
    plan = present(host, WANTED)
    told = rows(plan, "warn")["kernel module iptable_nat"]
    assert told.now == "the kernel has none"
    assert "dnf install kernel-modules-extra-6.12.0-1.el10.x86_64" in told.why
    assert do(host, plan).failed == []
    assert "iptable_nat" not in (host.text(MODULES_FILE) or "")


def test_a_kernel_without_modules_is_asked_for_its_configuration(tmp_path: Path) -> None:
    host = machine(tmp_path, {**COMMON, "/etc/os-release": DEBIAN_12, "/proc/sys/kernel/osrelease": "6.18.1\n"})
    (tmp_path / "proc/config.gz").write_bytes(
        gzip.compress(b"# CONFIG_MODULES is not set\nCONFIG_NF_NAT=y\n# CONFIG_NETFILTER_XT_MATCH_OWNER is not set\n")
    )
    plan = present(host, Wanted.of(1, 1, ["nf_nat", "xt_owner", "tun"]))
    assert rows(plan, "ok")["1 kernel modules"].now == "built in"
    told = rows(plan, "warn")
    assert told["kernel module xt_owner"].now == "the kernel has none"
    # The configuration is not read for modules whose option is not known.
    assert told["kernel module tun"].now == "unknown"
    assert MODULES_FILE not in plan.files


def test_a_container_whose_kernel_cannot_be_looked_at_is_told_so(tmp_path: Path) -> None:
    host = machine(tmp_path, {**COMMON, "/etc/os-release": DEBIAN_12, "/proc/sys/kernel/osrelease": "6.1.0\n"})
    assert "(a container?)" in rows(present(host, WANTED), "warn")["kernel module xt_owner"].why


def test_the_modules_of_an_updated_kernel_need_a_reboot(tmp_path: Path) -> None:
    host = machine(tmp_path, {**MACHINES["debian 12"], "/proc/sys/kernel/osrelease": "6.1.0-17-amd64\n"})
    write(tmp_path, {"/boot/config-6.1.0-17-amd64": "CONFIG_NETFILTER_XT_MATCH_OWNER=m\n"})
    assert "reboot the machine" in rows(present(host, WANTED), "warn")["kernel module xt_owner"].why


def test_a_kernel_that_takes_no_more_modules_gets_them_at_boot(tmp_path: Path) -> None:
    host = machine(tmp_path, {**MACHINES["debian 12"], "/proc/sys/kernel/modules_disabled": "1\n"})
    plan = present(host, WANTED)
    assert plan.modules == []
    assert "before a reboot" in rows(plan, "warn")["kernel module xt_owner"].why
    assert "xt_owner" in (plan.files[MODULES_FILE] or "")


@pytest.mark.parametrize("name", ["xt-owner", "ipt_REDIRECT"])
def test_other_spellings_and_aliases_are_the_same_module(name: str, tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES["ubuntu 24.04"])
    write(tmp_path, {"/sys/module/xt_owner/initstate": "live\n", "/sys/module/xt_REDIRECT/initstate": "live\n"})
    assert present(host, Wanted.of(1, 1, [name])).modules == []


def test_what_cannot_be_done_does_not_keep_the_rest_from_being_done(tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES["debian 12"], modprobe="modprobe: ERROR: could not insert 'xt_owner': Operation not permitted\n")
    plan = present(host, Wanted.of(2280, 1255360, ["xt_owner"]))

    def refuses(path: str, content: str | None) -> None:
        if path == MODULES_FILE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(tmp_path, {path: content})

    message = carry_out(plan, host, refuses).message
    assert message == (
        "Not done: /etc/modules-load.d/kubeflow.conf cannot be written: No space left on device; kernel module xt_owner cannot be loaded:"
        " modprobe: ERROR: could not insert 'xt_owner': Operation not permitted. Done: /etc/sysctl.d/99-zz-kubeflow.conf written;"
        f" {INSTANCES} = 2280; {WATCHES} = 1255360"
    )


def test_a_modprobe_that_only_says_so_is_not_believed(tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES["debian 12"], loads=False)
    assert "install xt_owner" in do(host, present(host, Wanted.of(1, 1, ["xt_owner"]))).failed[0]


def test_a_machine_without_modprobe_is_told_the_package(tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES["debian 12"], modprobe=None)
    assert "install package kmod" in do(host, present(host, Wanted.of(1, 1, ["xt_owner"]))).failed[0]


def test_taking_it_back_removes_the_files_and_names_what_stays(tmp_path: Path) -> None:
    host = machine(tmp_path, MACHINES["alma 9"])
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    do(host, present(host, WANTED))
    plan = absent(host)
    assert plan.stays[0] == f"{INSTANCES} stays 2280 until a reboot"
    assert "xt_owner" in plan.stays[2]
    assert "nf_nat" not in plan.stays[2].replace("iptable_nat", "")
    do(host, plan)
    after = {path for path in tmp_path.rglob("*") if path.is_file() and "sys/module" not in str(path)}
    assert after == before
    assert not absent(host).changed


@given(
    text=st.text(max_size=60),
    path=st.sampled_from([*MACHINES["alma 9"], "/proc/config.gz", "/proc/7/comm", "/proc/7/limits", SYSCTL_FILE, MODULES_FILE]),
    start=st.sampled_from(["", prerequisites.MARK, "flags: ", "fs.inotify.max_user_instances = ", "ID=", "x x x\n"]),
)
@settings(max_examples=150)
def test_whatever_a_file_of_the_machine_holds_it_is_a_plan_or_a_line(text: str, path: str, start: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = machine(Path(folder), {**MACHINES["alma 9"], path: (start + text).encode(errors="replace").decode()})
        try:
            plan = plan_of(host, DEFAULTS)
        except PrerequisitesError as refused:
            assert path in ("/etc/os-release", "/proc/sys/kernel/osrelease") or "was not written by this role" in str(refused)
        else:
            assert all(row.isprintable() for row in table([*plan.findings, *observe(host, "")]))
            do(host, plan)
            assert not plan_of(host, DEFAULTS).changed


def test_a_configuration_that_is_no_gzip_is_as_good_as_none(tmp_path: Path) -> None:
    host = machine(tmp_path, {**COMMON, "/etc/os-release": DEBIAN_12, "/proc/sys/kernel/osrelease": "6.18.1\n"})
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(b"CONFIG_NF_NAT=y\n")[:12] + b"\xff\x00rest")
    assert rows(present(host, WANTED), "warn")["kernel module nf_nat"].now == "unknown"


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("path", [SYSCTL_FILE, MODULES_FILE])
def test_somebody_elses_file_is_left_alone(state: str, path: str, tmp_path: Path) -> None:
    host = machine(tmp_path, {**MACHINES["debian 12"], path: "# mine\nvm.swappiness = 1\n"})
    with pytest.raises(PrerequisitesError, match=f"{path} was not written by this role"):
        plan_of(host, {**DEFAULTS, "state": state})


def test_an_unknown_distribution_is_refused_unless_asked_for(tmp_path: Path) -> None:
    host = machine(
        tmp_path, {**MACHINES["debian 12"], "/etc/os-release": 'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n'}
    )
    with pytest.raises(PrerequisitesError, match=r"^opensuse-leap is neither .* prerequisites_other_distributions: true$"):
        plan_of(host, DEFAULTS)
    assert plan_of(host, {**DEFAULTS, "other_distributions": True}).changed


def test_what_is_no_linux_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrerequisitesError, match="this is no Linux"):
        plan_of(Host(tmp_path, Programs(tmp_path)), DEFAULTS)


@pytest.mark.parametrize(
    ("instances", "modules", "words"),
    [
        (0, [], "fs.inotify.max_user_instances cannot be 0"),
        (2**31, [], "fs.inotify.max_user_instances cannot be 2147483648"),
        (1, ["xt_owner; reboot"], "'xt_owner;' is no name of a kernel module"),
        (1, ["../../etc"], "is no name of a kernel module"),
        (1, ["--remove"], "is no name of a kernel module"),
    ],
)
def test_what_no_kernel_takes_is_refused(instances: int, modules: list[str], words: str) -> None:
    with pytest.raises(PrerequisitesError) as refused:
        Wanted.of(instances, 1, modules)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["xt_owner,nf_nat", "xt_owner, nf_nat", "[xt_owner, nf_nat]", '["xt_owner", "nf_nat"]', "xt_owner\nnf_nat\n"]
)
def test_modules_are_the_same_in_whatever_text_they_come(text: str) -> None:
    """As a survey gives it; Ansible cuts text at commas."""
    assert Wanted.of(1, 1, text.split(",")).modules == ["xt_owner", "nf_nat"]


@pytest.mark.parametrize("text", ["", "[]"])
def test_no_modules_are_no_modules(text: str) -> None:
    assert Wanted.of(1, 1, text.split(",")).modules == []
