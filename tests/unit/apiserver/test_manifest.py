# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The static pod of kube-apiserver: flags change, the rest stays byte for byte."""

from __future__ import annotations

import difflib
import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.flags import OURS, read_flags
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.manifest import change_flags, read_manifest

WHERE = "kube-apiserver.yaml"
KUBEADM = """\
# Written by hand: keep.
apiVersion: v1
kind: Pod
metadata:
  annotations: {a: "1"}   # odd spaces
  name: kube-apiserver
spec:
  containers:
  - command:
    - kube-apiserver
    - --allow-privileged=true   # why
    - --service-account-key-file=/etc/kubernetes/pki/sa.pub
    # about the port
    - "--secure-port=6443"
    - --tls-private-key-file
    - /etc/kubernetes/pki/apiserver.key
    image: registry.k8s.io/kube-apiserver:v1.19.16
    name: kube-apiserver
    volumeMounts:
    - {mountPath: /etc/kubernetes/pki, name: certs, readOnly: true}
    - mountPath: /keys
      name: keys
    - {mountPath: /tmp, name: scratch}
  volumes:
  - {hostPath: {path: /etc/kubernetes/pki}, name: certs}
  - name: keys
    hostPath: {path: /srv/keys}
  - {name: scratch, emptyDir: {}}
"""


def changed(text: str, **flags: list[str]) -> str:
    return change_flags(read_manifest(text, WHERE), {name.replace("_", "-"): values for name, values in flags.items()}, WHERE)


def lines(before: str, after: str) -> list[str]:
    """The lines that differ, as diff shows them."""
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_new_flags_stand_where_kubeadm_would_put_them_and_nothing_else_moves() -> None:
    """In the order of the alphabet, written as the one before."""
    after = changed(KUBEADM, service_account_issuer=["a", "b"], api_audiences=["x,y"], service_account_signing_key_file=["/k"])
    assert lines(KUBEADM, after) == [
        "+     - --api-audiences=x,y",
        '+     - "--service-account-issuer=a"',
        '+     - "--service-account-issuer=b"',
        '+     - "--service-account-signing-key-file=/k"',
    ]


def test_a_value_changes_in_its_own_quotes_and_form() -> None:
    text = KUBEADM.replace("--service-account-key-file=/etc", "'--service-account-key-file=/etc").replace("sa.pub", "sa.pub'   # the key")
    assert lines(text, changed(text, service_account_key_file=["/it's"])) == [
        "-     - '--service-account-key-file=/etc/kubernetes/pki/sa.pub'   # the key",
        "+     - '--service-account-key-file=/it''s'   # the key",
    ]
    two = KUBEADM.replace("file=/etc/kubernetes/pki/sa.pub", "file\n    - /etc/kubernetes/pki/sa.pub")
    assert lines(two, changed(two, service_account_key_file=["/new"])) == ["-     - /etc/kubernetes/pki/sa.pub", "+     - /new"]


def test_values_can_become_fewer() -> None:
    assert lines(KUBEADM, changed(KUBEADM, service_account_key_file=[])) == [
        "-     - --service-account-key-file=/etc/kubernetes/pki/sa.pub",
    ]


@pytest.mark.parametrize("form", ["[kube-apiserver, --a=1, '--service-account-issuer=x', --z=2]", '["kube-apiserver", "--z=2"]'])
def test_a_list_between_brackets_stays_one(form: str) -> None:
    text = f"kind: Pod\nspec: {{containers: [{{name: kube-apiserver, command: {form}}}]}}\n"
    after = changed(text, service_account_issuer=["https://a, b", "c"], service_account_key_file=["/k"])
    assert after.count("\n") == 2
    assert [flag.value for flag in read_flags(read_manifest(after, WHERE).words) if flag.name == "service-account-issuer"] == [
        "https://a, b",
        "c",
    ]
    assert "service-account" not in changed(after, service_account_issuer=[], service_account_key_file=[])


def test_line_breaks_of_windows_and_a_missing_last_one_stay() -> None:
    text = "kind: Pod\r\nspec:\r\n  containers:\r\n  - command: [kube-apiserver]\r\n    args:\r\n    - --a=1"
    after = changed(text, api_audiences=["x"])
    assert after == text + "\r\n    - --api-audiences=x"


def test_files_are_found_on_the_machine_through_the_mounts() -> None:
    manifest = read_manifest(KUBEADM, WHERE)
    assert manifest.host_path("/keys/a/sa.key") == "/srv/keys/a/sa.key"
    assert manifest.host_path("/keysa/sa.key") is None
    assert manifest.host_path("/tmp/sa.key") is None


def test_a_sidecar_is_left_alone() -> None:
    text = KUBEADM.replace(
        "  - command:\n    - kube", "  - {name: kms, command: [kms, --service-account-issuer=no]}\n  - command:\n    - kube"
    )
    assert lines(text, changed(text, service_account_issuer=["a"])) == ['+     - "--service-account-issuer=a"']


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "is not YAML"),
        ("", "is no pod: it holds 0 YAML documents"),
        ("\x00", "is not YAML"),
        ("kind: Pod\n---\nkind: Pod\n", "it holds 2 YAML documents"),
        ("kind: Deployment\n", "its kind is Deployment"),
        ("kind: Pod\nspec: 1\n", "no list of containers"),
        ("kind: Pod\nkind: Pod\n", "key kind twice"),
        ("kind: Pod\nspec: {containers: [{name: etcd, command: [etcd]}]}\n", "no container that runs kube-apiserver"),
        ("kind: Pod\nspec: {containers: [{name: kube-apiserver}, {command: [/bin/kube-apiserver, --a]}]}\n", "2 containers that run"),
        (
            "kind: Pod\nspec: {containers: [{name: kube-apiserver, command: [sh, -c, 'kube-apiserver --a=1']}]}\n",
            "not started with flags as words",
        ),
        ("kind: Pod\nspec: {containers: [{name: kube-apiserver, command: kube-apiserver}]}\n", "command of kube-apiserver is no list"),
        ("kind: Pod\nspec: {containers: [{name: kube-apiserver, command: [[a]]}]}\n", "command of kube-apiserver is no list"),
        ("[" * 5000, "nested too deeply|is not YAML"),
    ],
)
def test_what_is_no_static_pod_of_one_apiserver_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(NodeError, match=why) as refused:
        read_manifest(text, WHERE)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        # The list is another container's too.
        "kind: Pod\nspec:\n  containers:\n  - {name: b, args: &w [--service-account-issuer=x]}\n"
        "  - {name: kube-apiserver, command: [kube-apiserver], args: *w}\n",
        "kind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n    command:\n    - |-\n      --service-account-issuer=x\n    - --z=1\n",
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str) -> None:
    with pytest.raises(NodeError, match=r"without changing more|written as a block of text"):
        changed(text, service_account_issuer=["new"])


WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
VALUE = st.text(st.sampled_from("abz019-_./:=@%+, '\"#&*!|>{}[]?\\é"), min_size=1, max_size=16)
COMMENT = st.text(st.sampled_from("ab #'\"-:"), max_size=8).map(lambda text: f"  # {text}")


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """A command line with flags of ours and others, each in one word or two."""
    found = ["kube-apiserver", "--first=1"]
    for name in draw(st.lists(st.sampled_from([*OURS, "secure-port", "zone", "feature-gates"]), max_size=8)):
        value = draw(VALUE if name in OURS else WORD)
        written = name.replace("-", "_") if draw(st.booleans()) else name
        found += [f"--{written}", value] if draw(st.booleans()) and not value.startswith("-") else [f"--{written}={value}"]
    return found


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """A pod with odd quotes, comments, spaces and line breaks."""
    given_words = draw(words())
    if draw(st.booleans()):
        listed = " " + json.dumps(given_words, ensure_ascii=draw(st.booleans()))
    else:
        indent = " " * draw(st.integers(6, 9))
        written = []
        for word in given_words:
            plain = yaml.safe_dump([word], default_flow_style=True, width=10**6, allow_unicode=True)[1:-2]
            single = "'" + word.replace("'", "''") + "'"
            entry = draw(st.sampled_from([plain, json.dumps(word), single])) if word.isprintable() else json.dumps(word)
            comment = draw(st.one_of(st.just(""), COMMENT))
            above = draw(st.sampled_from(["", "", "", f"{indent}# above\n", "\n"]))
            written.append(f"{above}{indent}-{' ' * draw(st.integers(1, 3))}{entry}{comment}")
        listed = "\n" + "\n".join(written)
    text = f"kind: Pod  # why\nmetadata: {{name: x,   labels: {{}} }}\nspec:\n  containers:\n  -   name: kube-apiserver\n      command:{listed}\n"
    text += draw(st.sampled_from(["      image: 'x'\n# the end", "      image: y # z\n\n\n", ""]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@given(text=manifests(), wanted=st.dictionaries(st.sampled_from(OURS), st.lists(VALUE, max_size=3), min_size=1))
@settings(max_examples=100)
def test_only_the_named_flags_change_whatever_the_manifest_looks_like(text: str, wanted: dict[str, list[str]]) -> None:
    before = read_manifest(text, WHERE)
    after_text = change_flags(before, wanted, WHERE)
    after = read_manifest(after_text, WHERE)

    def others(flags_words: tuple[str, ...]) -> list[str]:
        ours = {place for flag in read_flags(flags_words) if flag.name in wanted for place in flag.words}
        return [word for place, word in enumerate(flags_words) if place not in ours]

    for name, values in wanted.items():
        assert [flag.value for flag in read_flags(after.words) if flag.name == name] == values
    assert others(after.words) == others(before.words)
    # Lines without a flag that was asked for are the same, to the byte.
    if "command: [" not in text:
        assert _other_lines(text, wanted) == _other_lines(after_text, wanted)
    # What is there already is left alone, to the byte.
    assert change_flags(after, wanted, WHERE) == after_text


def _other_lines(text: str, wanted: dict[str, list[str]]) -> list[str]:
    manifest = read_manifest(text, WHERE)
    ours = {
        text.count("\n", 0, manifest.items[place].start)
        for flag in read_flags(manifest.words)
        if flag.name in wanted
        for place in flag.words
    }
    # The last line of a file may get its line break when another one follows.
    return [line.removesuffix("\r") for number, line in enumerate(text.split("\n")) if number not in ours]
