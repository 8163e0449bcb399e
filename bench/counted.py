# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module of the collection as Ansible does, and tells its requests by verb in the last line of standard error: C(python -m bench.counted apply).

The line before has each of them with its time, in seconds since the first.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections import Counter
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import Client


def main() -> None:
    # The rest of the line would be taken for the module's arguments.
    name = sys.argv.pop()
    sent: list[tuple[float, str]] = []
    send = Client._send

    def counting(client: Client, method: str, path: str, query: Any, *rest: Any) -> Any:
        sent.append((time.monotonic(), "WATCH" if (query or {}).get("watch") else method))
        return send(client, method, path, query, *rest)

    Client._send = counting  # type: ignore[method-assign, assignment]
    try:
        importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.modules.{name}").main()
    finally:
        print(json.dumps([(round(at - sent[0][0], 3), verb) for at, verb in sent]), file=sys.stderr)
        print(json.dumps(Counter(verb for _at, verb in sent)), file=sys.stderr)


if __name__ == "__main__":
    main()
