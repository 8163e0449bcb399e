# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets, ConfigMaps and PriorityClasses that settings name and that nobody makes but the user."""

from __future__ import annotations

from collections.abc import Iterator

from ..._objects.demand import pods_of
from ..._objects.objects import Key, key_of
from ..._objects.references import references
from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of

# The API server's own (pkg/apis/scheduling: SystemPriorityClasses).
_SYSTEM = "system-"
_LOOKED_FOR = ("Secret", "PriorityClass")


@check(
    asks="Whether Secrets and PriorityClasses that pods name are there: of logins, databases, TLS and registries.",
    unsaid="Look by hand for the Secrets that your settings name: kubectl get secrets -A",
)
def named_objects(question: Question) -> Answer | None:
    planned = {key_of(item) for item in question.objects()}
    planned |= set(_by_certificates(question))
    there = {Key("", "Secret", item["metadata"]["namespace"], name_of(item)) for item in question.look.of("secrets")}
    there |= {
        Key("scheduling.k8s.io", "PriorityClass", "", name_of(item)) for item in question.look.of("priorityclasses.scheduling.k8s.io")
    }
    missing: dict[Key, str] = {}
    pulling: dict[Key, str] = {}
    for pods in pods_of(question.objects(), 1):
        spec = pods.template.get("spec") or {}
        for key in references(spec, pods.owner.namespace):
            if key.kind in _LOOKED_FOR and not key.name.startswith(_SYSTEM) and key not in planned | there and not _is_made(question, key):
                missing.setdefault(key, str(pods.owner))
        for entry in spec.get("imagePullSecrets") or ():
            key = Key("", "Secret", pods.owner.namespace, str(entry.get("name")))
            if key not in planned | there:
                pulling.setdefault(key, str(pods.owner))
    problems = [*_missing(question, missing), *_pulling(question, pulling), *_gateways(question, planned | there)]
    return answer_of(problems, "all Secrets and PriorityClasses that pods name are there, or made by the plan")


def _missing(question: Question, missing: dict[Key, str]) -> Iterator[Problem]:
    for key, owner in sorted(missing.items()):
        if key.kind == "PriorityClass":
            yield Problem(f"{key} is not there, which {owner} names", f"kubectl create priorityclass {key.name} --value=1000")
        else:
            make = f"kubectl -n {key.namespace} create secret generic {key.name} --from-literal=<key>=<value>"
            yield Problem(f"{key} is not there, without which {owner} does not start", f"{_space(question, key)}{make}")


def _pulling(question: Question, missing: dict[Key, str]) -> Iterator[Problem]:
    """Kubelets go on without them, and registries may let them."""
    spaces: dict[str, list[Key]] = {}
    for key in sorted(missing):
        spaces.setdefault(key.name, []).append(key)
    for name, keys in spaces.items():
        where = " ".join(key.namespace for key in keys)
        created = "".join(_space(question, key) for key in keys)
        yield Problem(
            f"Secret {name} with credentials of a registry is not in {', '.join(key.namespace for key in keys)}",
            f"{created}for space in {where}; do kubectl -n $space create secret docker-registry {name} --docker-server=<registry> "
            "--docker-username=<user> --docker-password=<password>; done",
            blocks=False,
        )


def _gateways(question: Question, known: set[Key]) -> Iterator[Problem]:
    """A TLS Secret of a gateway has to be where the gateway's pods are."""
    for item in question.objects():
        if item["kind"] != "Gateway" or "istio" not in item["apiVersion"]:
            continue
        for server in (item.get("spec") or {}).get("servers") or ():
            name = ((server or {}).get("tls") or {}).get("credentialName")
            if name and not any(key.kind == "Secret" and key.name == name for key in known):
                space = "istio-system"
                yield Problem(
                    f"Secret {space}/{name} with the certificate of {key_of(item)} is not there: HTTPS will not answer",
                    f"{_space(question, Key('', 'Secret', space, name))}kubectl -n {space} create secret tls {name} --cert=<file> --key=<file>",
                    blocks=False,
                )


def _by_certificates(question: Question) -> Iterator[Key]:
    for item in question.objects():
        if item["kind"] == "Certificate" and (name := (item.get("spec") or {}).get("secretName")):
            yield Key("", "Secret", item["metadata"].get("namespace") or "default", str(name))


def _is_made(question: Question, key: Key) -> bool:
    return any((made.kind, made.name) == (key.kind, key.name) and made.namespace in (None, key.namespace) for made in question.made)


def _space(question: Question, key: Key) -> str:
    return "" if key.namespace in question.look.namespaces else f"kubectl create namespace {key.namespace}; "
