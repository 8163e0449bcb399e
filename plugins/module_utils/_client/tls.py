# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How connections are secured: whom to trust, and which certificate to show."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from .cluster_source import ConnectionOptionsError
from .credentials import ClientCertificate


def tls_context(
    *, verify: bool, authorities: bytes | None, authorities_origin: str, certificate: ClientCertificate | None
) -> ssl.SSLContext:
    """The context for connections to an API server.

    Certificates are judged as Go does, and so kubectl: by name only where they say which names they are for, an intermediate
    certificate can be the trusted one, and what RFC 5280 asks of a certificate authority's extensions is not enforced
    (C(VERIFY_X509_STRICT), which Python 3.13 sets by default, refuses the authorities of many clusters).

    :arg authorities: PEM certificates to trust; None for those of the system.
    :arg authorities_origin: where they come from, for messages.
    :raises ConnectionOptionsError: when a certificate or key is none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cadata=authorities.decode())
        except (ssl.SSLError, ValueError) as error:
            raise ConnectionOptionsError(f"{authorities_origin} holds no certificates (PEM)") from error
    if certificate is not None:
        _load(context, certificate)
    return context


def _load(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    def passphrase() -> str:
        # Without this OpenSSL would ask at the terminal.
        raise ConnectionOptionsError(
            f"{certificate.origin}: its key is encrypted, and nobody is asked for a passphrase. Use a key without one."
        )

    # OpenSSL reads them from files only. They are gone before the first connection is made.
    with tempfile.TemporaryDirectory(prefix="mlplatform.kubeflow-") as folder:
        files = Path(folder, "certificate"), Path(folder, "key")
        for file, content in zip(files, (certificate.certificate, certificate.key), strict=True):
            file.touch(mode=0o600)
            file.write_bytes(content)
        try:
            context.load_cert_chain(*files, password=passphrase)
        except (ssl.SSLError, ValueError) as error:
            raise ConnectionOptionsError(
                f"{certificate.origin} is no certificate with its key (both PEM): {getattr(error, 'reason', None) or 'not read'}"
            ) from error
