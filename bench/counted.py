# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module of the collection as Ansible does, and tells its requests by verb on standard error: C(python -m bench.counted apply)."""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client


def main() -> None:
    # The rest of the line would be taken for the module's arguments.
    name = sys.argv.pop()
    counts: Counter[str] = Counter()
    send = Client._send

    def counting(client: Client, method: str, path: str, query: Any, *rest: Any) -> Any:
        counts["WATCH" if (query or {}).get("watch") else method] += 1
        return send(client, method, path, query, *rest)

    Client._send = counting  # type: ignore[method-assign, assignment]
    try:
        importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.modules.{name}").main()
    finally:
        print(json.dumps(counts), file=sys.stderr)


if __name__ == "__main__":
    main()
