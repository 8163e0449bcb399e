# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/nodes.yml on a machine that may be thrown away: a container with this machine's programs and files of its own.

What the role writes to the kernel would reach this machine, so the container has files in place of its parameters and modules, and a
modprobe that writes them. All else is real: the playbook, its modules, root, the file system, and what reads the files at a boot.
"""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Played, run_playbook

SYSCTL_FILE, MODULES_FILE = "/etc/sysctl.d/99-zz-kubeflow.conf", "/etc/modules-load.d/kubeflow.conf"
INOTIFY = "/proc/sys/fs/inotify"
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
LOADABLE = ("br_netfilter", "xt_REDIRECT", "xt_owner", "iptable_nat", "iptable_mangle", "iptable_filter")
MODPROBE = """\
#!/bin/sh
echo "$1" >> /machine/modprobe.log
mkdir -p "/sys/module/$1" && echo live > "/sys/module/$1/initstate"
"""
HOSTS = """\
kubeflow: {hosts: {mycluster: {ansible_connection: local}}}
kube_node: {hosts: {node1: {kubeflow_cluster: mycluster, ansible_connection: local, ansible_python_interpreter: "%s"}}}
"""


def docker(*arguments: str, data: bytes | None = None) -> str:
    done = subprocess.run(["docker", *arguments], input=data, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, (arguments, done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """A root whose programs are those of this machine, mounted; a folder lib of its own, for the modules of its kernel."""
    if platform.system() != "Linux" or not Path("/lib").is_symlink():
        pytest.skip("the container shows the programs of this machine, which has to be a Linux with /lib in /usr")
    if not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("Docker is not here or does not answer")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:

        def add(name: str, *, content: str = "", target: str = "", kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> None:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode, entry.size = kind, target, mode, len(content)
            tar.addfile(entry, io.BytesIO(content.encode()))

        for folder in ("usr", "etc", "etc/sysctl.d", "etc/modules-load.d", "lib", "proc", "sys", "dev", "run", "root", "machine"):
            add(folder, kind=tarfile.DIRTYPE, mode=0o755)
        add("tmp", kind=tarfile.DIRTYPE, mode=0o1777)
        for name in ("bin", "sbin", "lib64"):
            if Path("/", name).is_symlink():
                add(name, kind=tarfile.SYMTYPE, target=f"usr/{name}")
        for path in Path("/usr/lib").iterdir():
            if path.name != "modules":
                add(f"lib/{path.name}", kind=tarfile.SYMTYPE, target=f"/usr/lib/{path.name}")
        add("etc/os-release", content=DEBIAN)
        add("etc/passwd", content="root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
        add("machine/modprobe", content=MODPROBE, mode=0o755)
    name = f"mlplatform-kubeflow-test-{uuid.uuid4().hex[:8]}"
    docker("import", "-", name, data=packed.getvalue())
    yield name
    docker("rmi", name)


class Machine:
    """A running container."""

    def __init__(self, image: str, *options: str) -> None:
        folders = {Path("/usr"), ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), Path(sys.executable).parent.parent}
        shown = [
            part for folder in sorted(folders) if folder == Path("/usr") or not folder.is_relative_to("/usr") for part in mount(folder)
        ]
        self.name = docker("run", "--detach", "--network=none", *options, *shown, image, "/bin/sleep", "3600").strip()

    def sh(self, script: str) -> str:
        return docker("exec", self.name, "/bin/sh", "-ec", script)

    def read(self, path: str) -> str:
        return self.sh(f"cat {path} 2>/dev/null || true")

    def play(self, *arguments: str, user: str = "0", hosts: str = HOSTS) -> Played:
        """The first play of playbooks/nodes.yml in it, as its own controller. It has no kube-apiserver for the second."""
        docker("exec", "--interactive", self.name, "/bin/sh", "-c", "cat > /tmp/hosts.yml", data=(hosts % sys.executable).encode())
        variables = {
            "PATH": "/machine:/usr/sbin:/usr/bin",
            "HOME": "/tmp/home",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        playbook = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "/tmp/hosts.yml", "playbooks/nodes.yml"]
        command = [*playbook, "--tags", "prerequisites", *arguments]
        done = subprocess.run(
            ["docker", "exec", "--workdir", str(ROOT), "--user", user, *given, self.name, *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        played = Played(done.returncode, done.stdout + done.stderr)
        assert "Traceback" not in played.output, played.output
        return played


def mount(folder: Path) -> tuple[str, str]:
    return "--volume", f"{folder}:{folder}:ro"


@pytest.fixture
def machine(image: str) -> Iterator[Machine]:
    """With a kernel of its own, as far as the role looks at it: one module built in, the others loadable, none loaded."""
    made = Machine(image, "--cap-add=SYS_ADMIN", "--security-opt=apparmor=unconfined", "--security-opt=seccomp=unconfined")
    release = platform.release()
    listed = "".join(f"kernel/net/{name}.ko.xz:\\n" for name in LOADABLE)
    try:
        made.sh(f"""
            mkdir -p /machine/inotify /machine/kernel /lib/modules/{release}
            echo 128 > /machine/inotify/max_user_instances; echo 8192 > /machine/inotify/max_user_watches
            echo {release} > /machine/kernel/osrelease; echo 0 > /machine/kernel/modules_disabled
            printf '{listed}' > /lib/modules/{release}/modules.dep; echo kernel/net/nf_nat.ko > /lib/modules/{release}/modules.builtin
            mount --bind /machine/inotify {INOTIFY}; mount --bind /machine/kernel /proc/sys/kernel; mount -t tmpfs tmpfs /sys/module
        """)
        yield made
    finally:
        docker("rm", "--force", made.name)


@pytest.fixture
def container(image: str) -> Iterator[Machine]:
    """As Docker starts them: nobody in it may write to the kernel."""
    made = Machine(image)
    try:
        yield made
    finally:
        docker("rm", "--force", made.name)


def state(machine: Machine) -> str:
    """All that the role may change."""
    files = "for one in /etc/sysctl.d/* /etc/modules-load.d/*; do echo $one; cat $one; done 2>/dev/null || true"
    return machine.sh(f"cat {INOTIFY}/max_user_*; ls /sys/module; {files}")


def test_a_machine_is_prepared_once_survives_a_reboot_and_is_given_back(machine: Machine) -> None:
    fresh = state(machine)
    looked = machine.play("--check", "--diff")
    assert looked.recap["changed"] == 1, looked.output
    assert state(machine) == fresh
    for said in (
        r"change +fs\.inotify\.max_user_instances +128 +2280",
        r"change +kernel module xt_owner +not loaded",
        r"ok +1 kernel modules +built in",
    ):
        assert re.search(said, looked.output), looked.output
    assert "+fs.inotify.max_user_watches = 1255360" in looked.output
    assert "node1 of cluster mycluster: Debian GNU/Linux 12" in looked.output
    assert "controller: git" in looked.output

    # Text, as every -e name=value is.
    first = machine.play(
        "-e", "prerequisites_inotify_instances=2280", "-e", "prerequisites_kernel_modules=" + ",".join((*LOADABLE, "nf_nat"))
    )
    assert first.recap["changed"] == 1, first.output
    assert machine.read(f"{INOTIFY}/max_user_instances") == "2280\n"
    assert machine.read(f"{INOTIFY}/max_user_watches") == "1255360\n"
    assert machine.read("/machine/modprobe.log").split() == list(LOADABLE)
    assert machine.sh(f"stat -c '%a %U' {SYSCTL_FILE} {MODULES_FILE}") == "644 root\n644 root\n"

    prepared = state(machine)
    for again in (machine.play("--check"), machine.play()):
        assert again.recap["changed"] == 0, again.output
        assert again.recap["failed"] == 0
    assert state(machine) == prepared

    # What a boot does: fresh values, and then systemd's own programs with the files.
    machine.sh(f"echo 128 > {INOTIFY}/max_user_instances; echo 8192 > {INOTIFY}/max_user_watches; rm -r /sys/module/*")
    if os.access("/usr/lib/systemd/systemd-sysctl", os.X_OK):
        machine.sh("/usr/lib/systemd/systemd-sysctl --prefix=/fs/inotify")
        assert machine.read(f"{INOTIFY}/max_user_instances") == "2280\n"
        assert machine.read(f"{INOTIFY}/max_user_watches") == "1255360\n"
    else:
        machine.sh(f"sysctl --load={SYSCTL_FILE}")
    machine.sh(f"grep -v '^#' {MODULES_FILE} | while read name; do /machine/modprobe $name; done")
    assert state(machine) == prepared
    assert machine.play().recap["changed"] == 0

    removed = machine.play("-e", "prerequisites_state=absent")
    assert removed.recap["changed"] == 1, removed.output
    assert machine.sh("ls /etc/sysctl.d /etc/modules-load.d").split() == ["/etc/modules-load.d:", "/etc/sysctl.d:"]
    assert "fs.inotify.max_user_instances stays 2280 until a reboot" in removed.words
    assert machine.play("-e", "prerequisites_state=absent").recap["changed"] == 0


def test_more_than_is_wanted_is_kept(machine: Machine) -> None:
    machine.sh(f"echo 9999 > {INOTIFY}/max_user_instances; echo fs.inotify.max_user_watches=3000000 > /etc/sysctl.d/10-mine.conf")
    assert machine.play().recap["failed"] == 0
    assert machine.read(f"{INOTIFY}/max_user_instances") == "9999\n"
    assert "fs.inotify.max_user_watches = 3000000" in machine.read(SYSCTL_FILE)


def test_a_kernel_that_cannot_be_written_to_is_told_with_what_was_done(container: Machine) -> None:
    if int(Path(f"{INOTIFY}/max_user_instances").read_text()) >= 100_000:
        pytest.skip("this machine has more of everything than the test asks for")
    more = ("-e", "prerequisites_inotify_instances=100000", "-e", "prerequisites_kernel_modules=")
    looked = container.play("--check", *more)
    assert looked.recap["failed"] == 1, looked.output
    assert "Cannot be done: fs.inotify.max_user_instances stays" in looked.words
    assert f"Would be done: {SYSCTL_FILE} written" in looked.words
    played = container.play(*more)
    assert played.recap["failed"] == 1, played.output
    assert re.search(
        r"Not done: fs\.inotify\.max_user_instances stays \d+, /proc/sys/fs/inotify/max_user_instances cannot be written: Read-only file system"
        r" \(a container\? set it on the machine whose kernel this is\).* Done: /etc/sysctl\.d/99-zz-kubeflow\.conf written",
        played.words,
    ), played.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prerequisites_inotify_instances=many"], "prerequisites_inotify_instances"),
        (["prerequisites_inotify_instances=0"], "fs.inotify.max_user_instances cannot be 0: it is a number from 1 to 2147483647"),
        (["prerequisites_kernel_modules=xt_owner;reboot"], "'xt_owner;reboot' is no name of a kernel module"),
        (["prerequisites_kubernetes_version=newest"], "kubernetes_version 'newest' is no version like 1.34.4"),
        (["prerequisites_state=gone"], "value of prerequisites_state must be one of: present, absent"),
        (["kubeflow_cluster=another"], "kubeflow_cluster of node1 is 'another', and no host of group 'kubeflow' has that name"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(arguments: list[str], words: str, container: Machine) -> None:
    played = container.play(*(part for argument in arguments for part in ("-e", argument)))
    assert played.recap["failed"] == 1, played.output
    assert words in played.words
    assert container.sh("ls /etc/sysctl.d /etc/modules-load.d").split() == ["/etc/modules-load.d:", "/etc/sysctl.d:"]


def test_who_is_not_root_is_told_how_to_become_it(container: Machine) -> None:
    played = container.play("-e", "ansible_become=false", user="65534")
    assert played.recap["failed"] == 1, played.output
    assert "Nothing was done: it needs root. Set become: true" in played.words


def test_an_unknown_distribution_is_refused(container: Machine) -> None:
    container.sh("echo 'ID=alpine' > /etc/os-release")
    played = container.play()
    assert "alpine is neither of the Debian nor of the RHEL family" in played.words
    assert "prerequisites_other_distributions: true" in played.words
    assert played.recap["failed"] == 1


@pytest.mark.parametrize("more", ["", "kube_control_plane: {}\nkube_node: {hosts: {}}\n"], ids=["no groups", "empty groups"])
@pytest.mark.parametrize("arguments", [("--limit", "mycluster"), ("--tags", "prerequisites"), ("--tags", "apiserver_patch")], ids=" ".join)
def test_an_inventory_without_machines_is_refused(more: str, arguments: tuple[str, str], tmp_path: Path) -> None:
    """And nothing is done to the hosts that it has, which are clusters: their machine is the one that Ansible runs on."""
    hosts = tmp_path / "hosts.yml"
    hosts.write_text("kubeflow: {hosts: {mycluster: {ansible_connection: local}}}\n" + more)
    played = run_playbook("-i", hosts, "playbooks/nodes.yml", *arguments)
    assert played.returncode != 0
    assert "no machines in the groups 'kube_control_plane' and 'kube_node'" in played.words
    assert "Look at the node" not in played.output and "Flags of kube-apiserver" not in played.output


def test_site_opens_no_connection_to_machines() -> None:
    """The example's machines have addresses that nobody has; the hosts of site.yml are clusters alone."""
    done = run_playbook("-i", ROOT / "inventories/kubeadm", "site.yml", "--list-hosts")
    assert done.returncode == 0, done.output
    assert "mycluster" in done.output
    assert not re.search(r"\bnode\d\b", done.output)
