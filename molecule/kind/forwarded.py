# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""C(python forwarded.py KUBECTL KUBECONFIG NAMESPACE TARGET PORT): what GET / says through C(kubectl port-forward)."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_SECONDS = 30


def main(kubectl: str, kubeconfig: str, namespace: str, target: str, port: str) -> None:
    # A port of this machine that is free.
    command = [kubectl, f"--kubeconfig={kubeconfig}", f"--namespace={namespace}", "port-forward", target, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            said = process.stdout.readline()
            found = _FORWARDING.search(said)
            if not found:
                sys.exit(f"{' '.join(command)} said {said!r}")
            with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/", timeout=_SECONDS) as answer:
                print(answer.status, answer.read().decode())
        finally:
            process.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
