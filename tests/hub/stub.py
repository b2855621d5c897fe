"""A hub of one's own: as much of its interface as a client of tokenizers uses, on the standard library's server.

Repositories have commits; branches and tags are names of commits. What is asked is kept in `Hub.requests`, and what
goes wrong is set per repository: private, gated, disabled, an error code, or downloads that break off.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "hf_theRightOne"
_MODEL = r"/api/models/(?P<repo>[^/]+/[^/]+)"


@dataclass
class Repository:
    """One repository, as the tests set it up."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    status: int | None = None
    # How often a download of a file breaks off, after how many bytes.
    breaks: int = 0
    break_after: int = 100
    # Names that the listing has and no commit: what a hostile server may say.
    extra_names: list[str] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)

    def commit(self, files: dict[str, bytes | str], ref: str = "main") -> str:
        """Add a commit with these files on top of a branch; return its id."""
        before = self.commits.get(self.refs.get(ref) or self.refs.get("main", ""), {})
        content = before | {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        identity = hashlib.sha1(repr((sorted(content.items()), len(self.commits))).encode()).hexdigest()
        self.commits[identity] = content
        self.refs[ref] = identity
        return identity

    def at(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.refs.get(revision)


class Hub:
    """The server, its repositories and what it was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        hub = self

        class Handler(_Handler):
            home = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[Hub]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def add(self, name: str, files: dict[str, bytes | str], **options: Any) -> Repository:
        made = self.repositories[name] = Repository(**options)
        made.commit(files)
        return made

    def asked_for(self, method: str) -> list[str]:
        """Return the names of the files that were asked for in this way."""
        found = []
        for line in self.requests:
            verb, path = line.split(" ", 1)
            if verb == method and "/resolve/" in path:
                found.append(unquote(path.split("/resolve/", 1)[1].split("/", 1)[1]))
        return found


class _Handler(BaseHTTPRequestHandler):
    home: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        del format, args

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.home.requests.append(f"{self.command} {parts.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        for pattern, answer in _ROUTES:
            match = re.fullmatch(pattern, parts.path)
            if match is not None:
                answer(self, body, **{key: unquote(value) for key, value in match.groupdict().items()})
                return
        self._say(404, {"error": f"no such place: {parts.path}"})

    # --- answers ------------------------------------------------------------------------------------------------------

    def _say(self, status: int, content: Any, **headers: str) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _refuse(self, status: int, code: str) -> None:
        self._say(status, {"error": code}, X_Error_Code=code, X_Error_Message=code)

    def _repository(self, repo: str, *, for_files: bool = False) -> Repository | None:
        """Return a repository that this request may see; otherwise answer."""
        found = self.home.repositories.get(repo)
        trusted = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if found is None or (found.private and not trusted):
            # As the hub does: what one may not see is not there.
            self._refuse(404 if trusted else 401, "RepoNotFound")
            return None
        if found.status is not None:
            self._say(found.status, {"error": "broken"})
            return None
        if for_files and found.gated and not trusted:
            self._refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo")
            return None
        return found

    def info(self, body: bytes, repo: str, revision: str = "main") -> None:
        del body
        found = self._repository(repo)
        if found is None:
            return
        commit = found.at(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
            return
        names = [*sorted(found.commits[commit]), *found.extra_names]
        self._say(
            200, {"id": repo, "sha": commit, "private": found.private, "siblings": [{"rfilename": n} for n in names]}
        )

    def tree(self, body: bytes, repo: str, revision: str) -> None:
        del body
        found = self._repository(repo)
        commit = found.at(revision) if found is not None else None
        if found is None or commit is None:
            return
        entries = [
            {"type": "file", "path": name, "size": len(content), "oid": _blob(content)}
            for name, content in sorted(found.commits[commit].items())
        ]
        self._say(200, entries)

    def resolve(self, body: bytes, repo: str, revision: str, path: str) -> None:
        del body
        found = self._repository(repo, for_files=True)
        if found is None:
            return
        commit = found.at(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
            return
        content = found.commits[commit].get(path)
        if content is None:
            self._say(404, {}, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
            return
        self._send_file(found, content, commit)

    def _send_file(self, found: Repository, content: bytes, commit: str) -> None:
        headers = {"ETag": f'"{_blob(content)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        first = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted:
            first = int(wanted[1])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        self.send_response(206 if wanted else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        if self.command == "HEAD":
            return
        if found.breaks > 0:
            found.breaks -= 1
            self.wfile.write(content[first : first + found.break_after])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(content[first:])

    # --- uploads ------------------------------------------------------------------------------------------------------

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "Unauthorized")
            return
        repo = f"{asked.get('organization') or 'me'}/{asked['name']}"
        status = 409 if repo in self.home.repositories else 200
        if status == 200:
            private = bool(asked.get("private")) or asked.get("visibility") == "private"
            self.home.add(repo, {}, private=private)
        self._say(status, {"url": f"{self.home.url}/{repo}", "id": repo})

    def branch(self, body: bytes, repo: str, branch: str) -> None:
        del body
        found = self._repository(repo)
        if found is not None:
            if branch in found.refs:
                self._refuse(409, "BranchExists")
                return
            found.refs[branch] = found.refs["main"]
            self._say(200, {})

    def preupload(self, body: bytes, repo: str, revision: str) -> None:
        found = self._repository(repo)
        if found is None:
            return
        commit = found.at(revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
            return
        there = found.commits[commit]
        files = [
            {
                "path": file["path"],
                "uploadMode": "regular",
                "shouldIgnore": False,
                "oid": _blob(there[file["path"]]) if file["path"] in there else None,
            }
            for file in json.loads(body)["files"]
        ]
        self._say(200, {"files": files})

    def send(self, body: bytes, repo: str, revision: str) -> None:
        found = self._repository(repo)
        if found is None:
            return
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in lines if line["key"] == "file"
        }
        proposed = self._query.get("create_pr") == "1"
        ref = "refs/pr/1" if proposed else revision
        if proposed:
            found.refs[ref] = found.refs[revision]
        commit = found.commit(dict(files), ref)
        found.log.append({"files": sorted(files), "ref": ref, **header})
        pull = {"pullRequestUrl": f"{self.home.url}/{repo}/discussions/1"} if proposed else {}
        self._say(200, {"commitUrl": f"{self.home.url}/{repo}/commit/{commit}", "commitOid": commit, **pull})

    def validate(self, body: bytes) -> None:
        del body
        self._say(200, {"errors": [], "warnings": []})

    def whoami(self, body: bytes) -> None:
        del body
        self._say(200, {"type": "user", "name": "me", "auth": {"type": "access_token"}, "orgs": []})


_ROUTES = [
    (rf"{_MODEL}/revision/(?P<revision>[^/]+)", _Handler.info),
    (rf"{_MODEL}/tree/(?P<revision>[^/]+)", _Handler.tree),
    (rf"{_MODEL}/branch/(?P<branch>[^/]+)", _Handler.branch),
    (rf"{_MODEL}/preupload/(?P<revision>[^/]+)", _Handler.preupload),
    (rf"{_MODEL}/commit/(?P<revision>[^/]+)", _Handler.send),
    (_MODEL, _Handler.info),
    (r"/api/repos/create", _Handler.create),
    (r"/api/validate-yaml", _Handler.validate),
    (r"/api/whoami-v2", _Handler.whoami),
    (r"/(?P<repo>[^/]+/[^/]+)/(?:resolve|raw)/(?P<revision>[^/]+)/(?P<path>.+)", _Handler.resolve),
]


def _blob(content: bytes) -> str:
    """Return the id git gives a file."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
