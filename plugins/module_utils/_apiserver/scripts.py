# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine's shell is told. Nothing but POSIX is there: no Python, no base64, no stat.

Files come as octets in hexadecimal (od), since a terminal between here and there would change line breaks.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from .keys import Slice

SEEN = "seen "
"""Begins the lines that tell something, among whatever else is said."""


def look(paths: Iterable[str], manifest: str) -> str:
    """The user, the host's name, which of some paths there are, and whether a kubelet runs here (not in some container of the machine)."""
    listed, pod, folder = " ".join(map(shlex.quote, paths)), shlex.quote(manifest), shlex.quote(manifest.rpartition("/")[0] or "/")
    return (
        f'if [ -r {pod} ] && [ -w {folder} ]; then echo "{SEEN}access"; fi\n'
        f'echo "{SEEN}uid $(id -u)"; echo "{SEEN}hostname $(uname -n)"\n'
        f'for p in {listed}; do if [ -e "$p" ]; then echo "{SEEN}path $p"; fi; done\n'
        "for f in $(grep -lx kubelet /proc/[0-9]*/comm 2>/dev/null); do\n"
        f'  if [ "${{f%/comm}}/ns/pid" -ef /proc/self/ns/pid ]; then echo "{SEEN}kubelet"; fi\n'
        "done\n"
    )


def read(path: str) -> str:
    """The content of a file, in hexadecimal."""
    return f"od -An -v -tx1 {shlex.quote(path)}"


def octets(text: str) -> bytes:
    """What C(read) says, as bytes.

    :raises ValueError: when it is anything else.
    """
    return bytes.fromhex("".join(text.split()))


def apiservers() -> str:
    """The command line of each process whose command line names kube-apiserver, this shell's own left out by its brackets."""
    return (
        "for f in $(grep -l 'kube-apiserve[r]' /proc/[0-9]*/cmdline 2>/dev/null); do\n"
        f'  echo "{SEEN}process ${{f%/cmdline}}"; od -An -v -tx1 "$f" 2>/dev/null\n'
        "done; true"
    )


def command_lines(text: str) -> dict[str, list[str]]:
    """What C(apiservers) says: words by process."""
    found: dict[str, list[str]] = {}
    for part in text.split(f"{SEEN}process ")[1:]:
        process, _newline, listed = part.partition("\n")
        try:
            words = octets(listed).decode(errors="replace").split("\0")
        except ValueError:
            # It ended while it was read.
            continue
        found[process.strip()] = words[:-1]
    return found


def back_up(manifest: str, folder: str, copy: str) -> str:
    """A copy of the manifest with its owner and mode, compared with it afterwards. Its folder is one that the kubelet does not read."""
    source, target, place = map(shlex.quote, (manifest, copy, folder))
    return (
        f"umask 077 && mkdir -p {place} && cp -p {source} {target} && chmod 600 {target} && cmp {source} {target} && sync\n"
        f"status=$?; if [ $status -ne 0 ]; then rm -f {target}; fi; exit $status"
    )


def replace(manifest: str, content: str) -> str:
    """Another content for the manifest, with the same owner and mode, by a rename: whoever looks sees the old one or the new one.

    The kubelet takes no file for a pod whose name begins with a dot (pkg/kubelet/config/file.go).
    """
    target = shlex.quote(manifest)
    unfinished = shlex.quote(_beside(manifest))
    return (
        f"umask 077 && cp -p {target} {unfinished} && printf %s {shlex.quote(content)} > {unfinished} && sync && mv -f {unfinished} {target} && sync\n"
        f"status=$?; if [ $status -ne 0 ]; then rm -f {unfinished}; fi; exit $status"
    )


def put_back(manifest: str, copy: str) -> str:
    """The back-up in the manifest's place, by a rename. Owner and mode are those of the manifest, which had them from the first one."""
    target, source, unfinished = map(shlex.quote, (manifest, copy, _beside(manifest)))
    return f"umask 077 && cp -p {target} {unfinished} && cat {source} > {unfinished} && sync && mv -f {unfinished} {target} && sync"


def labels(path: str) -> str:
    """Which PEM blocks a file holds."""
    return "sed -n -e 's/^-----BEGIN \\(.*\\)-----.*$/\\1/p' -e 's/^Proc-Type:.*ENCRYPTED.*$/ENCRYPTED PRIVATE KEY/p' " + shlex.quote(path)


def key_length(path: str, kind: str) -> str:
    """How many characters the body of a private key has."""
    return f"{_body(path, kind)} | wc -c"


def key_characters(path: str, kind: str, part: Slice) -> str:
    """Some characters of the body of a private key."""
    return f"{_body(path, kind)} | cut -c{part.first + 1}-{part.last or ''}"


def _body(path: str, kind: str) -> str:
    return f"sed -n '/-----BEGIN {kind}-----/,/-----END {kind}-----/p' {shlex.quote(path)} | sed '/-----/d' | tr -d ' \\t\\r\\n'"


def text_of(path: str) -> str:
    """The content of a file without private keys, as text."""
    return f"cat {shlex.quote(path)}"


def log_files(pattern: Sequence[str]) -> str:
    """Paths of the files that fit, the newest last."""
    return f"ls -tr {_glob(pattern)} 2>/dev/null; true"


def last_lines(path: str) -> str:
    """The end of a file."""
    return f"tail -n 60 {shlex.quote(path)} 2>/dev/null; true"


def _glob(pattern: Sequence[str]) -> str:
    folder, rest = pattern
    return f"{shlex.quote(folder)}/{rest}"


def _beside(manifest: str) -> str:
    folder, _slash, name = manifest.rpartition("/")
    return f"{folder}/.{name}.mlplatform"
