"""The protocol's edges, spoken without a git client."""

import gzip
import resource
from typing import Any

import httpx
import pytest

UPLOAD = {"Content-Type": "application/x-git-upload-pack-request"}
RECEIVE = {"Content-Type": "application/x-git-receive-pack-request"}


@pytest.fixture
def web(host: Any) -> Any:
    """An HTTP client that stands in front of ``chat``."""
    with httpx.Client(base_url=f"http://127.0.0.1:{host.port}/OpenIMSDK/chat.git", timeout=60) as web:
        yield web


def line(text: str) -> bytes:
    """A packet line."""
    return f"{len(text) + 4:04x}{text}".encode()


def wanted(host: Any) -> bytes:
    """The body of a clone in protocol 0."""
    sha = host.repositories.head("chat", "main")
    return line(f"want {sha} ofs-delta\n") + b"0000" + line("done\n")


def test_dumb_http_is_refused(web: Any) -> None:
    """With a word on what to do."""
    for query in ("", "?service=git-upload-archive"):
        answer = web.get(f"/info/refs{query}")
        assert answer.status_code == 403
        assert "upgrade your git client" in answer.text
    assert web.get("/HEAD").status_code == 404
    assert web.get("/objects/info/packs").status_code == 404


def test_an_advertisement_is_typed_and_never_cached(web: Any) -> None:
    """As gitprotocol-http(5) demands."""
    answer = web.get("/info/refs?service=git-upload-pack")
    assert answer.headers["content-type"] == "application/x-git-upload-pack-advertisement"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content.startswith(b"001e# service=git-upload-pack\n0000")
    modern = web.get("/info/refs?service=git-upload-pack", headers={"Git-Protocol": "version=2"})
    assert modern.content.startswith(b"000eversion 2\n")


def test_a_gzipped_request_is_understood(host: Any, web: Any) -> None:
    """Git compresses long negotiations."""
    plain = web.post("/git-upload-pack", content=wanted(host), headers=UPLOAD)
    headers = UPLOAD | {"Content-Encoding": "gzip"}
    packed = web.post("/git-upload-pack", content=gzip.compress(wanted(host)), headers=headers)
    assert b"PACK" in plain.content
    assert packed.content == plain.content


# No time in the header: workers that are to collect the same tests may start in different seconds.
CUT_OFF = gzip.compress(b"0000" * 100, mtime=0)[:-9]


@pytest.mark.parametrize("body", [b"not gzip at all", b"", CUT_OFF], ids=["no gzip", "empty", "cut off"])
def test_a_damaged_gzip_body_is_a_bad_request(web: Any, body: bytes) -> None:
    """It is never taken for less than was sent."""
    answer = web.post("/git-upload-pack", content=body, headers=UPLOAD | {"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "gzip" in answer.text


def test_a_small_body_that_inflates_hugely_does_not_fill_the_memory(web: Any) -> None:
    """Two hundred kilobytes that become two hundred megabytes pass through in pieces."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = gzip.compress(bytes(200_000_000), 9)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    web.post("/git-upload-pack", content=bomb, headers=UPLOAD | {"Content-Encoding": "gzip"})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(before, grown) < 50_000


def test_other_types_and_encodings_are_not_guessed(host: Any, web: Any) -> None:
    """415, before any process is started."""
    assert web.post("/git-upload-pack", content=wanted(host)).status_code == 415
    encoded = web.post("/git-upload-pack", content=b"", headers=UPLOAD | {"Content-Encoding": "br"})
    assert encoded.status_code == 415
    assert web.get("/git-upload-pack").status_code == 405


def test_writing_needs_credentials_at_every_step(web: Any) -> None:
    """The advertisement and the push itself are both guarded, with a challenge."""
    for answer in (
        web.get("/info/refs?service=git-receive-pack"),
        web.post("/git-receive-pack", content=b"0000", headers=RECEIVE),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="GitHub"'


def test_a_wrong_token_is_refused_where_none_is_needed(web: Any) -> None:
    """A wrong token is a mistake to be told about, also when reading."""
    assert web.get("/info/refs?service=git-upload-pack", auth=("x", "mistyped")).status_code == 401
    assert web.get("/info/refs?service=git-upload-pack").status_code == 200


def test_a_push_without_side_band_reads_the_same_reason(host: Any, web: Any) -> None:
    """Old clients hear it in the report alone."""
    sha = host.repositories.head("chat", "main")
    host.rules.append(lambda *_: ["No."])
    command = line(f"{sha} {'0' * 40} refs/heads/gone\0report-status\n")
    host.repositories.create_ref("chat", "refs/heads/gone", sha)
    answer = web.post(
        "/git-receive-pack", content=command + b"0000", headers=RECEIVE, auth=("x-access-token", "writer-token")
    )
    assert answer.content == (
        line("unpack ok\n") + line("ng refs/heads/gone push declined due to repository rule violations\n") + b"0000"
    )


def test_nonsense_is_answered_and_harms_nothing(host: Any, web: Any) -> None:
    """Garbage where packets should be ends that one request."""
    for body in (b"garbage", b"ffff", b"0000", b""):
        answer = web.post("/git-receive-pack", content=body, headers=RECEIVE, auth=("x", "writer-token"))
        assert answer.status_code == 200
    assert list(host.repositories.branches("chat")) == ["main"]
