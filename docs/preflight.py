# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page about preflight, a row for each check."""

from __future__ import annotations

from findings import escaped, sentence

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.judge import PROBES, short_name

MARK = "<!-- Written by docs/preflight.py from the checks in plugins/module_utils/_preflight/checks: make docs. -->\n"
HEAD = """\
# Preflight

What is asked of a cluster before anything is written to it: by each run of `site.yml` after its plan is rendered, and alone by

    ansible-playbook -i inventories/mine mlplatform.kubeflow.preflight

Each row is a check, a file in `plugins/module_utils/_preflight/checks`.

- A check **fails** when an install would end badly for certain: the run stops, with the cluster untouched. It **warns** where that is not certain,
  where something less than the install is at stake, or where the credentials may not look. What is wrong is said with what to do about it.
- `kubeflow_preflight_overrides: [<check>]` makes a warning of a failure.
- They read what the plan has and what the cluster has, each kind once: 48 requests for the whole of Kubeflow on an empty cluster, 81 where it is
  installed and each kind is asked whose its objects are. Besides questions they send one request for a token and one for its review, reviews of
  rights, and dry runs of objects where policies or Pod Security levels of somebody else are in force. Nothing of that stays.
- What only a node can tell (limits of its kernel, modules, instructions of its processor, whether it reaches a registry) they do not ask:
  [probes](#probes) do, and [role prerequisites](../roles/prerequisites/README.md) on the machines themselves.
- Nodes that KWOK simulates run no programs, so none are missed there: of the embedded cluster's DNS, provisioner and load balancer nothing is asked.
- The cluster has `kubeflow_preflight_timeout` to answer, 20 seconds. What it does not say until then is told as the last column has it. Probes have
  time of their own.
- All of it is in [`report.json`](report.md), as `preflight`, and is what module `preflight` returns as `findings`.
"""
TAIL = """
## Probes

What no question to the API server tells is tried out, on request:

    ansible-playbook -i inventories/mine mlplatform.kubeflow.preflight -e kubeflow_probes=all

| probe | check | what it asks |
|---|---|---|
{rows}

- Everything is in one namespace, `kubeflow-probe-` with a random end and label `mlplatform.kubeflow/probe`. It is removed in the end, also when the
  run fails, is interrupted or its time is over (`kubeflow_probe_timeout`). Of a run that was killed the namespace stays, its pods end by
  themselves, and the next run with probes removes it. By hand: `kubectl delete namespace -l mlplatform.kubeflow/probe`.
- Their rows are in the same table, `report.json` and module result, and `kubeflow_preflight_overrides` takes their names. A policy that refuses
  their pods, or credentials that may not make a namespace, are warnings.
- `kubeflow_probe_image` has to have a shell and the programs of BusyBox, which no image does that all releases have. `kubeflow_image_registries` is
  applied to it. Pods run as user 65532 without any right, as Pod Security level `restricted` wants; they say what they saw in their status, so
  that neither logs nor `exec` are needed.
- Each node that takes pods is asked, of more than 20 the first 20. Registries are asked by the nodes' container runtime, with its proxy and its
  authorities, for a tag that none of them has: nothing is downloaded, and no limit of downloads is touched.
- `images` is asked from the machine that Ansible runs on, makes nothing on the cluster, and is all that is run with `--check`. [More](#images).
- `kubeflow_probe_hosts: [login.example.com]` are further names that pods have to resolve: of an identity provider, a database, an object store.
- On simulated nodes of the embedded cluster no program runs: there a claim is bound, `images` are asked for, and the other probes say so and pass.
- Where `kubeflow_probes` is set in the inventory, `site.yml` probes before it applies. It is empty by default, and then nothing is made.

## Images

Whether all images of the plan can be had, before it is applied:

    ansible-playbook -i inventories/mine mlplatform.kubeflow.preflight -e kubeflow_probes=images

- Asked for is what the rendered plan has, after `kubeflow_images`, `kubeflow_image_map` and `kubeflow_image_registries`: images of pods, and those in
  arguments, ConfigMaps and custom resources. A name there without a tag or digest may be the beginning of one (Istio's `hub`), and is left out.
- Each is one request for its manifest (`HEAD`, as the OCI distribution spec has it), 8 at a time, with a token for everybody where the registry
  gives one. Nothing is downloaded. What is not there is asked for once more, for the registry's own words.
- What pods need and a registry does not have **fails**. It is a warning where only users need it later (notebooks, pipelines, model servers), where
  a node has it already, where nodes are simulated, or where the image is denied to somebody without a login and may be there with one: of
  other registries than upstream's, in namespaces with pull secrets, of the nodes' own cloud. Who mirrors registries by the configuration of
  nodes leaves this probe out or overrides it: `kubeflow_preflight_overrides: [probe_images]`.
- Nobody is logged in, neither with `kubeflow_image_pull_secrets` nor with a `docker login` of this machine.
- The way is that of the environment which Ansible runs in: `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`. A registry that this machine does not reach, or
  whose certificate it does not trust, is one warning, as nodes may. So is one that counts requests (429): it is asked again once if it
  wants that within 10 seconds, and else left alone.
- Registries on loopback and those of `kubeflow_probe_plain_http_registries` are asked by HTTP, all others by HTTPS. A token goes to no other host than
  the registry it is for, redirects do not leave HTTPS, and where to get a token is only believed if that is HTTPS, too.
- It takes no longer than `kubeflow_probe_timeout`; what was not answered until then is a warning.
"""


def page() -> str:
    lines = [MARK + HEAD, "| check | what it asks | where the cluster does not say |", "|---|---|---|"]
    for name, check in sorted(CHECKS.items()):
        said = f"{'fails' if check.needs_answer else 'warns'}: {sentence(_plain(check.unsaid))}" if check.unsaid else ""
        lines.append(f'| <a id="{name}"></a>`{name}` | {escaped(check.asks)} | {said} |')
    probes = "\n".join(f'| `{short_name(name)}` | <a id="{name}"></a>`{name}` | {escaped(asks)} |' for name, asks in PROBES.items())
    return "\n".join(lines) + "\n" + TAIL.format(rows=probes)


def _plain(text: str) -> str:
    """Braces are a template's in sentences of rules, and none here."""
    return text.replace("{", "{{").replace("}", "}}")
