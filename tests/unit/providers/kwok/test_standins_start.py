# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the stand-ins are started, how they log in, and what is passed on to them, without a cluster."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import passed_on
from standins.__main__ import _options
from standins.api import Api, Object
from standins.authority import Authority, server_context


@pytest.mark.parametrize("rest", ["", "--socket /s", "--folder /f", "--real-nodes /r --socket /s --folder /f"])
def test_nodes_are_either_real_or_stood_in_for(rest: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _options(["--kubeconfig", "/k", *rest.split()])
    assert "either --real-nodes, or --socket and --folder" in capsys.readouterr().err


@pytest.mark.parametrize("rest", ["--socket /s --folder /f", "--real-nodes /r"])
def test_each_way_to_start_is_taken(rest: str) -> None:
    options = _options(["--kubeconfig", "/k", *rest.split()])
    assert (options.real_nodes is None) == ("--socket" in rest)


def test_what_runs_itself_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--kubeconfig", "/k", "--real-nodes", "/r"]
    assert _options(arguments).without is None
    assert _options([*arguments, "--without", "cert-manager"]).without == "cert-manager"
    with pytest.raises(SystemExit):
        _options([*arguments, "--without", "istiod"])
    assert "invalid choice: 'istiod'" in capsys.readouterr().err


class Handler(http.server.BaseHTTPRequestHandler):
    said: list[str | None]

    def do_GET(self) -> None:
        self.said.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"type": "BOOKMARK"}\n')

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, list[str | None]]]:
    """A kubeconfig as a pod has it, and what its server is told."""
    authority, handler = Authority.new("a"), type("Own", (Handler,), {"said": []})
    issued = authority.issue("localhost", ["localhost"])
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.socket = server_context(issued.certificate, issued.key).wrap_socket(listening.socket, server_side=True)
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    config = {
        "clusters": [
            {"cluster": {"server": f"https://localhost:{listening.server_port}", "certificate-authority": str(tmp_path / "ca.crt")}}
        ],
        "users": [{"user": {"tokenFile": str(tmp_path / "token")}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield tmp_path, handler.said
    listening.shutdown()
    listening.server_close()


def test_a_pods_token_is_read_anew(server: tuple[Path, list[str | None]]) -> None:
    folder, said = server
    (folder / "token").write_text("one\n")
    api = Api(folder / "kubeconfig")
    api.request("GET", "/x")
    (folder / "token").write_text("two")
    api.request("GET", "/x")
    assert next(api.watch("/x", 1)) == {"type": "BOOKMARK"}
    assert said == ["Bearer one", "Bearer two", "Bearer two"]


def test_a_review_that_is_passed_on_is_answered_or_its_fault_is_told() -> None:
    def answer(path: str, review: Object) -> list[Object] | None:
        if review["request"]["uid"] == "bad":
            raise ValueError("no such template")
        return [{"op": "add", "path": path, "value": 1}] if path == "/inject" else None

    def ask(path: str, body: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()

    port = passed_on.serve(0, answer)
    review: Object = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "7"}}
    status, said = ask("/inject", json.dumps(review))
    patch = base64.b64decode(json.loads(said)["response"].pop("patch"))
    assert status == 200 and json.loads(patch) == [{"op": "add", "path": "/inject", "value": 1}]
    status, said = ask("/other", json.dumps(review))
    assert status == 200 and json.loads(said)["response"] == {"uid": "7", "allowed": True}
    review["request"]["uid"] = "bad"
    assert ask("/inject", json.dumps(review)) == (500, "no such template")
    assert ask("/inject", "{")[0] == 500
