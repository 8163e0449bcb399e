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
from .cabundles import CaBundles
from .cache_deployer import CacheDeployer
from .certificates import Certificates
from .configurations import Configurations
from .injector import CONFIG, MESH, Injector
from .istio_validation import IstioValidation
from .knative import Knative
from .kubelet import Kubelet
from .mirror import Mirror
from .mounts import Mounts
from .namespaces import ISTIOD, Namespaces
from .own_certificates import OwnCertificates
from .pace import PaceFile
from .profiles import Profiles
from .pulls import Pulls
from .secret_data import SecretData
from .services import Services, Workload
from .serving import Serving
from .storage import Storage
from .webhooks import Webhooks

PACE = "pace.json"


def _config_map(api: Api, namespace: str, name: str) -> Mirror:
    return Mirror(api, f"/api/v1/namespaces/{namespace}/configmaps", fieldSelector=f"metadata.name={name}").start()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="standins")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True, help="unix socket of the API server's egress")
    parser.add_argument("--folder", type=Path, required=True, help="where the nodes' pace is written")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=os.environ.get("STANDINS_LOG", "INFO"), format="%(asctime)s %(name)s %(message)s")
    # The API server and five others share these processors; what is done here is never what somebody waits for longest.
    sys.setswitchinterval(0.02)

    api = Api(options.kubeconfig)
    pace = PaceFile(options.folder / PACE)
    services, secrets, configurations = Services(api), SecretData(api), Configurations(api)
    mounts = Mounts(secrets, lambda: pace().secret_refresh_seconds)
    programs = OwnCertificates(api, secrets, mounts, services)
    certificates, profiles = Certificates(api, secrets), Profiles(api)
    crd_listeners = (certificates.crd_changed, profiles.crd_changed)
    bundles = CaBundles(api, secrets, programs, configurations, certificates, crd_listeners)
    validation = IstioValidation(configurations, services)
    knative = Knative(api, configurations, programs)
    istiod = Workload(api, "istiod")
    namespaces = Namespaces(api, programs, istiod.image)
    deployer = CacheDeployer(api, api.authority)
    storage = Storage(api)
    kubelet = Kubelet(api, storage.claims, secrets, mounts, programs, Pulls(lambda image: pace().pull(image)))
    services.start()
    istiod.start()
    for controller in (certificates, profiles, bundles, validation, knative, namespaces, deployer, storage, kubelet):
        controller.start()
    # What the others listen to.
    for source in (mounts, programs, configurations, secrets):
        source.start()

    config, mesh = _config_map(api, *CONFIG), _config_map(api, *MESH)
    injector = Injector(lambda: config.get(*CONFIG), lambda: mesh.get(*MESH), istiod.environment)
    serving = Serving(mounts, programs, services, kubelet.pod)
    webhooks = Webhooks(options.socket, serving, services.ready, {(ISTIOD[0], ISTIOD[1]): injector})
    # The socket says that all is in place, so it comes last.
    storage.class_there.wait()
    services.listed.wait()
    kubelet.listed.wait()
    webhooks.start()

    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_other: over.set())
    over.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
