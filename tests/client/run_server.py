"""A stand-in for the server on this machine's own address: it answers what the client asks while it uploads a run, and keeps it all."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

Json = Any

_OPERATION = re.compile(r"(?:query|mutation)\s+(\w+)")


class Received:
    """What the client has sent.

    Attributes:
        files: the run's files by path.
        artifacts: the files of each artifact by name, by the id that the client gave the artifact.
        asked: the artifacts as they were announced, by that id.
        stream: the lines of the run's streamed files, by file and offset.
        config: the run's config as it was last sent.
        complete: whether the client said that the run is over, and how.
        unknown: operations that nobody here knows.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.artifacts: dict[str, dict[str, bytes]] = {}
        self.asked: dict[str, Json] = {}
        self.stream: dict[str, dict[int, str]] = {}
        self.config: Json = {}
        self.complete: Json = None
        self.unknown: list[str] = []
        self.lock = threading.Lock()

    def lines(self, name: str) -> list[str]:
        """The lines of a streamed file, in their order."""
        return [line for _, line in sorted(self.stream.get(name, {}).items())]


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._send({})

    def do_PUT(self) -> None:
        data, received = self._body(), self.server.received
        kind, _, rest = unquote(self.path).removeprefix("/up/").partition("/")
        with received.lock:
            if kind == "run":
                received.files[rest] = data
            elif kind == "artifact":
                identity, _, name = rest.partition("/")
                received.artifacts.setdefault(identity, {})[name] = data
        self._send({})

    def do_POST(self) -> None:
        body, received = json.loads(self._body() or b"{}"), self.server.received
        with received.lock:
            if self.path.endswith("/file_stream"):
                self._stream(body)
                self._send({"limits": {}})
                return
            found = _OPERATION.search(body.get("query", ""))
            name = body.get("operationName") or (found[1] if found else "")
            answer = getattr(self, f"_on_{name}", None)
            if answer is None:
                received.unknown.append(name)
            data = answer(body.get("variables") or {}) if answer else {}
        self._send({"data": data})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    # -- what is asked --------------------------------------------------------------------------------------------

    def _stream(self, body: Json) -> None:
        received = self.server.received
        for name, part in (body.get("files") or {}).items():
            kept = received.stream.setdefault(name, {})
            kept.update(enumerate(part["content"], part["offset"]))
        if body.get("complete") is not None:
            received.complete = {"complete": body["complete"], "exitcode": body.get("exitcode")}

    def _on_ServerFeaturesQuery(self, _: Json) -> Json:
        return {"serverInfo": {"features": []}}

    def _on_UpsertBucket(self, asked: Json) -> Json:
        if asked.get("config"):
            self.server.received.config = json.loads(asked["config"])
        entity = {"id": "RTox", "name": "me"}
        bucket = {
            "id": "UnVuOjE=",
            "name": asked["name"],
            "displayName": asked.get("displayName"),
            "description": None,
            "config": "{}",
            "sweepName": None,
            "project": {"id": "UHI6MQ==", "name": asked["project"], "entity": entity},
            "historyLineCount": 0,
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": True}}

    def _on_CreateRunFiles(self, asked: Json) -> Json:
        files = [{"name": name, "uploadUrl": self._url("run", name)} for name in asked["files"]]
        return {"createRunFiles": {"runID": "UnVuOjE=", "uploadHeaders": [], "files": files}}

    def _on_CreateArtifact(self, asked: Json) -> Json:
        identity = asked["input"]["clientID"]
        self.server.received.asked[identity] = asked["input"]
        sequence = {"id": "Uzox", "latestArtifact": None}
        return {
            "createArtifact": {"artifact": {"id": identity, "state": "PENDING", "artifactSequence": sequence}}
        }

    def _on_CreateArtifactManifest(self, asked: Json) -> Json:
        return {"createArtifactManifest": {"artifactManifest": self._manifest(asked["name"])}}

    def _on_UpdateArtifactManifest(self, asked: Json) -> Json:
        return {"updateArtifactManifest": {"artifactManifest": self._manifest("wandb_manifest.json")}}

    def _on_CreateArtifactFiles(self, asked: Json) -> Json:
        nodes = [
            {
                "id": "Rjox",
                "name": each["name"],
                "displayName": each["name"],
                "storagePath": None,
                "uploadUrl": self._url("artifact", f"{each['artifactID']}/{each['name']}"),
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "artifact": {"id": each["artifactID"]},
            }
            for each in asked["input"]["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": each} for each in nodes]}}}

    def _on_CommitArtifact(self, asked: Json) -> Json:
        return {
            "commitArtifact": {"artifact": {"id": asked["artifactID"], "digest": "", "state": "COMMITTED"}}
        }

    def _manifest(self, name: str) -> Json:
        file = {"id": "Rjox", "name": name, "displayName": name, "uploadUrl": self._url("manifest", name)}
        return {"id": "TTox", "file": {**file, "uploadHeaders": []}}

    def _url(self, kind: str, path: str) -> str:
        return f"{self.server.url}/up/{kind}/{quote(path)}"

    # -- bytes ----------------------------------------------------------------------------------------------------

    def _body(self) -> bytes:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data

    def _send(self, answer: Json) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.received = Received()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; what it has not sent is found missing."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[tuple[str, Received]]:
    """The stand-in while it runs: its address, and what it is sent."""
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.url, server.received
        finally:
            server.shutdown()
            thread.join()
