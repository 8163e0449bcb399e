# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether two key files are a pair, without the private key leaving its machine.

Of a private key only those characters are asked for that hold its public part: in the DER of an RSA key (RFC 8017, A.1.2) the modulus
comes before all that is private, in that of an EC key (RFC 5915) the public point comes after it. The public part has to be found, byte
for byte, in what tokens are verified with: a public key, a certificate or a private key, as kube-apiserver takes them.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from .errors import NodeError

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
RSA, EC, PKCS8 = "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"
HEAD = {RSA: 16, EC: 8, PKCS8: 20}
"""How many characters at the beginning of each kind of private key say what comes where; none of them is private."""
# OIDs as DER, in the AlgorithmIdentifier of PKCS #8.
_RSA_ALGORITHM, _EC_ALGORITHM = b"\x2a\x86\x48\x86", b"\x2a\x86\x48\xce"
# A PKCS #8 envelope of an RSA key: as many bytes before the key itself.
_RSA_ENVELOPE = 26
# Bytes of the smallest RSA key that is taken, and of an EC key that has its point (P-521 without it has 83, P-256 with it 107).
_RSA_LEAST, _EC_WITH_POINT = 512, 100
# Groups of four characters of a modulus that are sure to be the same for the same key only: 72 bytes.
_SURE = 24


@dataclass(frozen=True)
class Slice:
    """Characters of a PEM block's body, without line breaks, from C(first) on; C(last) is None for all that follow."""

    first: int
    last: int | None


def private_kind(labels: list[str], where: str) -> str | None:
    """Which private key a file holds, by the labels of its PEM blocks; None when it holds none.

    :raises NodeError: when it holds one that kube-apiserver cannot read.
    """
    private = [label for label in labels if label.endswith("PRIVATE KEY")]
    unknown = [label for label in private if label not in HEAD]
    if unknown:
        raise NodeError(f"{where} holds an {unknown[0]}: kube-apiserver reads RSA and EC keys that are not encrypted")
    return private[0] if private else None


def public_slice(kind: str, head: str, length: int, where: str) -> Slice | None:
    """Which characters of a private key hold its public part; None when they cannot be told from private ones.

    :arg head: its first characters, as many as C(HEAD) says.
    :arg length: how many it has.
    :raises NodeError: when it is no RSA or EC key, or not whole.
    """
    data = _decoded(head[: len(head) // 4 * 4], where)
    size, begin = _size(data, 1, where)
    whole = length * 3 // 4
    # The padding hides up to two bytes.
    if data[:1] != b"\x30" or not whole - 2 <= begin + size <= whole:
        raise NodeError(f"{where} is not a whole private key")
    if kind == RSA or (kind == PKCS8 and _RSA_ALGORITHM in data):
        if size < _RSA_LEAST:
            raise NodeError(f"{where} is an RSA key of less than 1024 bits")
        # After the lengths, which are known by now, and inside of the modulus.
        first = 20 + (_RSA_ENVELOPE // 3 * 4 if kind == PKCS8 else 0)
        return Slice(first, first + _SURE * 4)
    if kind == EC or _EC_ALGORITHM in data:
        # Shorter ones lack the point, which is optional, and end with what is private.
        return _tail(length) if size >= (_EC_WITH_POINT if kind == EC else _EC_WITH_POINT + 20) else None
    raise NodeError(f"{where} is no RSA or EC key, which are those that kube-apiserver signs with")


def _tail(length: int) -> Slice:
    # The point ends the key: 24 bytes of it, without the last group, which may be padded.
    return Slice(length // 4 * 4 - 36, length // 4 * 4 - 4)


def public_part(characters: str, where: str) -> bytes:
    """The bytes of a public part.

    :raises NodeError: when it is no base64.
    """
    return _decoded(characters, where)


def holds(text: str, part: bytes) -> bool:
    """Whether public keys or certificates in PEM hold a public part."""
    for _label, body in _BLOCK.findall(text):
        try:
            if part in base64.b64decode("".join(body.split()), validate=True):
                return True
        except (binascii.Error, ValueError):
            continue
    return False


def same_part(one: bytes, other: bytes) -> bool:
    """Whether two private keys have the same public part. PKCS #8 shifts what is read by some bytes."""
    return one[8:-8] in other


def _decoded(characters: str, where: str) -> bytes:
    try:
        return base64.b64decode(characters, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NodeError(f"{where} is not a key in PEM") from error


def _size(data: bytes, place: int, where: str) -> tuple[int, int]:
    """A DER length, and where its content begins."""
    if len(data) > place and data[place] < 0x80:
        return data[place], place + 1
    count = data[place] & 0x7F if len(data) > place else 0
    if not 1 <= count <= 3 or len(data) < place + 1 + count:
        raise NodeError(f"{where} is not a key in PEM")
    return int.from_bytes(data[place + 1 : place + 1 + count], "big"), place + 1 + count
