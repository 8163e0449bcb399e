# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""C(python snapshot.py KUBECTL KUBECONFIG): a line for every object of every kind, C(KIND[.GROUP] [NAMESPACE/]NAME UID), by kubectl.

Kind and name are written as an uninstall names what it keeps. What the control plane makes by itself is left out.
"""

from __future__ import annotations

import subprocess
import sys

from control_plane import made_by_itself

_FIELDS = "{range .items[*]}{.apiVersion}|{.kind}|{.metadata.namespace}|{.metadata.name}|{.metadata.uid}{'\\n'}{end}"


def line(api_version: str, kind: str, namespace: str, name: str, uid: str) -> str:
    group = api_version.rpartition("/")[0]
    # Groups of Kubernetes itself are not named.
    kind = f"{kind}.{group}" if "." in group and not group.endswith(".k8s.io") else kind
    return f"{kind} {namespace}/{name} {uid}" if namespace else f"{kind} {name} {uid}"


def main(kubectl: str, kubeconfig: str) -> None:
    def ask(*arguments: str) -> list[str]:
        command = [kubectl, f"--kubeconfig={kubeconfig}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"kubectl {arguments[0]} ended with {done.returncode}: {done.stderr}")
        return done.stdout.splitlines()

    kinds = ask("api-resources", "--verbs=list", "--output=name")
    found = [entry.split("|") for entry in ask("get", ",".join(kinds), "--all-namespaces", f"--output=jsonpath={_FIELDS}")]
    print("\n".join(sorted(line(*entry) for entry in found if not made_by_itself(entry[1], entry[3]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
