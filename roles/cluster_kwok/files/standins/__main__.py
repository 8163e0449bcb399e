# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All of them in one process.

C(python -m standins --kubeconfig FILE --socket PATH --folder FOLDER), and on a cluster whose nodes are real
C(python -m standins --kubeconfig FILE --real-nodes FOLDER [--without cert-manager]).
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from . import passed_on
from .api import Api
from .authority import Authority
from .cabundles import CaBundles
from .cache_deployer import CacheDeployer
from .certificates import Certificates
from .configurations import Configurations
from .faults import Faults
from .injector import CONFIG, MESH, Injector
from .istio_validation import IstioValidation
from .knative import Knative
from .mirror import Mirror
from .mounts import Mounts
from .namespaces import Namespaces
from .nodes import Nodes
from .own_certificates import OwnCertificates
from .pace import Pace, PaceFile
from .profiles import Profiles
from .secret_data import SecretData
from .services import Services, Workload

PACE, FAULTS = "pace.json", "faults.json"
CERT_MANAGER = "cert-manager"
# Where nodes are real: at which port istiod's place is answered.
PASSED_ON = 8080


def _config_map(api: Api, namespace: str, name: str) -> Mirror:
    return Mirror(api, f"/api/v1/namespaces/{namespace}/configmaps", fieldSelector=f"metadata.name={name}").start()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="standins")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--socket", type=Path, help="unix socket of the API server's egress")
    parser.add_argument("--folder", type=Path, help="where the nodes' pace and the faults are written")
    parser.add_argument(
        "--real-nodes",
        type=Path,
        metavar="FOLDER",
        help="kubelets, volumes and the network are real, and programs present what this folder's authority (ca.crt, ca.key) has signed",
    )
    parser.add_argument(
        "--without",
        choices=[CERT_MANAGER],
        help="where its own programs run: controller, cainjector and webhook of cert-manager",
    )
    options = parser.parse_args(arguments)
    if (options.real_nodes is None) != (options.socket is not None and options.folder is not None):
        parser.error("either --real-nodes, or --socket and --folder")
    return options


def main(arguments: list[str]) -> None:
    options = _options(arguments)
    logging.basicConfig(level=os.environ.get("STANDINS_LOG", "INFO"), format="%(asctime)s %(name)s %(message)s")
    # The API server and five others share these processors; what is done here is never what somebody waits for longest.
    sys.setswitchinterval(0.02)

    real: Path | None = options.real_nodes
    api = Api(options.kubeconfig)
    pace: Callable[[], Pace] = Pace if real else PaceFile(options.folder / PACE)
    faults = Faults(None if real else options.folder / FAULTS)
    authority = Authority((real / "ca.crt").read_bytes(), (real / "ca.key").read_bytes()) if real else None
    services, secrets, configurations = Services(api), SecretData(api), Configurations(api)
    mounts = Mounts(secrets, lambda: pace().secret_refresh_seconds)
    cert_manager = options.without != CERT_MANAGER
    programs = OwnCertificates(api, secrets, mounts, services, authority, left_out=() if cert_manager else ("cert-manager-webhook",))
    certificates, profiles = Certificates(api, secrets), Profiles(api)
    crd_listeners = (certificates.crd_changed, profiles.crd_changed) if cert_manager else (profiles.crd_changed,)
    bundles = CaBundles(api, secrets, programs, configurations, certificates, crd_listeners, injects=cert_manager)
    validation = IstioValidation(configurations, services)
    knative = Knative(api, configurations, programs)
    istiod = Workload(api, "istiod")
    namespaces = Namespaces(api, programs, istiod.image)
    # Where the cluster is of our own, its authority signs for whoever asks, and its key is there.
    deployer = CacheDeployer(api, (lambda: authority) if authority else api.authority)
    nodes = None if real else Nodes(api, secrets, mounts, programs, services, pace, faults)
    acting = {
        "cert-manager": [certificates.worker],
        "cainjector": [bundles.worker],
        "istiod": [validation.worker, namespaces.worker],
        "knative-webhook": [knative.worker],
        "cache-deployer": [deployer.worker],
        "profile-controller": [profiles.worker],
    }
    for name, workers in acting.items():
        for worker in workers:
            worker.held = functools.partial(faults.stopped, name)
    services.start()
    istiod.start()
    if cert_manager:
        certificates.start()
    for controller in (profiles, bundles, validation, knative, namespaces, deployer):
        controller.start()
    if nodes:
        nodes.start()
    faults.start()
    # What the others listen to.
    for source in (mounts, programs, configurations, secrets):
        source.start()
    config, mesh = _config_map(api, *CONFIG), _config_map(api, *MESH)
    injector = Injector(lambda: config.get(*CONFIG), lambda: mesh.get(*MESH), istiod.environment)
    if nodes:
        nodes.serve(options.socket, injector)
    else:
        passed_on.serve(PASSED_ON, injector)

    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_other: over.set())
    over.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
