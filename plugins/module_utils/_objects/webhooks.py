# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which admission webhooks the API server will call for an object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .objects import split_version

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Subject:
    """What admission looks at: the resource, its scope, the labels of the object and of its namespace.

    C(namespace_labels) is None for a cluster-scoped object (a Namespace is judged by its own labels).
    """

    group: str
    version: str
    plural: str
    namespaced: bool
    labels: Labels
    namespace_labels: Labels | None


@dataclass(frozen=True)
class Webhook:
    """One entry of a webhook configuration that calls a service of the cluster."""

    config_kind: str
    config: str
    name: str
    service: tuple[str, str]
    """Namespace and name."""
    fail_closed: bool
    definition: Mapping[str, Any]

    @property
    def mutating(self) -> bool:
        return self.config_kind == "MutatingWebhookConfiguration"

    def __hash__(self) -> int:
        return hash((self.config_kind, self.config, self.name))

    def matches(self, subject: Subject) -> bool:
        """Whether the API server calls it when the subject is created or changed.

        C(matchConditions) are not evaluated: an object that they would let pass is counted as matching.
        """
        # matchPolicy Equivalent: a request in another version of the same resource is converted and sent.
        any_version = self.definition["matchPolicy"] == "Equivalent"
        if not any(_rule_matches(rule, subject, any_version) for rule in self.definition.get("rules") or ()):
            return False
        namespace_labels = subject.namespace_labels
        if (subject.group, subject.plural) == ("", "namespaces"):
            namespace_labels = subject.labels
        if namespace_labels is not None and not selects(self.definition.get("namespaceSelector"), namespace_labels):
            return False
        return selects(self.definition.get("objectSelector"), subject.labels)


def webhooks_of(config: Mapping[str, Any]) -> list[Webhook]:
    """The webhooks of a configuration, with the defaults of its version: v1beta1 has Ignore and Exact, v1 has Fail and Equivalent."""
    if config["kind"] not in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        return []
    old = split_version(config["apiVersion"])[1] == "v1beta1"
    defaults = {"failurePolicy": "Ignore", "matchPolicy": "Exact"} if old else {"failurePolicy": "Fail", "matchPolicy": "Equivalent"}
    found = []
    for entry in config.get("webhooks") or ():
        service = (entry.get("clientConfig") or {}).get("service")
        if service:
            definition = {**defaults, **entry}
            closed = definition["failurePolicy"] == "Fail"
            where = (service["namespace"], service["name"])
            found.append(Webhook(config["kind"], config["metadata"]["name"], entry["name"], where, closed, definition))
    return found


def check_form(entry: Mapping[str, Any]) -> None:
    """Read everything of an entry of a configuration that C(matches) may read.

    :raises AttributeError, KeyError, TypeError: when it is not of the form of a webhook.
    """
    for rule in entry.get("rules") or ():
        for field in ("operations", "apiGroups", "apiVersions", "resources"):
            frozenset(value.lower() for value in rule.get(field) or ())
    for name in ("namespaceSelector", "objectSelector"):
        selector = entry.get(name) or {}
        dict(selector.get("matchLabels") or {})
        for expression in selector.get("matchExpressions") or ():
            frozenset((expression["key"], expression["operator"], *(expression.get("values") or ())))


def selects(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Whether a C(metav1.LabelSelector) selects the labels; an empty or missing one selects all."""
    selector = selector or {}
    if any(labels.get(name) != value for name, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def _expression_holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    present, value = expression["key"] in labels, labels.get(expression["key"])
    operator, values = expression["operator"], expression.get("values") or ()
    if operator == "In":
        return present and value in values
    if operator == "NotIn":
        return not present or value not in values
    return present if operator == "Exists" else not present


def _rule_matches(rule: Mapping[str, Any], subject: Subject, any_version: bool) -> bool:
    operations = rule.get("operations") or ()
    if not {"*", "CREATE", "UPDATE"}.intersection(operations):
        return False
    scope = rule.get("scope", "*")
    if scope != "*" and (scope == "Namespaced") != subject.namespaced:
        return False
    versions_match = any_version or _lists(rule.get("apiVersions"), subject.version)
    return _lists(rule.get("apiGroups"), subject.group) and versions_match and _lists(_plain_resources(rule), subject.plural)


def _plain_resources(rule: Mapping[str, Any]) -> list[str]:
    """Resources without their subresources: C(*/*) covers all of them, C(pods/*) covers pods too."""
    return [resource.removesuffix("/*") for resource in rule.get("resources") or () if "/" not in resource or resource.endswith("/*")]


def _lists(entries: Iterable[str] | None, value: str) -> bool:
    entries = list(entries or ())
    return "*" in entries or value in entries
