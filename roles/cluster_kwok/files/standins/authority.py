# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates: authorities and what they sign, and certificates that sign themselves. No file is written."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_LIFETIME = datetime.timedelta(days=90)
_AUTHORITY_LIFETIME = datetime.timedelta(days=3650)
# A clock that is set back, or another's that is behind, must not make a new certificate one of the future. As much as client-go gives
# (util/cert/cert.go@v0.33.0: "valid an hour earlier to avoid flakes due to clock skew").
_CLOCKS_DIFFER = datetime.timedelta(hours=1)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, both PEM."""

    certificate: bytes
    key: bytes
    not_before: datetime.datetime
    not_after: datetime.datetime


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])] if common else [])


def _issue(
    signer: tuple[x509.Name, PrivateKey] | None,
    common_name: str,
    dns_names: list[str],
    ip_addresses: list[str],
    is_ca: bool,
    lifetime: datetime.timedelta,
) -> Issued:
    """A certificate for a new key, signed by C(signer) (subject and key), or by that key itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(common_name)
    issuer, signing_key = signer or (subject, key)
    begins = datetime.datetime.now(datetime.UTC).replace(microsecond=0) - _CLOCKS_DIFFER
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ip_addresses]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lifetime)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not common_name)
    certificate = builder.sign(signing_key, hashes.SHA256())
    return Issued(certificate.public_bytes(serialization.Encoding.PEM), _pem(key), begins, begins + lifetime)


def self_signed(common_name: str, dns_names: list[str], ip_addresses: list[str] | None = None, *, is_ca: bool = False) -> Issued:
    """A new key and a certificate that nobody else vouches for."""
    return _issue(None, common_name, dns_names, ip_addresses or [], is_ca, _LIFETIME)


class Authority:
    """Signs with a key and a certificate, both PEM.

    :raises ValueError: when they are no certificate and key, or do not belong together.
    """

    def __init__(self, certificate: bytes, key: bytes) -> None:
        loaded = serialization.load_pem_private_key(key, None)
        if not isinstance(loaded, PrivateKey):
            raise ValueError(f"a key of kind {type(loaded).__name__} cannot sign here")
        self._key: PrivateKey = loaded
        self._certificate = x509.load_pem_x509_certificate(certificate)
        if self._certificate.public_key() != loaded.public_key():
            raise ValueError("certificate and key do not belong together")
        self.pem, self.key = certificate, key

    @classmethod
    def new(cls, name: str) -> Authority:
        """One of its own, for ten years."""
        made = _issue(None, name, [], [], True, _AUTHORITY_LIFETIME)
        return cls(made.certificate, made.key)

    @property
    def may_sign(self) -> bool:
        """Whether its certificate is one of an authority."""
        try:
            return self._certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            return False

    def issue(self, common_name: str, dns_names: list[str], ip_addresses: list[str] | None = None, *, is_ca: bool = False) -> Issued:
        """A new key and a certificate for it."""
        return _issue((self._certificate.subject, self._key), common_name, dns_names, ip_addresses or [], is_ca, _LIFETIME)


def vouches(authority: bytes, certificate: bytes) -> bool:
    """Whether C(authority) has signed C(certificate); False for what is no certificate."""
    try:
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def server_context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """A TLS server context that presents this certificate.

    :raises ssl.SSLError: when they are no certificate and key, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Only files are taken: this one has no name, and ends with its descriptor.
    descriptor = os.memfd_create("serving")
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(certificate + b"\n" + key)
        handle.flush()
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    return context
