# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pairs of keys, by what is public in the private one."""

from __future__ import annotations

import base64
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, PublicFormat

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.keys import (
    HEAD,
    holds,
    private_kind,
    public_part,
    public_slice,
    same_part,
)

MADE = [
    *(rsa.generate_private_key(65537, bits) for bits in (1024, 2048, 3072)),
    *(ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())),
]
FORMS = [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pem(key: Key, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def asked(text: str) -> tuple[str, list[str]]:
    """The kind of a private key, and the characters that are read of it."""
    lines = text.splitlines()
    kind = private_kind([lines[0].strip("-").removeprefix("BEGIN ")], "sa.key")
    assert kind
    body = "".join(lines[1:-1])
    part = public_slice(kind, body[: HEAD[kind]], len(body), "sa.key")
    assert part
    return kind, [body[: HEAD[kind]], body[part.first : part.last]]


def part_of(text: str) -> bytes:
    return public_part(asked(text)[1][1], "sa.key")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", MADE)
def test_a_private_key_is_recognised_in_its_public_one_and_in_a_certificate(key: Key, form: PrivateFormat) -> None:
    part = part_of(pem(key, form))
    public = key.public_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sa")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, public, 1, now, now + datetime.timedelta(1)).sign(MADE[1], SHA256())
    assert holds(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), part)
    assert holds(made.public_bytes(Encoding.PEM).decode(), part)
    for other in MADE:
        text = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        assert holds(text, part) == (other is key)
        for other_form in FORMS:
            assert same_part(part, part_of(pem(other, other_form))) == (other is key)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", MADE)
def test_nothing_private_is_read(key: Key, form: PrivateFormat) -> None:
    """The characters that are read are the same for any private number that could be there."""
    text = pem(key, form)
    body = "".join(text.splitlines()[1:-1])
    data = base64.b64decode(body)
    numbers = key.private_numbers()
    if isinstance(numbers, rsa.RSAPrivateNumbers):
        secrets = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    else:
        secrets = [numbers.private_value]
    blanked = bytearray(data)
    for number in secrets:
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        place = data.rindex(octets)
        blanked[place : place + len(octets)] = bytes(len(octets))
    without = base64.b64encode(bytes(blanked)).decode()
    for characters, part in zip(asked(text)[1], ("head", "public part"), strict=True):
        assert characters in without, part


def test_what_is_no_key_that_signs_is_refused() -> None:
    encrypted = MADE[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    with pytest.raises(NodeError, match="holds an ENCRYPTED PRIVATE KEY"):
        asked(encrypted)
    with pytest.raises(NodeError, match="no RSA or EC key"):
        asked(ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    whole = pem(MADE[1], PrivateFormat.PKCS8).splitlines()
    with pytest.raises(NodeError, match="not a whole private key"):
        asked("\n".join([*whole[:-5], whole[-1]]))
    for body in ("", "AAAA", "hello", "MII"):
        with pytest.raises(NodeError, match="is not a"):
            public_slice("RSA PRIVATE KEY", body, len(body), "sa.key")
    assert private_kind(["CERTIFICATE", "PUBLIC KEY"], "sa.pub") is None
