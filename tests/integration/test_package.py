# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The built tarball, installed elsewhere: it runs by full names, and passes ansible-test's sanity tests without exceptions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Cluster, environment, inventory

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import HOME, parent_name

# ansible-test fetches pip from a server of its own; this stands in for what it would get, from Python and the package index.
GET_PIP = """\
import ensurepip
import os
import ssl
import subprocess
import sys

ensurepip.bootstrap()
packages = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
found = [path for path in ("/etc/ssl/certs/ca-certificates.crt", ssl.get_default_verify_paths().openssl_cafile) if os.path.exists(path)]
options = ["--cert", found[0]] if found else []
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *options, *packages], check=True)
"""


def run(*command: str, folder: Path, **more: str) -> str:
    """Run a command of the environment that the tests run in; what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=folder, env=environment(PATH=path, **more), capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the collection, as ansible-galaxy installs it."""
    folder = tmp_path_factory.mktemp("package")
    run("ansible-galaxy", "collection", "build", "--output-path", str(folder), folder=ROOT)
    tarball = next(folder.glob("mlplatform-kubeflow-*.tar.gz"))
    # Not the checkout's: the checkout would count as installed already.
    (folder / "ansible.cfg").write_text(f"[defaults]\ncollections_path = {folder}\n")
    own = {"ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    run("ansible-galaxy", "collection", "install", "--offline", str(tarball), "--collections-path", str(folder), folder=folder, **own)
    return folder


def test_it_holds_what_a_user_needs_and_no_leftovers(collections: Path) -> None:
    root = collections / "ansible_collections/mlplatform/kubeflow"
    held = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert {"playbooks/site.yml", "roles/binary/files/kustomize/5.8.1/go.sum", "roles/cluster_kwok/files/standins/webhooks.py"} <= held
    assert "roles/katib/meta/argument_specs.yml" in held
    assert [name for name in held if name.endswith("/meta/settings.yml")] == []
    assert [name for name in held if name.startswith((".", "tests")) or name.endswith((".pyc", "ansible.cfg", ".plugin-cache.yaml"))] == []


def test_what_its_pages_show_and_link_to_is_in_it(collections: Path) -> None:
    root = collections / "ansible_collections/mlplatform/kubeflow"
    pages = list(root.rglob("*.md"))
    assert pages
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in link]
    assert links
    assert [(str(page.relative_to(root)), link) for page, link in links if not (page.parent / link).exists()] == []


def test_site_runs_by_its_full_name(cluster: Cluster, collections: Path, tmp_path: Path) -> None:
    """With nothing but Ansible's own settings: what it says can be read with the callback that everybody has."""
    hosts = inventory(tmp_path, "elsewhere", kubeflow_parts=["kubeflow_roles"], kubeflow_kubeconfig=str(cluster.kubeconfig))
    own = {"ANSIBLE_CONFIG": str(collections / "ansible.cfg")}
    output = run("ansible-playbook", "-i", str(hosts), "mlplatform.kubeflow.site", folder=tmp_path, **own)
    assert "failed=0" in output
    assert (tmp_path / "work/plan/kubeflow_roles/objects.yaml").is_file()
    parent = cluster.get(f"/api/v1/namespaces/{HOME}/configmaps/{parent_name('kubeflow_roles')}") or {}
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert parent["metadata"]["annotations"]["applyset.kubernetes.io/tooling"] == f"mlplatform.kubeflow/v{version}"
    # A line for each line, and none that holds two.
    assert re.search(r'^ +"Kubeflow 26.03: 1 of 1 parts ready",?$', output, re.MULTILINE), output
    assert "\\n" not in output


def test_sanity(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True)
    (cache / "get_pip_24_2.py").write_text(GET_PIP)
    # pslint and shellcheck are programs, and there is neither PowerShell nor shell here.
    skipped = [option for name in ("pslint", "shellcheck") for option in ("--skip-test", name)]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    run(
        *("ansible-test", "sanity", "--color", "no", "--python", python, *skipped),
        folder=collections / "ansible_collections/mlplatform/kubeflow",
        HOME=str(home),
        ANSIBLE_CONFIG=str(collections / "ansible.cfg"),
    )
