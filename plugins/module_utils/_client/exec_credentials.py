# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials from an exec plugin: a program that a kubeconfig names, like C(aws eks get-token).

The interface is C(client.authentication.k8s.io) (kubernetes.io/docs/reference/access-authn-authz/authentication,
client-go's plugin/pkg/client/auth/exec). A plugin that fails is an error with the plugin's own words: the C(kubernetes) package
writes them to a log and goes on without credentials.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._common.deadline import Deadline
from .._common.times import seconds_of
from .cluster_source import ConnectionOptionsError
from .credentials import ClientCertificate, Headers, bearer
from .kubeconfig import Context

_GROUP = "client.authentication.k8s.io/"
# A plugin talks to its cloud for a second or two; one that takes this long waits for somebody to log in.
_PLUGIN_SECONDS = 60.0
# Between two runs of a plugin: many threads meet the same refusal.
PAUSE_SECONDS = 1.0
_WORDS_LENGTH = 1000
# What may stand in a message as it is; a script of a shell may not, nor what follows a flag like --client-secret.
_PLAIN = re.compile(r"[\w%+=:,./-]{1,80}")
_SECRET = re.compile(r"secret|password|passwd|token|key|credential", re.IGNORECASE)


@dataclass(frozen=True)
class _Answer:
    headers: Headers
    certificate: ClientCertificate | None
    renew_at: float | None
    """On the wall clock; None when the plugin does not say until when it is good."""
    expires: float | None


class ExecPlugin:
    """The plugin of a context, run when there is no answer of it that is still good.

    :arg environment: the environment that the plugin gets, besides what the kubeconfig adds.
    :arg deadline: when it is cancelled, so is a plugin that runs. (How long a plugin may take is a time of its own.)
    :raises ConnectionOptionsError: when the kubeconfig does not describe a plugin that can be run here.
    """

    def __init__(
        self, context: Context, environment: Mapping[str, str], deadline: Deadline | None = None, *, seconds: float = _PLUGIN_SECONDS
    ) -> None:
        described = context.user["exec"]
        self._origin = f"exec plugin of user {context.user_name}"
        if not isinstance(described, Mapping) or not described.get("command"):
            raise ConnectionOptionsError(f"{self._origin}: the kubeconfig names no command")
        self._version = str(described.get("apiVersion") or "")
        if not self._version.startswith(_GROUP):
            raise ConnectionOptionsError(f"{self._origin}: its apiVersion is {self._version!r}, not one of {_GROUP}")
        if described.get("interactiveMode") == "Always":
            raise ConnectionOptionsError(
                f"{self._origin} wants to ask somebody at a terminal (interactiveMode: Always), and there is none. "
                "Log in beforehand with what it is for, or use credentials that need nobody."
            )
        command = str(described["command"])
        # client-go's clientcmd: only a command with a slash counts from the kubeconfig's folder, others are looked for in PATH.
        self._command = [str(context.path(command)) if "/" in command else command, *_texts(described.get("args"), "args", self._origin)]
        self._shown = shown_command([command, *self._command[1:]])
        self._hint = str(described.get("installHint") or "").strip()
        self._deadline, self._seconds = deadline, seconds
        info = {"apiVersion": self._version, "kind": "ExecCredential", "spec": {"interactive": False}}
        if described.get("provideClusterInfo"):
            info["spec"] = {"interactive": False, "cluster": _cluster_info(context)}
        self._environment = {**environment, **_variables(described.get("env"), self._origin), "KUBERNETES_EXEC_INFO": json.dumps(info)}
        self._lock = threading.Lock()
        self._answer: _Answer | None = None
        self._failure: ConnectionOptionsError | None = None
        self._asked = float("-inf")

    def headers(self) -> Headers:
        return self._good_answer().headers

    def certificate(self) -> ClientCertificate | None:
        return self._good_answer().certificate

    def renew(self, refused: Headers) -> bool:
        with self._lock:
            if self._answer is None or self._answer.headers != refused:
                return self._answer is not None
            if time.monotonic() - self._asked < PAUSE_SECONDS:
                if self._failure:
                    raise self._failure
                return False
            return self._ask().headers != refused

    def _good_answer(self) -> _Answer:
        with self._lock:
            answer, now = self._answer, time.time()
            if answer and (answer.renew_at is None or now < answer.renew_at):
                return answer
            lasts = bool(answer and answer.expires and now < answer.expires)
            if time.monotonic() - self._asked < PAUSE_SECONDS:
                if self._failure and not lasts:
                    raise self._failure
                if answer:
                    return answer
            try:
                return self._ask()
            except ConnectionOptionsError:
                # It may work the next time.
                if answer and lasts:
                    return answer
                raise

    def _ask(self) -> _Answer:
        try:
            self._answer, self._failure = self._read(*self._run()), None
            return self._answer
        except ConnectionOptionsError as error:
            self._failure = error
            raise
        finally:
            self._asked = time.monotonic()

    def _run(self) -> tuple[str, bytes]:
        """What the plugin prints, and what it says besides."""
        try:
            # Without a terminal, also not by /dev/tty: a question for a password must fail, not wait. And through pipes,
            # where run_command has files: what it prints is a secret.
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            hint = f". {self._hint}" if self._hint else ". Install it, or put its folder into PATH."
            raise ConnectionOptionsError(f"{self._origin} cannot be run: {self._shown}: {error.strerror}{hint}") from error
        interrupted = self._deadline.when_cancelled(lambda: _kill(process)) if self._deadline else contextlib.nullcontext()
        try:
            with interrupted:
                output, words = process.communicate(timeout=self._seconds)
        except subprocess.TimeoutExpired:
            words = _end(process)
            raise ConnectionOptionsError(
                f"{self._origin} gave no answer within {self._seconds:g} s: {self._shown}{_said(words)}. "
                "It may be waiting for somebody to log in: do so beforehand."
            ) from None
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            if self._deadline and self._deadline.expired:
                raise ConnectionOptionsError(f"{self._origin} was ended: {self._deadline.reason}")
            status = f"exit status {process.returncode}" if process.returncode > 0 else f"ended by signal {-process.returncode}"
            raise ConnectionOptionsError(f"{self._origin} failed ({status}): {self._shown}{_said(words)}")
        try:
            return output.decode(), words
        except UnicodeDecodeError:
            raise self._useless("it is not text", words) from None

    def _useless(self, why: str, words: bytes) -> ConnectionOptionsError:
        # Without what it printed, which may be a token.
        return ConnectionOptionsError(f"{self._origin} gave an answer that cannot be used, {why}: {self._shown}{_said(words)}")

    def _read(self, output: str, words: bytes) -> _Answer:
        try:
            found = json.loads(output)
        except ValueError:
            raise self._useless(f"{len(output)} characters that are no JSON" if output.strip() else "it printed nothing", words) from None
        if not isinstance(found, dict) or found.get("kind") != "ExecCredential":
            raise self._useless("it is no ExecCredential", words)
        if found.get("apiVersion") != self._version:
            raise self._useless(f"its apiVersion is {str(found.get('apiVersion'))[:60]}, and the kubeconfig says {self._version}", words)
        status = found.get("status")
        if not isinstance(status, dict):
            raise self._useless("it has no status", words)
        token, pair = status.get("token"), (status.get("clientCertificateData"), status.get("clientKeyData"))
        if not token and not any(pair):
            raise self._useless("it has neither a token nor a certificate", words)
        if any(pair) and not all(pair):
            raise self._useless("it has a certificate or a key, not both", words)
        certificate = ClientCertificate(str(pair[0]).encode(), str(pair[1]).encode(), self._origin) if all(pair) else None
        expires = self._seconds_of(status["expirationTimestamp"], words) if status.get("expirationTimestamp") else None
        now = time.time()
        # Some time before its end, so that no request is under way with it when that comes.
        renew_at = None if expires is None else expires - min(60.0, max(0.0, expires - now) / 5)
        return _Answer(bearer(str(token), self._origin) if token else (), certificate, renew_at, expires)

    def _seconds_of(self, timestamp: Any, words: bytes) -> float:
        moment = seconds_of(timestamp)
        if moment is None:
            raise self._useless(f"its expirationTimestamp is {str(timestamp)[:60]!r}, which is no time (RFC 3339)", words)
        return moment


def shown_command(command: Sequence[str]) -> str:
    """A command for a message, without what may be a secret in it."""
    shown, hidden = [], False
    for word in command:
        name, equals, _value = word.partition("=")
        if hidden and not word.startswith("-"):
            shown.append("********")
        elif equals and _SECRET.search(name):
            shown.append(f"{name}=********")
        else:
            shown.append(word if _PLAIN.fullmatch(word) else "…")
        hidden = word.startswith("-") and not equals and bool(_SECRET.search(word))
    return " ".join(shown)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """Kill a plugin with all that it has started; what it said."""
    _kill(process)
    try:
        return process.communicate(timeout=5)[1]
    except subprocess.TimeoutExpired:
        # Something of it lives on in a session of its own, and holds the pipe.
        return b""


def _said(words: bytes) -> str:
    text = words.decode(errors="replace").strip()
    # The end of it: what a program says last is why it ends.
    return f". It says: {text if len(text) <= _WORDS_LENGTH else '… ' + text[-_WORDS_LENGTH:]}" if text else ""


def _texts(given: Any, what: str, origin: str) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(entry, str | int | float) for entry in given):
        raise ConnectionOptionsError(f"{origin}: its {what} are no list of texts")
    return [str(entry) for entry in given]


def _variables(given: Any, origin: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) and entry.get("name") for entry in given):
        raise ConnectionOptionsError(f"{origin}: its env is no list of names and values")
    return {str(entry["name"]): str(entry.get("value") or "") for entry in given}


def _cluster_info(context: Context) -> dict[str, Any]:
    """The cluster as C(ExecCredential) describes it (client-go's rest.ConfigToExecCluster)."""
    cluster = context.cluster
    told = {name: cluster[name] for name in ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url") if cluster.get(name)}
    if authority := context.content(cluster, "certificate-authority"):
        told["certificate-authority-data"] = base64.b64encode(authority).decode()
    for extension in cluster.get("extensions") or ():
        if isinstance(extension, Mapping) and extension.get("name") == f"{_GROUP}exec":
            told["config"] = extension.get("extension")
    return told
