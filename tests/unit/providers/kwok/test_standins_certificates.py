# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose certificate is in which Secret, when pods see it, and what webhook servers present, without a cluster."""

from __future__ import annotations

import base64
import datetime
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import certificates, own_certificates
from standins.api import Api
from standins.authority import Authority, self_signed, server_context, vouches
from standins.mirror import Change, Key
from standins.mounts import Mounts
from standins.own_certificates import OwnCertificates, look_after
from standins.programs import PROGRAMS, SERVICES
from standins.secret_data import Data, SecretData, data_of, encoded
from standins.services import Services
from standins.serving import Serving

Thing = dict[str, Any]
ROTATED = "jobset-webhook-server-cert"
SERVICE = "jobset-webhook-service"
PROBE = {"httpGet": {"path": "/readyz", "port": 8081}}


def until(condition: Callable[[], Any], seconds: float = 5) -> Any:
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return answer


# Certificates


def certificate(**spec: Any) -> Thing:
    wanted = {"secretName": "s", "dnsNames": ["a.n.svc"], "ipAddresses": ["10.0.0.1"], "issuerRef": {"name": "i"}, **spec}
    return {"metadata": {"name": "c", "namespace": "n", "generation": 3}, "spec": wanted}


def test_each_certificate_of_a_self_signing_issuer_vouches_for_itself() -> None:
    one, two = (certificates.issue(certificate(isCA=True), None) for _ in range(2))
    assert one[1] == one[0].certificate and two[1] == two[0].certificate
    assert vouches(one[1], one[0].certificate) and not vouches(two[1], one[0].certificate)
    secret = certificates.secret_for(certificate(), *one)
    assert secret["metadata"]["name"] == "s" and secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["annotations"]["cert-manager.io/certificate-name"] == "c"
    data = data_of(secret)
    assert data["ca.crt"] == data["tls.crt"]
    leaf = x509.load_pem_x509_certificate(data["tls.crt"])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.n.svc"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_an_issuer_with_an_authority_signs_with_it() -> None:
    authority = Authority.new("company")
    found, wrong = certificates.authority_in({"tls.crt": authority.pem, "tls.key": authority.key}, "keys")
    assert found is not None and wrong == ""
    issued, bundle = certificates.issue(certificate(commonName="web"), found)
    assert bundle == authority.pem and vouches(bundle, issued.certificate)
    leaf = self_signed("leaf", ["leaf"])
    for data, message in (
        (None, 'secrets "keys" not found'),
        ({}, "Error getting keypair"),
        ({"tls.crt": authority.pem, "tls.key": leaf.key}, "do not belong together"),
        ({"tls.crt": leaf.certificate, "tls.key": leaf.key}, "certificate is not a CA"),
    ):
        found, wrong = certificates.authority_in(data, "keys")
        assert found is None and message in wrong


def test_ready_is_about_this_generation() -> None:
    thing = {"metadata": {"generation": 2}, "status": {"conditions": [certificates.condition("Ready", True, "Ready", "", 1)]}}
    assert not certificates.is_ready(thing)
    thing["status"]["conditions"] = [certificates.condition("Ready", True, "Ready", "", 2)]
    assert certificates.is_ready(thing)
    thing["status"]["conditions"] = [certificates.condition("Ready", False, "Ready", "", 2)]
    assert not certificates.is_ready(thing)


def test_a_server_context_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    issued = self_signed("a.b.svc", ["a.b.svc"])
    assert server_context(issued.certificate, issued.key)
    with pytest.raises(ssl.SSLError):
        server_context(issued.certificate, self_signed("x", []).key)
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_is_valid_for_a_clock_that_is_behind() -> None:
    a_while_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=30)
    authority = Authority.new("any")
    for pem in (authority.pem, authority.issue("a", ["a"]).certificate, self_signed("a", ["a"]).certificate):
        assert x509.load_pem_x509_certificate(pem).not_valid_before_utc < a_while_ago


def test_what_is_no_certificate_vouches_for_nothing() -> None:
    assert not vouches(b"", b"") and not vouches(b"x", Authority.new("a").pem)


# Programs


@pytest.mark.parametrize("service", sorted(PROGRAMS))
def test_a_program_makes_what_it_takes_for_right(service: str) -> None:
    program = PROGRAMS[service]
    data = program.make("space", service)
    assert program.fits(data) and not program.fits({})
    for name in data:
        assert not program.fits({**data, name: b""})
    assert program.make("space", service)[program.files.authority] != data[program.files.authority]
    if not program.signs:
        leaf = x509.load_pem_x509_certificate(data[program.files.certificate])
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert f"{service}.space.svc" in names.get_values_for_type(x509.DNSName)
        assert not program.fits({**data, program.files.authority: Authority.new("another").pem})


def test_each_secret_is_one_programs() -> None:
    assert len(SERVICES) == len(PROGRAMS)


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (0.1, 1.5), (1.5, 1.5), (2, 4.5), (60, 94.5), (90, 94.5), (100, 190.5)])
def test_programs_look_for_their_files_with_growing_pauses(seconds: float, expected: float) -> None:
    assert look_after(seconds) == expected


# Secrets, pods and services that a test decides about


class Secrets(SecretData):
    def __init__(self) -> None:
        self.there: dict[Key, Data] = {}
        self.listeners: list[Change] = []

    def listen(self, on_change: Change) -> None:
        self.listeners.append(on_change)

    def metadata(self, namespace: str, name: str) -> Thing | None:
        return {"metadata": {}} if (namespace, name) in self.there else None

    def data(self, namespace: str, name: str) -> Data | None:
        return self.there.get((namespace, name))

    def put(self, namespace: str, name: str, data: Data) -> None:
        self.there[namespace, name] = data
        for listener in self.listeners:
            listener((namespace, name), {"metadata": {}})


class Writes(Api):
    """Secrets that are written are there."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self.written: list[tuple[str, str, str]] = []

    def request(self, method: str, path: str, body: Any = None, *, manager: str = "", **_more: Any) -> Thing:
        parts = path.strip("/").split("/")
        namespace, name = parts[3], body["metadata"]["name"] if method == "POST" else parts[5]
        assert (method == "POST") == ((namespace, name) not in self.secrets.there)
        self.written.append((method, f"{namespace}/{name}", manager))
        self.secrets.put(namespace, name, {**self.secrets.there.get((namespace, name), {}), **data_of(body)})
        return {}


class Ready(Services):
    def __init__(self) -> None:
        self.up: set[Key] = set()
        self.listeners: list[Callable[[Key], None]] = []

    def listen(self, listener: Callable[[Key], None]) -> None:
        self.listeners.append(listener)

    def ready(self, namespace: str, name: str) -> bool:
        return (namespace, name) in self.up

    def pod_at(self, namespace: str, name: str, address: str) -> Key | None:
        return namespace, address

    def turn(self, namespace: str, name: str, up: bool) -> None:
        (self.up.add if up else self.up.discard)((namespace, name))
        for listener in self.listeners:
            listener((namespace, name))


class World:
    def __init__(self, authority: Authority | None = None, *left_out: str) -> None:
        self.refresh = 0.0
        self.secrets, self.services = Secrets(), Ready()
        self.api = Writes(self.secrets)
        self.mounts = Mounts(self.secrets, lambda: self.refresh)
        self.programs = OwnCertificates(self.api, self.secrets, self.mounts, self.services, authority, left_out=left_out)
        self.pods: dict[str, Thing] = {}
        self.serving = Serving(self.mounts, self.programs, self.services, lambda _namespace, name: self.pods.get(name))
        self.told: list[Key] = []
        self.programs.listen(self.told.append)
        self.mounts.start()
        self.programs.start()

    def pod(self, address: str, secret: str, **container: Any) -> Thing:
        main = {"name": "manager", "image": "m", "volumeMounts": [{"name": "cert", "mountPath": "/c"}], **container}
        spec = {"containers": [main], "volumes": [{"name": "cert", "secret": {"secretName": secret}}]}
        self.pods[address] = {"metadata": {"name": f"pod-{address}", "namespace": "n", "uid": address}, "spec": spec}
        return self.pods[address]


@pytest.fixture
def world() -> World:
    return World()


def presented(context: ssl.SSLContext | None, host: str, authority: bytes) -> bool:
    """Whether a client that trusts C(authority) takes what this context presents for C(host)."""
    assert context is not None
    client = ssl.create_default_context(cadata=authority.decode())
    inbound, outbound = ssl.MemoryBIO(), ssl.MemoryBIO()
    one, two = client.wrap_bio(inbound, outbound, server_hostname=host), context.wrap_bio(outbound, inbound, server_side=True)
    for _ in range(4):
        for side in (one, two):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
            except ssl.SSLError:
                return False
    return True


# When pods see what changed


def test_a_pod_sees_what_was_there_and_changes_after_a_while(world: World) -> None:
    world.secrets.put("n", "tls", {"tls.crt": b"1", "tls.key": b"1"})
    pod = world.pod("10.128.0.1", "tls")
    world.mounts.take(pod)
    world.refresh = 0.3
    begun = time.monotonic()
    world.secrets.put("n", "tls", {"tls.crt": b"2", "tls.key": b"2"})
    world.secrets.put("n", "other", {})
    assert world.mounts.pair("10.128.0.1") == (b"1", b"1")
    until(lambda: world.mounts.pair("10.128.0.1") == (b"2", b"2"))
    assert time.monotonic() - begun >= 0.3
    # One that starts meanwhile sees it at once, and what is deleted stays.
    world.refresh = 60
    world.secrets.put("n", "tls", {"tls.crt": b"3", "tls.key": b"3"})
    world.mounts.take(world.pod("10.128.0.2", "tls"))
    assert world.mounts.pair("10.128.0.2") == (b"3", b"3")
    assert world.mounts.pair("10.128.0.1") == (b"2", b"2")
    world.refresh = 0
    del world.secrets.there["n", "tls"]
    for listener in world.secrets.listeners:
        listener(("n", "tls"), None)
    time.sleep(0.05)
    assert world.mounts.pair("10.128.0.2") == (b"3", b"3")
    world.mounts.forget("10.128.0.2")
    assert world.mounts.pair("10.128.0.2") is None


@pytest.mark.parametrize("probe", [{"readinessProbe": PROBE}, {}])
def test_a_program_that_writes_what_it_mounts_is_ready_once_it_sees_it(world: World, probe: Thing) -> None:
    world.secrets.put("n", ROTATED, {})
    world.refresh = 0.2
    pod = world.pod("10.128.0.1", ROTATED, **probe)
    world.mounts.take(pod)
    waiting = {"manager"} if probe else set()
    assert world.programs.runs_in(pod) == (waiting, 0.0)
    until(lambda: world.told == [("n", SERVICE)])
    assert world.api.written == [("PATCH", f"n/{ROTATED}", "manager")]
    # Its authority is in the configurations long before it answers.
    assert world.programs.bundle(("n", SERVICE)) == world.secrets.there["n", ROTATED]["ca.crt"]
    world.services.turn("n", SERVICE, True)
    assert world.serving("n", SERVICE, "10.128.0.1") is None
    until(lambda: world.mounts.pair("10.128.0.1"))
    containers, pause = world.programs.runs_in(pod)
    # It looks again at its own pace.
    assert containers == waiting and 0 < pause <= 1.5
    assert presented(world.serving("n", SERVICE, "10.128.0.1"), f"{SERVICE}.n.svc", world.programs.bundle(("n", SERVICE)))
    # Where Secrets are seen at once it need not look twice. Once ready, it stays so.
    world.refresh = 0.0
    assert world.programs.runs_in(pod) == (set(), 0.0)
    world.refresh = 60
    assert world.programs.runs_in(pod) == (set(), 0.0)
    world.programs.ended("10.128.0.1")
    assert world.programs.bundle(("n", SERVICE)) == b""


def test_a_program_that_finds_its_certificate_mounted_is_ready_at_once(world: World) -> None:
    world.refresh = 60
    made = PROGRAMS[SERVICE].make("n", SERVICE)
    world.secrets.put("n", ROTATED, made)
    pod = world.pod("10.128.0.1", ROTATED, readinessProbe=PROBE)
    world.mounts.take(pod)
    assert world.programs.runs_in(pod) == (set(), 0.0)
    until(lambda: world.told)
    assert world.api.written == []


def test_other_pods_are_none_of_its_business(world: World) -> None:
    world.secrets.put("n", "tls", {})
    assert world.programs.runs_in(world.pod("10.128.0.1", "tls", readinessProbe=PROBE)) == (set(), 0.0)
    assert not world.programs.runs(("n", SERVICE))


# Who fills in which Secret


def test_of_a_program_that_runs_itself_nothing_is_written() -> None:
    """Its Secret is its own, and holds another authority than the one that all the others have."""
    world = World(Authority.new("of all"), "cert-manager-webhook")
    world.services.turn("cert-manager", "cert-manager-webhook", True)
    world.secrets.put("cert-manager", "cert-manager-webhook-ca", {"tls.crt": b"1", "tls.key": b"1", "ca.crt": b"1"})
    world.services.turn("istio-system", "istiod", True)
    until(lambda: world.told == [("istio-system", "istiod")])
    assert [name for _method, name, _manager in world.api.written] == ["istio-system/istio-ca-secret"]


def test_knative_fills_in_its_secret_and_makes_none(world: World) -> None:
    world.services.turn("knative-serving", "webhook", True)
    assert world.programs.bundle(("knative-serving", "webhook")) == b""
    assert world.serving("knative-serving", "webhook", "") is None
    world.secrets.put("knative-serving", "webhook-certs", {})
    until(lambda: world.told == [("knative-serving", "webhook")])
    assert world.api.written == [("PATCH", "knative-serving/webhook-certs", "webhook")]
    data = world.secrets.there["knative-serving", "webhook-certs"]
    assert set(data) == {"server-cert.pem", "server-key.pem", "ca-cert.pem"}
    # No pod has to see it: it asks the API server.
    world.refresh = 60
    assert presented(world.serving("knative-serving", "webhook", ""), "webhook.knative-serving.svc", data["ca-cert.pem"])
    # Emptied by somebody, it is filled in anew.
    world.secrets.put("knative-serving", "webhook-certs", {})
    until(lambda: world.told == [("knative-serving", "webhook")] * 2)
    assert world.programs.bundle(("knative-serving", "webhook")) != data["ca-cert.pem"]
    world.services.turn("knative-serving", "webhook", False)
    assert world.programs.bundle(("knative-serving", "webhook")) == b""


def test_istiod_keeps_its_authority_while_it_runs(world: World) -> None:
    istiod = ("istio-system", "istiod")
    assert world.programs.bundle(istiod) == b""
    world.services.turn(*istiod, True)
    root = until(lambda: world.programs.bundle(istiod))
    assert presented(world.serving(*istiod, ""), "istiod.istio-system.svc", root)
    assert world.api.written == [("POST", "istio-system/istio-ca-secret", "pilot-discovery")]
    del world.secrets.there["istio-system", "istio-ca-secret"]
    assert world.programs.bundle(istiod) == root
    world.services.turn(*istiod, False)
    world.services.turn(*istiod, True)
    assert until(lambda: world.programs.bundle(istiod)) != root


# What is presented


def test_a_server_presents_what_its_pod_mounts(world: World) -> None:
    """Not what the Secret of another Certificate holds: who trusts that one is told."""
    for name in ("mine", "another"):
        issued, bundle = certificates.issue(certificate(dnsNames=["web.n.svc"]), None)
        world.secrets.put("n", name, {"tls.crt": issued.certificate, "tls.key": issued.key, "ca.crt": bundle})
    world.pod("10.128.0.1", "mine")
    assert world.serving("n", "web", "10.128.0.1") is None
    for service in ("web", "api"):
        world.services.turn("n", service, True)
    mine, another = (world.secrets.there["n", name]["ca.crt"] for name in ("mine", "another"))
    context = world.serving("n", "web", "10.128.0.1")
    assert presented(context, "web.n.svc", mine)
    assert not presented(context, "web.n.svc", another)
    # A name that is not in it.
    assert not presented(world.serving("n", "api", "10.128.0.1"), "api.n.svc", mine)
    # At an address of nobody's there is a certificate of nobody's.
    assert not presented(world.serving("n", "web", "10.128.0.9"), "web.n.svc", mine)


def test_data_of_secrets() -> None:
    assert data_of({"data": encoded({"a": b"1", "b": b""})}) == {"a": b"1", "b": b""}
    assert data_of({}) == {}
    assert base64.b64decode(encoded({"a": b"1"})["a"]) == b"1"
    assert own_certificates.look_after(0) == 0


# Real nodes


@pytest.mark.parametrize("service", sorted(PROGRAMS))
def test_on_real_nodes_every_program_has_the_authority_of_what_runs_there(service: str) -> None:
    """From the moment that its service is ready, as only a kubelet knows what a pod mounts and sees."""
    authority, program = Authority.new("all"), PROGRAMS[service]
    world = World(authority)
    if not program.creates:
        world.secrets.put("n", program.secret, {})
    assert world.programs.bundle(("n", service)) == b""
    world.services.turn("n", service, True)
    until(lambda: world.told == [("n", service)])
    assert world.programs.bundle(("n", service)) == authority.pem
    data = world.secrets.there["n", program.secret]
    assert data[program.files.certificate] == authority.pem if program.signs else vouches(authority.pem, data[program.files.certificate])
    written = len(world.api.written)
    # What another run of these programs had is of no use to this one.
    world.secrets.put("n", program.secret, program.make("n", service))
    if not program.holds:
        until(lambda: world.programs.bundle(("n", service)) == authority.pem)
        assert len(world.api.written) > written
