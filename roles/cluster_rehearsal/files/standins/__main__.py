# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""C(python -m standins --kubeconfig FILE --socket PATH --folder FOLDER): all of them in one process."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from .api import Api
from .authority import Authority
from .cabundles import CaBundles
from .certificates import Certificates
from .injector import CONFIG, MESH, Injector
from .mirror import Mirror
from .namespaces import ISTIOD, Namespaces
from .services import Services, Workload
from .storage import Storage
from .webhooks import Webhooks


def _config_map(api: Api, namespace: str, name: str) -> Mirror:
    return Mirror(api, f"/api/v1/namespaces/{namespace}/configmaps", fieldSelector=f"metadata.name={name}").start()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="standins")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True, help="unix socket of the API server's egress")
    parser.add_argument("--folder", type=Path, required=True, help="where the authority is kept")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=os.environ.get("STANDINS_LOG", "INFO"), format="%(asctime)s %(name)s %(message)s")
    # The API server and five others share these processors; what is done here is never what somebody waits for longest.
    sys.setswitchinterval(0.02)

    api = Api(options.kubeconfig)
    authority = Authority(options.folder)
    services = Services(api)
    certificates = Certificates(api, authority)
    bundles = CaBundles(api, authority, services, certificates, certificates.crd_changed)
    namespaces = Namespaces(api, authority, services)
    storage = Storage(api)
    services.start()
    for controller in (certificates, bundles, namespaces, storage):
        controller.start()

    istiod = Workload(api, "istiod").start()
    config, mesh = _config_map(api, *CONFIG), _config_map(api, *MESH)
    injector = Injector(lambda: config.get(*CONFIG), lambda: mesh.get(*MESH), istiod.environment)
    webhooks = Webhooks(options.socket, authority, services.ready, {(ISTIOD[0], ISTIOD[1]): injector})
    # The socket says that all is in place, so it comes last.
    storage.class_there.wait()
    services.listed.wait()
    webhooks.start()

    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    over.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
