# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kubeadm keeps of kube-apiserver's flags (ConfigMap kubeadm-config), from which an upgrade writes the manifest anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    import yaml
except ImportError:  # who uses this asks for it, see _common/requirements
    yaml = None  # type: ignore[assignment]

from .errors import NodeError
from .flags import ISSUER, KEY_FILE, OURS, SIGNING_KEY_FILE

_GROUP = "kubeadm.k8s.io/"
# Since this one an extra argument is a name and a value, and can be given several times (kubeadm's v1beta4).
_LIST = ("v1beta4",)
_MAP = ("v1alpha3", "v1beta1", "v1beta2", "v1beta3")
# kubeadm sets these since then (cmd/kubeadm/app/phases/controlplane/manifests.go).
_BOTH = (1, 20)


def kept_flags(text: str, flags: Mapping[str, tuple[str, ...]], version: tuple[int, int]) -> tuple[str, list[str]]:
    """C(ClusterConfiguration) with the flags that the manifest has and kubeadm would not write by itself.

    :arg text: what the ConfigMap has under C(ClusterConfiguration).
    :arg flags: the values of the flags in the manifest.
    :arg version: of kube-apiserver.
    :returns: the text, the same when nothing is to be changed, and what cannot be kept, a line each.
    :raises NodeError: when it is no configuration of kubeadm that is known.
    """
    configuration = _read(text)
    form = str(configuration.get("apiVersion", "")).removeprefix(_GROUP)
    if configuration.get("kind") != "ClusterConfiguration" or form not in (*_LIST, *_MAP):
        raise NodeError(f"ConfigMap kubeadm-config in kube-system is of a form that is not known ({configuration.get('apiVersion')})")
    own = _kubeadms_own(configuration, version)
    wanted = {name: flags[name] for name in OURS if flags.get(name) and flags[name] != own.get(name)}
    server = configuration.setdefault("apiServer", None) or {}
    before = server.get("extraArgs")
    lost: list[str] = []
    extra: Any
    if form in _LIST:
        rest = [entry for entry in before or [] if not (isinstance(entry, dict) and entry.get("name") in wanted)]
        extra = [*rest, *({"name": name, "value": value} for name, values in wanted.items() for value in values)]
        same = sorted(map(_pair, before or [])) == sorted(map(_pair, extra)) and _order(before) == _order(extra)
    else:
        for name, values in wanted.items():
            if len(values) > 1 and name != "api-audiences":
                lost.append(
                    f"kubeadm {form} keeps one value of --{name}, {values[0]}: after an upgrade with kubeadm the others"
                    f" ({', '.join(values[1:])}) have to be set again, by running this once more"
                )
        # Audiences are a list with commas already.
        one = {name: ",".join(values) if name == "api-audiences" else values[0] for name, values in wanted.items()}
        extra = {**(before or {}), **one}
        same = (before or {}) == extra
    if same:
        return text, lost
    configuration["apiServer"] = {**server, "extraArgs": extra}
    return _written(configuration), lost


def _read(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise NodeError(f"ConfigMap kubeadm-config in kube-system holds no YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(found, dict):
        raise NodeError("ConfigMap kubeadm-config in kube-system holds no ClusterConfiguration")
    return found


def _written(configuration: Mapping[str, Any]) -> str:
    """As kubeadm writes it (sigs.k8s.io/yaml): what would not be read as text is in double quotes."""

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: Any, value: str) -> Any:
        plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == "tag:yaml.org,2002:str"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')

    Dumper.add_representer(str, text)
    return str(yaml.dump(configuration, Dumper=Dumper, default_flow_style=False, sort_keys=False, allow_unicode=True))


def _kubeadms_own(configuration: Mapping[str, Any], version: tuple[int, int]) -> dict[str, tuple[str, ...]]:
    """What kubeadm writes into the manifest without being told."""
    folder = str(configuration.get("certificatesDir") or "/etc/kubernetes/pki").rstrip("/")
    domain = str((configuration.get("networking") or {}).get("dnsDomain") or "cluster.local")
    own: dict[str, tuple[str, ...]] = {KEY_FILE: (f"{folder}/sa.pub",)}
    if version >= _BOTH:
        own |= {SIGNING_KEY_FILE: (f"{folder}/sa.key",), ISSUER: (f"https://kubernetes.default.svc.{domain}",)}
    return own


def _pair(entry: Any) -> str:
    return f"{entry.get('name')}={entry.get('value')}" if isinstance(entry, dict) else str(entry)


def _order(entries: Any) -> list[str]:
    """Issuers in their order, of which the first issues."""
    return [_pair(entry) for entry in entries or [] if isinstance(entry, dict) and entry.get("name") == ISSUER]
