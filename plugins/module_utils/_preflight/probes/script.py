# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod looks at on its node, and how what it says is read.

It says it in its termination message, of which a kubelet keeps 4096 bytes (kubernetes.io/docs, "Determine the Reason for Pod Failure"):
that is part of the pod's status, so neither the right to read logs nor a way from the API server to the kubelet is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..._nodes.kernel import OPTIONS
from ..._nodes.observations import X86_64_V2
from ..._nodes.prerequisites import INSTANCES, WATCHES

# A shell of POSIX, and cat, cut, grep, head, nc, nslookup, timeout, tr, zcat as BusyBox has them. An API server answers a request without TLS
# with a page in plain text, so any answer shows that it is reached, without a certificate or token. A kernel parameter is there whole or not at
# all (proc_dointvec, kernel/sysctl.c: nothing past the first read), and read of a shell asks for single bytes.
SCRIPT = f"""
exec > /dev/termination-log 2> /dev/null
for parameter in {INSTANCES} {WATCHES}; do
  value=$(cat "/proc/sys/$(echo $parameter | tr . /)") && echo "sysctl $parameter $value"
done
flags=" $(grep -m1 '^flags' /proc/cpuinfo | cut -d: -f2) "
if [ "$flags" = "  " ]; then echo "flags none"; else
  lacking=""
  for flag in avx {" ".join(X86_64_V2)}; do case "$flags" in *" $flag "*) ;; *) lacking="$lacking $flag" ;; esac; done
  echo "flags lacking$lacking"
fi
[ -e /proc/config.gz ] && zcat /proc/config.gz | grep -E '^({"|".join(OPTIONS.values())})=' | while read -r line; do echo "option $line"; done
for module in {" ".join(OPTIONS)}; do [ -e /sys/module/$module ] && echo "module $module"; done
said=$(printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | timeout 10 nc -w 5 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" 2>&1)
echo "api $? $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT $(echo "$said" | tr -c 'A-Za-z0-9./:_-' ' ' | head -c 120)"
for name in "$@"; do
  for again in 1 2 3; do
    said=$(timeout 10 nslookup "$name" 2>&1 | tr -s '[:space:]' ' ' | head -c 200)
    case "$said" in *Name:*Address*) break ;; esac
  done
  echo "name $name $said"
done
echo end
exit 0
"""


@dataclass
class Facts:
    """What a pod told of its node.

    * C(sysctls): kernel parameters by name. C(flags): what the processor lacks of AVX and x86-64-v2, None when it is no x86-64.
    * C(modules): those that are loaded, or built in with parameters. C(options): of the kernel's configuration, empty when it does not tell.
    * C(api): whether the API server answered, and what. C(names): by name, whether it was resolved, and what was said.
    * C(whole): whether the pod came to its end.
    """

    sysctls: dict[str, int] = field(default_factory=dict)
    flags: list[str] | None = None
    modules: set[str] = field(default_factory=set)
    options: dict[str, str] = field(default_factory=dict)
    api: tuple[bool, str] | None = None
    names: dict[str, tuple[bool, str]] = field(default_factory=dict)
    whole: bool = False


# BusyBox before 1.29 numbers the addresses; the first ones are of the server that was asked.
_RESOLVED = re.compile(r"Name: \S+ (?:\S+ )*?Address(?: \d+)?: \S+")


def facts_of(text: str) -> Facts:
    """Lines of C(SCRIPT). What is none of them is left out: a shell may say more."""
    found = Facts()
    for line in text.splitlines():
        what, _space, rest = line.partition(" ")
        words = rest.split()
        if what == "sysctl" and len(words) == 2 and words[1].isdecimal():
            found.sysctls[words[0]] = int(words[1])
        elif what == "flags" and words[:1] == ["lacking"]:
            found.flags = words[1:]
        elif what == "option":
            name, _equals, value = rest.partition("=")
            found.options[name] = value
        elif what == "module" and words:
            found.modules.add(words[0])
        elif what == "api" and len(words) >= 2:
            said = " ".join(words[2:])
            found.api = (words[0] == "0" or "HTTP" in said, f"{words[1]}: {said or 'no answer'}")
        elif what == "name" and words:
            said = " ".join(words[1:])
            found.names[words[0]] = (bool(_RESOLVED.search(said)), said or "no answer")
        elif what == "end":
            found.whole = True
    return found
