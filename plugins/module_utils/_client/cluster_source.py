# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a cluster's name comes from: a module's options, or the environment. One of them, whole; they never mix.

A token of one cluster beside the address of another is sent to that other, and a run changes a cluster that nobody named.
So options that name a cluster (C(kubeconfig) or C(host)) are all there is: no C(K8S_AUTH_*) adds to them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .._common.naming import option_name

# Option names are those of kubernetes.core, and so are the variables (AWX sets HOST, API_KEY, VERIFY_SSL and SSL_CA_CERT).
VARIABLES: Mapping[str, str] = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "username": "K8S_AUTH_USERNAME",
    "password": "K8S_AUTH_PASSWORD",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "proxy": "K8S_AUTH_PROXY",
    "no_proxy": "K8S_AUTH_NO_PROXY",
}
_PREFIX = "K8S_AUTH_"
_PATHS = ("kubeconfig", "ca_cert", "client_cert", "client_key")
_NAMING = ("kubeconfig", "host")
# Ansible's own words for a boolean (ansible.module_utils.parsing.convert_bool).
_TRUE, _FALSE = {"y", "yes", "on", "1", "true", "t", "1.0"}, {"n", "no", "off", "0", "false", "f", "0.0"}


class ConnectionOptionsError(Exception):
    """No cluster is named, or what names it cannot be used."""


@dataclass(frozen=True)
class Source:
    """What one source says of the cluster.

    C(values): by option name, only what is given. C(ignored): names of variables that are set and have no effect.
    """

    kind: Literal["options", "environment"]
    values: Mapping[str, Any]
    ignored: tuple[str, ...] = ()

    def get(self, option: str) -> Any:
        """The value of an option, None when it is not given."""
        return self.values.get(option)

    def name(self, option: str) -> str:
        """An option by the name under which it was given."""
        return option if self.kind == "options" else VARIABLES[option]

    @property
    def warning(self) -> str:
        """What to say of the variables that have no effect; empty when there are none."""
        if not self.ignored:
            return ""
        why = (
            f"the cluster is named by {' and '.join(option for option in _NAMING if option in self.values)}, and options and environment never mix"
            if self.kind == "options"
            else "they mean nothing here"
        )
        return f"Set in the environment and ignored: {', '.join(self.ignored)} ({why})."


def choose(options: Mapping[str, Any], environment: Mapping[str, str]) -> Source:
    """The source that names the cluster: the options where they do, else the environment.

    :arg options: by name; None and empty text mean that an option is not given.
    :raises ConnectionOptionsError: when neither names a cluster, options are left over beside an environment that does, or what the
        source says contradicts itself.
    """
    given = {option: options[option] for option in VARIABLES if options.get(option) not in (None, "")}
    known = {option: environment[name] for option, name in VARIABLES.items() if environment.get(name)}
    strange = [name for name in environment if name.startswith(_PREFIX) and name not in VARIABLES.values() and environment[name]]
    if any(option in given for option in _NAMING):
        # A variable that says the same as an option is not ignored.
        unused = [VARIABLES[option] for option, value in known.items() if given.get(option) != value]
        return _checked(Source("options", given, tuple(sorted([*unused, *strange]))))
    if any(option in known for option in _NAMING):
        if given:
            raise ConnectionOptionsError(
                f"{_list(sorted(given))} {_is(given)} given as an option, and no option names a cluster: options and environment never mix. "
                f"Give kubeconfig or host as an option too, or leave the options to {_list(VARIABLES[name] for name in _NAMING if name in known)}."
            )
        return _checked(Source("environment", _from_text(known), tuple(sorted(strange))))
    alone = [*sorted(given), *sorted(VARIABLES[option] for option in known)]
    raise ConnectionOptionsError(
        f"No cluster is named. Set {option_name('kubeconfig')} (and {option_name('context')}), or host and api_key, or K8S_AUTH_KUBECONFIG or K8S_AUTH_HOST. "
        "KUBECONFIG and ~/.kube/config do not count, so that nothing is installed by accident."
        + (f" ({_list(alone)} {_is(alone)} set, which is not enough.)" if alone else "")
    )


def _from_text(known: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = dict(known)
    for option in _PATHS:
        if option in values:
            values[option] = str(Path(os.path.expandvars(values[option])).expanduser())
    if text := known.get("validate_certs"):
        word = text.strip().lower()
        if word not in _TRUE | _FALSE:
            raise ConnectionOptionsError(f"{VARIABLES['validate_certs']} is {text[:20]!r}: it is true or false")
        values["validate_certs"] = word in _TRUE
    return values


def _checked(source: Source) -> Source:
    """The source, when it does not contradict itself."""
    name, values = source.name, source.values
    if "kubeconfig" in values and "host" in values:
        raise ConnectionOptionsError(
            f"{name('kubeconfig')} and {name('host')} are both set, and each names a cluster. Take one of them away, "
            f"and what belongs to it."
        )
    if "context" in values and "kubeconfig" not in values:
        raise ConnectionOptionsError(
            f"{name('context')} is set, and {name('kubeconfig')} is not: a context chooses among the clusters of a kubeconfig"
        )
    for one, other in (("username", "password"), ("password", "username"), ("client_key", "client_cert")):
        if one in values and other not in values:
            raise ConnectionOptionsError(f"{name(one)} is set without {name(other)}: the API server takes them together only")
    if "api_key" in values and "username" in values:
        raise ConnectionOptionsError(
            f"{name('api_key')} and {name('username')} are both set: a request carries a token or a password, not both"
        )
    return source


def _list(names: Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last


def _is(names: Sized) -> str:
    return "is" if len(names) == 1 else "are"
