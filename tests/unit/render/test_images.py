# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images and registries that take the place of upstream's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_patches import compiled, config_map, patch, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import Change, ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.compile import Common
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.images import Images
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.reference import Reference
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.unmatched import unmatched

Thing = dict[str, Any]
DIGEST = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64
REGISTRY = "registry.example.com"

# github.com/distribution/reference, regexp.go: ReferenceRegexp.
_HOST = (
    r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\]"
)
_PATH = r"[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
GRAMMAR = re.compile(
    rf"(?P<name>(?:(?:{_HOST})(?::[0-9]+)?/)?{_PATH}(?:/{_PATH})*)(?::[0-9A-Za-z_][0-9A-Za-z_.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)


def is_reference(text: str) -> bool:
    found = GRAMMAR.fullmatch(text)
    return bool(found) and len(found["name"]) <= 255 and not re.fullmatch("[0-9a-f]{64}", found["name"])


def running(*images: str) -> list[Thing]:
    return [workload(str(number), {"image": image}) for number, image in enumerate(images)]


def results(images: Images, *texts: str) -> list[str]:
    """What kustomize makes of images, one entry after the other (api/internal/image and api/filters/imagetag of kustomize 5)."""
    entries = compiled(*running(*texts), images=images).images
    found = []
    for text in texts:
        for entry in entries:
            if re.search("^" + entry["name"] + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$", text):
                old = Reference.parse(text)
                assert old
                kept = ("", "") if entry.keys() & {"newTag", "digest"} else (old.tag, old.digest)
                text = str(Reference(entry["newName"], entry.get("newTag", kept[0]), entry.get("digest", kept[1])))
        found.append(text)
    return found


# What a reference is


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mysql", ("docker.io", "library/mysql")),
        ("docker.io/mysql:8", ("docker.io", "library/mysql")),
        ("index.docker.io/istio/pilot", ("docker.io", "istio/pilot")),
        ("istio/pilot", ("docker.io", "istio/pilot")),
        ("localhost/x", ("localhost", "x")),
        ("GHCR.io/a/b", ("ghcr.io", "a/b")),
        ("host:5000/a/b:v1", ("host:5000", "a/b")),
        ("[::1]:5000/a", ("[::1]:5000", "a")),
        (f"gcr.io/a/b@{DIGEST}", ("gcr.io", "a/b")),
        (f"gcr.io/a/b:1@{DIGEST}", ("gcr.io", "a/b")),
    ],
)
def test_names_of_images(text: str, canonical: tuple[str, str]) -> None:
    found = Reference.parse(text)
    assert found
    assert found.canonical == canonical
    assert str(found) == text


@given(st.text(st.sampled_from("aB0._-/:@ é\n") | st.characters(), max_size=12) | st.from_regex(GRAMMAR, fullmatch=True))
def test_a_reference_is_what_the_grammar_says(text: str) -> None:
    found = Reference.parse(text)
    # Of digests, those that a registry can have.
    digest = text.partition("@")[2]
    known = not digest or re.fullmatch("sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}", digest)
    assert bool(found) == bool(is_reference(text) and known)
    assert found is None or str(found) == text


# What is taken, and what is refused by name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (f"{REGISTRY}/mysql:8.4 ", f"{REGISTRY}/mysql:8.4"),
        (f"\n\t{REGISTRY}/mysql", f"{REGISTRY}/mysql:8"),
        (f"https://{REGISTRY}/mysql:8.4", f"{REGISTRY}/mysql:8.4"),
        (f"docker://{REGISTRY}/mysql", f"{REGISTRY}/mysql:8"),
        (f"Registry.Example.com/mysql@{DIGEST}", f"{REGISTRY}/mysql@{DIGEST}"),
        (f"{REGISTRY}/mysql:8.4@{DIGEST}", f"{REGISTRY}/mysql:8.4@{DIGEST}"),
        ("localhost:5000/mysql", "localhost:5000/mysql:8"),
    ],
)
def test_an_image_is_taken_as_it_is_meant(given: str, meant: str) -> None:
    assert results(Images.of({}, {"mysql": given}), "mysql:8") == [meant]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "'' is empty"),
        ("  ", "'  ' is empty"),
        (None, "is empty"),
        (8, "8 is no text: put it in quotes"),
        (["x"], r"\['x'\] is no text"),
        (f"{REGISTRY}/hub/", f"'{REGISTRY}/hub/' ends with a slash: the name of an image has to follow"),
        (f"{REGISTRY}/my sql", "holds a space"),
        (f"{REGISTRY}/MySQL:8.4", f"holds capital letters, which no repository has: {REGISTRY}/mysql:8.4 is perhaps meant"),
        ("MyCompany/mysql:8.4", "holds capital letters, which no repository has: mycompany/mysql:8.4 is perhaps meant"),
        (f"{REGISTRY}/mysql@sha256:abc123", "has a digest of 6 digits: sha256 has 64"),
        (f"{REGISTRY}/mysql@{DIGEST.replace('0', 'G')}", "has a digest that is none: sha256: and 64 of the digits 0 to 9 and a to f"),
        (f"{REGISTRY}/mysql@md5:abc", "has a digest that is none"),
        (f"{REGISTRY}/mysql:", "has no tag behind its colon"),
        (f"{REGISTRY}/mysql:-1", "has a tag that is none"),
        (f"{REGISTRY}/mysql:{'x' * 129}", "has a tag that is none: at most 128 letters, digits"),
        (f"{REGISTRY}//mysql", "is no name of an image"),
        (f"{REGISTRY}/{'x' * 250}", "has a name of 271 characters: 255 are the most"),
        ("a" * 64, "is the ID of an image"),
        ("https://", "is empty"),
    ],
)
def test_what_is_no_image_is_refused_by_setting_and_name(given: Any, words: str) -> None:
    with pytest.raises(ChangeError, match=rf"^images: mysql: .*{words}") as caught:
        Images.of({}, {"mysql": given})
    assert "\n" not in str(caught.value)


def test_a_password_in_an_image_is_not_shown() -> None:
    for text in ("https://me:secret@registry.example.com/MySQL", "me:secret@registry.example.com/mysql"):
        with pytest.raises(ChangeError) as caught:
            Images.of({}, {"mysql": text})
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "my sql", "mysql/", "mysql@sha256:abc"])
def test_what_is_to_be_replaced_is_an_image_too(key: str) -> None:
    with pytest.raises(ChangeError, match=r"^images: "):
        Images.of({}, {key: "x"})


@pytest.mark.parametrize(
    "key", ["docker.io", "docker.io/", " docker.io", "https://docker.io", "Docker.io", "index.docker.io", "https://index.docker.io/v1/"]
)
@pytest.mark.parametrize("value", [f"{REGISTRY}/hub", f"{REGISTRY}/hub/", f" https://{REGISTRY}/hub// ", "Registry.example.com/hub"])
def test_a_registry_is_taken_as_it_is_meant(key: str, value: str) -> None:
    assert results(Images.of({key: value}, {}), "mysql:8") == [f"{REGISTRY}/hub/library/mysql:8"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("", REGISTRY, "the name of a registry is empty"),
        ("docker.io/library", REGISTRY, "'docker.io/library' is more than the host of a registry; single images have images"),
        ("docker io", REGISTRY, "'docker io' is no host"),
        ("docker.io", "", "docker.io: '' is empty"),
        ("docker.io", None, "docker.io: None is empty"),
        ("docker.io", 5, "docker.io: 5 is no text"),
        ("docker.io", "hub", r"docker.io: 'hub' begins with no host of a registry, .*docker.io/hub"),
        ("docker.io", f"{REGISTRY}/Hub", f"holds capital letters, which no repository has: {REGISTRY}/hub is perhaps meant"),
        ("docker.io", f"{REGISTRY}/hub:1", "docker.io: '.*' is no registry with a path"),
        ("docker.io", f"{REGISTRY}/a b", "holds a space"),
        ("*", "*", "is no registry with a path"),
    ],
)
def test_what_is_no_registry_is_refused_by_setting_and_name(key: str, value: Any, words: str) -> None:
    with pytest.raises(ChangeError, match=rf"^image_registries: .*{words}"):
        Images.of({key: value}, {})


def test_every_wrong_entry_has_a_line() -> None:
    with pytest.raises(ChangeError, match=r"^image_registries: .*\nimages: a: .*\nimages: b: .*$"):
        Images.of({"docker.io": ""}, {"a": "", "b": "X"})


def test_the_same_thing_twice_is_refused_unless_it_says_the_same() -> None:
    with pytest.raises(ChangeError, match=r"image_registries: docker.io/ and index.docker.io are both docker.io"):
        Images.of({"docker.io/": f"{REGISTRY}/a", "index.docker.io": f"{REGISTRY}/b"}, {})
    with pytest.raises(ChangeError, match=r"images: mysql and docker.io/library/mysql are the same image"):
        Images.of({}, {"mysql": "a", "docker.io/library/mysql": "b"})
    assert results(Images.of({}, {"mysql": "a", "docker.io/library/mysql": "a "}), "mysql:8") == ["a:8"]


_SLOPPY = st.text(st.sampled_from("aZ0._-/:@*# \n") | st.characters(), max_size=15) | st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", " ", "https://", "docker://", "http:/"]),
        st.sampled_from(["", "docker.io/", "Registry.example.com/", "localhost:5000/", "hub/", "index.docker.io/", "/"]),
        st.sampled_from(["mysql", "a/b", "A/b", "a//b", "", "x" * 240, "a__b", "a___b", "-a"]),
        st.sampled_from(["", ":1", ":", ":x y", ":" + "t" * 129, "/", "//"]),
        st.sampled_from(["", f"@{DIGEST}", "@sha256:12", "@", " "]),
    ),
)
_RUN = ("mysql:8.0", "mysql:8.4", f"gcr.io/a/b@{DIGEST}", "quay.io/" + "n" * 200, "host:5000/x/y_z:v1")


@given(
    st.dictionaries(_SLOPPY | st.sampled_from(["docker.io", "*", "quay.io/"]), _SLOPPY, max_size=2),
    st.dictionaries(_SLOPPY, _SLOPPY, max_size=2),
)
def test_whatever_is_given_every_image_is_a_reference_or_the_setting_is_refused(registries: Thing, overrides: Thing) -> None:
    try:
        images = Images.of(registries, overrides)
        found = results(images, *_RUN)
    except ChangeError as error:
        assert all(line.startswith(("image_registries: ", "images: ")) for line in str(error).splitlines())
        return
    assert all(map(is_reference, found)), found
    # Never without effect: what changed nothing is said.
    if (registries or overrides) and found == list(_RUN):
        patches = compiled(*running(*_RUN), images=images)
        assert list(unmatched(Common(images=images), [patches], running(*_RUN))) or all(
            images.replaced(image) in (image, None) for text in _RUN if (image := Reference.parse(text))
        )


# What replaces what


def test_nothing_set_is_nothing() -> None:
    assert not Common(images=Images.of({}, {}))


def test_registries_and_single_images() -> None:
    images = Images.of(
        {"docker.io": f"{REGISTRY}/hub/", "*": f"{REGISTRY}/all"},
        {"gcr.io/a/b": "mine/b:2", "docker.io/library/mysql": "mine/mysql", "gone": "x"},
    )
    items = running("mysql:8", "istio/pilot", "gcr.io/a/b:1", f"quay.io/c@{DIGEST}")
    patches = compiled(*items, images=images)
    assert {entry["name"]: entry for entry in patches.images} == {
        "mysql": {"name": "mysql", "newName": "mine/mysql"},
        "istio/pilot": {"name": "istio/pilot", "newName": f"{REGISTRY}/hub/istio/pilot"},
        "gcr.io/a/b": {"name": "gcr.io/a/b", "newName": "mine/b", "newTag": "2"},
        "quay.io/c": {"name": "quay.io/c", "newName": f"{REGISTRY}/all/c"},
    }
    assert list(unmatched(Common(images=images), [patches], items)) == ["images: no container runs gone"]


def test_an_image_that_is_gone_is_replaced_unless_somebody_chose_one_and_registries_change_what_takes_its_place() -> None:
    gone = {"gcr.io/a/b:1": "quay.io/c/b:1", "gcr.io/a/d:1": "docker.io/library/d:1"}
    run = ("gcr.io/a/b:1", "gcr.io/a/d:1", "gcr.io/a/b:2", "mysql:8")
    assert results(Images.of({}, {}, gone), *run) == ["quay.io/c/b:1", "docker.io/library/d:1", *run[2:]]
    chosen = Images.of({"quay.io": REGISTRY}, {"gcr.io/a/d": "mine/d"}, gone)
    assert results(chosen, *run) == [f"{REGISTRY}/c/b:1", "mine/d:1", *run[2:]]
    assert results(Images.of({"*": REGISTRY}, {}, gone), *run[:3]) == [f"{REGISTRY}/c/b:1", f"{REGISTRY}/library/d:1", f"{REGISTRY}/a/b:2"]


def test_a_registry_of_what_takes_the_place_of_a_gone_image_is_known_and_an_entry_that_nothing_runs_is_no_fault() -> None:
    items = running("gcr.io/a/b:1")
    images = Images.of({"quay.io": REGISTRY, "gcr.io": REGISTRY}, {}, {"gcr.io/a/b:1": "quay.io/c/b:1", "gcr.io/x": "quay.io/x"})
    assert not list(unmatched(Common(images=images), [compiled(*items, images=images)], items))


def test_a_map_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ChangeError, match=r"^image_map: a: "):
        Images.of({}, {}, {"a": "b c"})


def test_one_image_takes_the_place_of_all_tags_and_a_name_with_a_tag_of_that_tag() -> None:
    run = ("mysql:8.0", "mysql:8.4", f"mysql:8.4@{DIGEST}", f"mysql@{OTHER}")
    assert set(results(Images.of({}, {"mysql": "own/mysql:8.4"}), *run)) == {"own/mysql:8.4"}
    both = Images.of({"*": REGISTRY}, {"mysql": "own/mysql", "mysql:8.0": "own/old:1"})
    assert results(both, *run) == ["own/old:1", "own/mysql:8.4", f"own/mysql:8.4@{DIGEST}", f"own/mysql@{OTHER}"]
    one = Images.of({}, {f"mysql@{DIGEST}": "own/x:1", "mysql:8.4": "own/y:1"})
    assert results(one, *run) == ["mysql:8.0", "own/y:1", "own/x:1", f"mysql@{OTHER}"]


@pytest.mark.parametrize("new", ["own/b:2", f"own/b@{OTHER}", f"own/b:2@{DIGEST}", f"own/b@{DIGEST}", "own/b:1"])
@pytest.mark.parametrize("old", ["a/b", "a/b:1", f"a/b@{DIGEST}", f"a/b:1@{DIGEST}"])
def test_a_tag_or_digest_that_is_given_is_the_one(old: str, new: str) -> None:
    assert results(Images.of({}, {"a/b": new}), old) == [new]


def test_no_image_is_replaced_twice() -> None:
    """kustomize applies its entries one after the other, also to what an earlier one has made."""
    chain = Images.of({}, {"a": "b", "b": "c", "c": "d"})
    assert results(chain, "a:1", "b:2", "c:3") == ["b:1", "c:2", "d:3"]
    moved = Images.of({"docker.io": "quay.io", "quay.io": REGISTRY}, {})
    assert results(moved, "istio/pilot:1", "quay.io/istio/pilot:2") == ["quay.io/istio/pilot:1", f"{REGISTRY}/istio/pilot:2"]
    with pytest.raises(ChangeError, match=r"^images: a, b take each other's place, which kustomize cannot do"):
        compiled(*running("a:1", "b:1"), images=Images.of({}, {"a": "b", "b": "a"}))


def test_a_name_that_gets_too_long_is_refused() -> None:
    with pytest.raises(ChangeError, match=r"^image_registries: r.io/x{190}/x{64}/y{64} has 325 characters, and 255 are the most"):
        compiled(*running("x" * 64 + "/" + "y" * 64), images=Images.of({"*": "r.io/" + "x" * 190}, {}))


# What had no effect


def test_a_registry_that_no_image_comes_from_is_named_with_the_nearest() -> None:
    items = running("ghcr.io/a:1", "mysql")
    images = Images.of({"ghcr.oi": REGISTRY, "docker.io": REGISTRY, "*": REGISTRY}, {})
    assert list(unmatched(Common(images=images), [compiled(*items, images=images)], items)) == [
        "image_registries: no image comes from ghcr.oi; nearest is ghcr.io"
    ]


def test_a_registry_of_images_that_only_stand_elsewhere_is_none_that_has_no_effect_since_they_are_listed() -> None:
    items = [*running("mysql"), config_map("c", image="nvcr.io/a/b:1")]
    images = Images.of({"nvcr.io": REGISTRY}, {})
    patches = compiled(*items, images=images)
    assert patches.left == ["nvcr.io/a/b:1"]
    assert list(unmatched(Common(images=images), [patches], items)) == []


def test_an_image_that_no_container_runs_is_named_with_what_is_known_of_it() -> None:
    items = [*running("mysql:8.0", "mysql:8.4"), config_map("c", image="ghcr.io/a/b:1")]
    images = Images.of({}, {"mysql:9": "x", "ghcr.io/a/b": "y", "ghcr.io/a/c": "z"})
    patches = compiled(*items, images=images)
    assert list(unmatched(Common(images=images), [patches], items)) == [
        "images: no container runs mysql:9; run are mysql:8.0, mysql:8.4",
        "images: no container runs ghcr.io/a/b; it stands in arguments, ConfigMaps or custom resources, where it is not replaced",
        "images: no container runs ghcr.io/a/c",
    ]


def test_images_elsewhere_are_listed() -> None:
    template = {"kind": "Template", "apiVersion": "x/v1", "metadata": {"name": "t"}, "spec": {"runtimeImage": "mine/own:1"}}
    texts = config_map("c", config='{"image": "ghcr.io/a/b:1"} see https://ghcr.io/not-this', other="docker.io is a word")
    item = workload("d", {"image": "quay.io/main:1", "args": ["--agent=gcr.io/agent@" + DIGEST]})
    definition = {"kind": "CustomResourceDefinition", "apiVersion": "x/v1", "metadata": {"name": "d"}, "spec": "quay.io/in/docs:1"}
    patches = compiled(template, texts, item, definition, images=Images.of({"*": REGISTRY}, {}))
    assert patches.left == ["gcr.io/agent@" + DIGEST, "ghcr.io/a/b:1", "mine/own:1"]
    assert compiled(template, texts, item, images=Images.of({"gcr.io": REGISTRY}, {})).left == ["gcr.io/agent@" + DIGEST]


# Images that a part's own settings name


def own(**how: Any) -> Thing:
    changed = workload("d"), config_map("c", doc="a: 1\n"), {"kind": "Image", "apiVersion": "x/v1", "metadata": {"name": "i"}}
    kind, name = {"document": ("ConfigMap", "c"), "merge": ("Image", "i")}.get(next(iter(how)), ("Deployment", "d"))
    patches = compiled(*changed, own=(Change("part_image", kind, name, **how),))
    return patch(patches, f"{kind}-{name}".lower())


@pytest.mark.parametrize(
    "how",
    [
        lambda image: {"merge": {"spec": {"image": image}}},
        lambda image: {"merge": {"data": {"TENSORBOARD_IMAGE": image, "queue-sidecar-image": image, "queueSidecarImage": image}}},
        lambda image: {"document": {"key": "doc", "merge": {"runtime": {"suggestions": {"[name=x]": {"image": image}}}}}},
        lambda image: {
            "document": {"key": "doc", "merge": {"image": {"value": image, "options": [image]}, "imageGroupOne": {"value": image}}}
        },
        lambda image: {"document": {"key": "doc", "lists": [{"path": ["c"], "append": [{"image": image}]}]}},
        lambda image: {"arguments": {"container": "main", "flags": {"--kubectl-delivery-image": image}}},
        lambda image: {"lists": [{"path": ["spec", "x"], "append": [{"image": image}]}]},
    ],
)
def test_an_image_of_a_parts_own_setting_is_taken_as_it_is_meant_or_refused(how: Any) -> None:
    clean, sloppy = (yaml.safe_dump(own(**how(text))) for text in ("registry.example.com/x:1", " https://Registry.example.com/x:1\n"))
    assert clean == sloppy
    assert "registry.example.com/x:1" in clean
    with pytest.raises(ChangeError, match=r"^part_image: 'registry.example.com/X:1' holds capital letters"):
        own(**how("registry.example.com/X:1"))


def test_an_empty_image_is_not_given_and_what_is_no_text_is_none() -> None:
    merge = {"spec": {"image": " ", "resources": {"x": 1}}}
    assert own(merge=merge)["spec"] == {"resources": {"x": 1}}
    assert own(merge={"spec": {"allowCustomImage": False, "image": {"tag": "X"}}})["spec"] == {
        "allowCustomImage": False,
        "image": {"tag": "X"},
    }
    with pytest.raises(ChangeError, match=r"^part_image: '' is empty"):
        own(document={"key": "doc", "merge": {"image": {"options": ["x", ""]}}})


# The same every time

_SCRIPT = """
import sys, json
sys.path[:0] = sys.argv[1:]
from test_images import Images, compiled, running, unmatched, Common
images = Images.of({"*": "r.io", "quay.oi": "r.io"}, {"mysql": "own/mysql:8.4", "kserve/h": "own/h", "kserve/h:1-gpu": "own/g:1", "none": "x"})
items = running("mysql:8.0", "mysql:8.4", "mysql:5", "kserve/h:1", "kserve/h:1-gpu", "quay.io/a:1", "quay.io/a:2")
patches = compiled(*items, images=images)
print(json.dumps([patches.images, list(unmatched(Common(images=images), [patches], items))]))
"""


def test_what_comes_out_does_not_depend_on_the_order_of_sets() -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _SCRIPT, str(root / "tests/unit/render"), str(root / ".collections")]
    made = {
        subprocess.run(command, env={"PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=True).stdout for seed in range(8)
    }
    assert len(made) == 1
