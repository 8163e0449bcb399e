# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of Molecule's scenario kind: what is in them, and what runs in them."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "roles/cluster_kwok/files"))
sys.path.insert(0, str(Path(__file__).parents[2] / "molecule/kind"))

from images.__main__ import real, with_program
from images.archive import Image, Link, write
from images.interpreter import executable, files, linked
from images.named import named

ROOT = Path(__file__).parents[2]

SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)


def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The manifest of an archive, and its files."""
    with tarfile.open(path) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    return json.loads(found["manifest.json"]), found


def layer_of(path: Path, image: int = 0) -> dict[str, tarfile.TarInfo]:
    manifest, found = read(path)
    with tarfile.open(fileobj=io.BytesIO(found[manifest[image]["Layers"][0]])) as layer:
        return {member.name: member for member in layer}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"program")
    path.chmod(0o700)
    return path


# Archives


def test_an_archive_is_the_same_whenever_and_by_whomever_it_is_made(tmp_path: Path, program: Path) -> None:
    image = Image(["b:2", "a:1"], {"/bin/p": program, "/etc/c": b"c", "/l": Link("/bin/p")}, ["/bin/p"])
    one, two = tmp_path / "one.tar", tmp_path / "two.tar"
    write(one, [image])
    program.touch()
    program.chmod(0o755)
    write(two, [Image(["a:1", "b:2"], dict(reversed(image.files.items())), ["/bin/p"])])
    assert one.read_bytes() == two.read_bytes()


def test_everybody_may_read_and_run_what_is_in_an_image(tmp_path: Path, program: Path) -> None:
    write(tmp_path / "a.tar", [Image(["a:1"], {"/x/p": program, "/x/l": Link("/x/p"), "/c": b"c"}, ["/x/p"], working_dir="/app")])
    found = layer_of(tmp_path / "a.tar")
    assert {name: (member.type, member.mode) for name, member in found.items()} == {
        "x": (tarfile.DIRTYPE, 0o755),
        "app": (tarfile.DIRTYPE, 0o755),
        "x/p": (tarfile.REGTYPE, 0o755),
        "x/l": (tarfile.SYMTYPE, 0o777),
        "c": (tarfile.REGTYPE, 0o644),
    }


def test_a_configuration_names_its_layer_and_a_manifest_all_images(tmp_path: Path, program: Path) -> None:
    write(tmp_path / "a.tar", [Image(["a:1"], {"/p": program}, ["/p"]), Image(["b:1", "b:2"], {"/q": b""}, ["/q"], user="0:0")])
    manifest, found = read(tmp_path / "a.tar")
    assert [entry["RepoTags"] for entry in manifest] == [["a:1"], ["b:1", "b:2"]]
    for entry, user in zip(manifest, ("65532:65532", "0:0"), strict=True):
        configuration = json.loads(found[entry["Config"]])
        assert configuration["rootfs"]["diff_ids"] == [f"sha256:{entry['Layers'][0].removesuffix('.tar')}"]
        assert configuration["config"]["User"] == user


@given(st.lists(st.lists(SEGMENT, min_size=1, max_size=4), min_size=1, max_size=8))
def test_a_layer_has_each_folder_before_what_is_in_it(tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]]) -> None:
    wanted = {"/" + "/".join(path): b"x" for path in paths}
    # What is a folder for one cannot be a file for another.
    wanted = {path: content for path, content in wanted.items() if not any(other.startswith(f"{path}/") for other in wanted)}
    archive = tmp_path_factory.mktemp("layer") / "a.tar"
    write(archive, [Image(["a:1"], wanted, ["/x"])])
    seen = set[str]()
    for name in layer_of(archive):
        assert "/" not in name or name.rpartition("/")[0] in seen
        assert name not in seen
        seen.add(name)
    assert {path[1:] for path in wanted} <= seen


# Images with their own programs


def test_a_real_program_is_what_images_of_its_name_run_whatever_their_registry(program: Path) -> None:
    images = frozenset(
        {"quay.io/jetstack/cert-manager-webhook:v1.3.1", "own:5000/cert-manager-webhook:v1.3.1", "a/cert-manager-webhook:v1.3.2"}
    )
    image = with_program(images, *real("cert-manager-webhook:v1.3.1=" + str(program)))
    assert list(image.tags) == ["own:5000/cert-manager-webhook:v1.3.1", "quay.io/jetstack/cert-manager-webhook:v1.3.1"]
    assert image.files == {"/app/cert-manager-webhook": program} and list(image.entrypoint) == ["/app/cert-manager-webhook"]


def test_a_real_program_of_no_image_is_refused(program: Path) -> None:
    with pytest.raises(ValueError, match=r"no image of the plan is named cert-manager-webhook:v1\.4\.0"):
        with_program(frozenset({"quay.io/jetstack/cert-manager-webhook:v1.3.1"}), "cert-manager-webhook:v1.4.0", program)


@pytest.mark.parametrize("text", ["", "a", "a=", "=b"])
def test_a_real_program_is_given_with_its_image_and_file(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not NAME:TAG=FILE"):
        real(text)


# What a plan names


def workload(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"image": "i", **container}]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"spec": spec}}}


def test_commands_are_where_a_container_looks_for_them() -> None:
    probe = {"exec": {"command": ["/bin/sh", "-c", "x"]}}
    found = named(
        [
            workload(command=["dex", "serve"]),
            workload(command=["./katib-ui"]),
            workload(command=["bin/x"], workingDir="/srv"),
            workload(command=["/manager"], readinessProbe=probe, lifecycle={"postStart": {"exec": {"command": ["wget"]}}}),
            workload(args=["only", "arguments"]),
        ],
        "/app",
    )
    assert found.commands == {"/usr/local/bin/dex", "/app/katib-ui", "/srv/bin/x", "/manager", "/bin/sh", "/usr/local/bin/wget"}


def test_ports_come_from_containers_probes_hooks_and_services() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 443, "targetPort": 9443}, {"port": 80, "targetPort": "http"}, {"port": 8082}]},
    }
    found = named(
        [
            service,
            workload(ports=[{"containerPort": 8080, "name": "http"}]),
            workload(livenessProbe={"httpGet": {"port": "8081"}}, startupProbe={"grpc": {"port": 6789}}),
            workload(readinessProbe={"tcpSocket": {"port": "http"}}, lifecycle={"preStop": {"httpGet": {"port": 15020}}}),
        ],
        "/app",
    )
    assert found.ports == {9443, 8082, 8080, 8081, 6789, 15020}
    assert found.images == {"i"}


@pytest.mark.parametrize(
    ("image", "expected"), [("proxyv2", "docker.io/istio/proxyv2:1.9.6"), ("registry.example.org/p:1", "registry.example.org/p:1")]
)
def test_sidecars_have_the_image_that_istiods_template_names(image: str, expected: str) -> None:
    values = {"global": {"hub": "docker.io/istio", "tag": "1.9.6", "proxy": {"image": image}}}
    metadata = {"name": "istio-sidecar-injector", "namespace": "istio-system"}
    found = named([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"values": json.dumps(values)}}], "/app")
    assert found.images == {expected}
    assert found.commands == {"/usr/local/bin/pilot-agent"}


# What runs


def test_the_interpreter_is_taken_with_what_it_is_linked_with() -> None:
    found = files(["yaml"], "/packages")
    assert found[str(executable())] == executable()
    assert "/packages/yaml/__init__.py" in found
    assert any(name.startswith("libc.so") or name.startswith("ld-") for name in {Path(path).name for path in found})
    assert linked(path for path in found.values()) <= set(found.values())
    assert not [path for path in found if "/site-packages/" in path or "/__pycache__/" in path]


@pytest.mark.skipif(not shutil.which("go"), reason="Go is not there")
def test_the_program_of_all_images() -> None:
    folder = ROOT / "molecule/kind/program"
    assert subprocess.run(["gofmt", "-l", "."], cwd=folder, capture_output=True, text=True, check=True).stdout == ""
    for what in ("vet", "test"):
        done = subprocess.run(["go", what, "."], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
