# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kernel modules: loaded, built in, loadable, or not there at all."""

from __future__ import annotations

import gzip
import re
import zlib
from enum import Enum

from .host import Host

# By which options a kernel has them, for kernels of which nothing but the configuration can be read (Linux, net/netfilter/Kconfig,
# net/ipv4/netfilter/Kconfig, net/Kconfig).
OPTIONS = {
    "br_netfilter": "CONFIG_BRIDGE_NETFILTER",
    "nf_nat": "CONFIG_NF_NAT",
    "xt_REDIRECT": "CONFIG_NETFILTER_XT_TARGET_REDIRECT",
    "xt_owner": "CONFIG_NETFILTER_XT_MATCH_OWNER",
    "iptable_nat": "CONFIG_IP_NF_NAT",
    "iptable_mangle": "CONFIG_IP_NF_MANGLE",
    "iptable_filter": "CONFIG_IP_NF_FILTER",
}


class State(Enum):
    """What there is of a module; the value is for people."""

    LOADED = "loaded"
    BUILT_IN = "built in"
    LOADABLE = "not loaded"
    LACKING = "the kernel has none"
    UNKNOWN = "unknown"


def canonical(name: str) -> str:
    """A module's name as the kernel writes it: minus signs and underscores mean the same."""
    return name.replace("-", "_")


def _file_names(listing: str) -> set[str]:
    """Names of the modules whose files a list of kmod names, one in a line, whatever they are packed with."""
    return {canonical(match.group(1)) for match in re.finditer(r"^(?:[^\s:]*/)?([^/\s:]+)\.ko(?:\.\w+)?(?=[\s:]|$)", listing, re.MULTILINE)}


class Kernel:
    """The running kernel and its modules."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.release = host.kernel
        folder = next((one for one in (f"/lib/modules/{self.release}", f"/usr/lib/modules/{self.release}") if host.names(one)), "")
        dependencies = host.text(f"{folder}/modules.dep") if folder else None
        # Whether it can be told what may be loaded.
        self.listed = dependencies is not None
        self._loadable = _file_names(dependencies or "")
        self._built_in = _file_names((host.text(f"{folder}/modules.builtin") if folder else None) or "")
        aliases = (host.text(f"{folder}/modules.alias") if folder else None) or ""
        self._aliases = dict(re.findall(r"^alias ([\w-]+) ([\w-]+)$", aliases, re.MULTILINE))
        self._options = _options(host, self.release, folder)
        # A kernel that takes no modules at all has no such parameter; 1 means that it takes none until the next boot.
        barred = host.text("/proc/sys/kernel/modules_disabled")
        self.takes_modules = barred is not None
        self.barred = (barred or "").strip() == "1"

    def state(self, name: str) -> State:
        """What there is of a module."""
        module = canonical(self._aliases.get(name, name))
        # Modules that are built in have no such file (Documentation/ABI/testing/sysfs-module).
        if self._host.text(f"/sys/module/{module}/initstate"):
            return State.LOADED
        if module in self._built_in:
            return State.BUILT_IN
        if module in self._loadable and self.takes_modules:
            return State.LOADABLE
        option = OPTIONS.get(module)
        if option and self._options.get(option) == "y":
            return State.BUILT_IN
        # With m, the file that belongs to the running kernel is not where it looks: as good as none.
        return State.LACKING if self.listed or (option and self._options) else State.UNKNOWN


def _options(host: Host, release: str, folder: str) -> dict[str, str]:
    """The kernel's configuration by option, C(y), C(m) or another value; empty when it cannot be read."""
    try:
        text: str | None = gzip.decompress(host.path("/proc/config.gz").read_bytes()).decode(errors="replace")
    except (OSError, EOFError, zlib.error):
        text = host.text(f"/boot/config-{release}") or (host.text(f"{folder}/config") if folder else None)
    return dict(re.findall(r"^(CONFIG_\w+)=(.*)$", text or "", re.MULTILINE))
