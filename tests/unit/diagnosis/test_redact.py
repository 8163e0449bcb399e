# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What leaves a cluster in a bundle holds no secret, whatever form it has, and is still of use."""

from __future__ import annotations

import base64
import json
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.redact import REDACTED, Redactor

WORD = st.text(string.ascii_letters + string.digits + "!#%*+._~^-", min_size=8, max_size=40).filter(
    lambda text: not text.startswith("-") and text not in ("REDACTED", "00000000")
)
REDACTOR = Redactor()

FORMS = [
    "Authorization: Bearer {}",
    'authorization: "Bearer {}"',
    "curl -H 'Authorization: Basic {}' http://x",
    "sending request with Bearer {} to x",
    "password={}",
    "MYSQL_ROOT_PASSWORD={} mysqld",
    'msg="login" password="{}" user=x',
    '{{"password": "{}"}}',
    '{{"client_secret":"{}","x":1}}',
    "--cookie-secret={} --http-address=0.0.0.0",
    "--client-secret {} --upstream x",
    "https://robot:{}@registry.example.com/v2/",
    "root:{}@tcp(mysql:3306)/mlpipeline",
    "password: {}",
    "secretKey: '{}'",
    "AWS_SECRET_ACCESS_KEY={}",
    "set-cookie: oauth2_proxy={}",
    "export API_KEY='{}'",
]


@pytest.mark.parametrize("form", FORMS)
@given(word=WORD)
def test_a_secret_is_taken_out_of_text_in_each_form(form: str, word: str) -> None:
    # One that is part of the words around it cannot be told from them.
    assume(word not in f"level=info {form.format(REDACTED)} at 10:00")
    found = REDACTOR.text(f"level=info {form.format(word)} at 10:00")
    assert word not in found
    assert REDACTED in found
    assert found.startswith("level=info ")


@given(
    word=WORD,
    name=st.sampled_from(["DB_PASSWORD", "OIDC_CLIENT_SECRET", "AccessKey", "GITHUB_TOKEN", "COOKIE_SALT", "SMTP_PASS", "MYSQL_PWD"]),
)
def test_the_value_of_a_variable_with_such_a_name_is_taken_out(word: str, name: str) -> None:
    pod = {"spec": {"containers": [{"env": [{"name": name, "value": word}, {"name": "LEVEL", "value": "info"}]}]}}
    found = REDACTOR.data(pod)
    first, second = found["spec"]["containers"][0]["env"]
    assert (first, second) == ({"name": name, "value": REDACTED}, {"name": "LEVEL", "value": "info"})


@given(word=WORD)
def test_an_argument_after_its_name_is_taken_out(word: str) -> None:
    assert REDACTOR.data(["--client-secret", word, "--port", "80"]) == ["--client-secret", REDACTED, "--port", "80"]


@given(body=st.binary(min_size=60, max_size=300), cut=st.sampled_from(["whole", "head", "tail"]))
def test_a_private_key_is_taken_out_whole_or_cut(body: bytes, cut: str) -> None:
    encoded = base64.encodebytes(body).decode()
    whole = f"-----BEGIN RSA PRIVATE KEY-----\n{encoded}-----END RSA PRIVATE KEY-----\n"
    # What a log's tail and its limit of bytes leave of one.
    text = {"whole": whole, "head": whole[: len(whole) // 2 + 20], "tail": whole[40:]}[cut]
    found = REDACTOR.text(text)
    assert not any(line in found for line in encoded.splitlines() if len(line) > 20)


@given(word=st.text(min_size=4, max_size=60), text=st.text(max_size=80))
def test_what_is_known_to_be_a_secret_is_taken_out_wherever_it_is(word: str, text: str) -> None:
    encoded = base64.b64encode(word.encode()).decode()
    found = Redactor([word]).text(f"{text} <{encoded}> {text}")
    assert encoded not in found or word in REDACTED


def test_tokens_are_taken_out_without_any_name_beside_them() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJl"
    assert token not in REDACTOR.text(f"got {token} from file")
    assert "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRg" not in REDACTOR.text("value Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRg== here")


def test_contents_of_secrets_and_configmaps_are_taken_out_should_they_ever_be_there() -> None:
    assert REDACTOR.data({"data": {"a": "b"}, "stringData": {"c": "d"}}) == {"data": {"a": REDACTED}, "stringData": {"c": REDACTED}}


@pytest.mark.parametrize(
    "text",
    [
        'MountVolume.SetUp failed for volume "istio-token" : failed to fetch token: the API server does not have TokenRequest endpoints enabled',
        'MountVolume.SetUp failed for volume "webhook-tls-certs" : secret "webhook-server-tls" not found',
        'configmap "istio-ca-root-cert" not found',
        "Failed to pull image gcr.io/x@sha256:cf8d126fc08e596b742025f6e53c97abf921f7bd6394d29c200e79c1c323dc6e: not found",
        'failed calling webhook "namespace.sidecar-injector.istio.io": Post "https://istiod.istio-system.svc:443/inject?timeout=10s": EOF',
        "0/1 nodes are available: 1 Insufficient cpu.",
        "/var/lib/kubelet/pods/6f1b4c1e-5a0d-4a43-9a1b-8f6f0d3c2b1a/volumes",
        "couldn't find key password in Secret kubeflow/mysql-secret",
        "secret-name-of-a-volume",
    ],
)
def test_what_a_rule_reads_is_left_as_it_is(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_names_of_secrets_are_left() -> None:
    pod = {
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [{"name": "v", "secret": {"secretName": "webhook-certs"}}],
        "containers": [{"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "mysql-secret", "key": "password"}}}]}],
        "serviceAccountName": "default",
        "automountServiceAccountToken": True,
    }
    assert REDACTOR.data(pod) == pod


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_data_stays_data_of_its_form(value: object) -> None:
    found = REDACTOR.data(value)
    json.dumps(found)
    assert type(found) is type(value)
    assert REDACTOR.data(found) is not None or value is None
