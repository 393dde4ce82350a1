"""The gate on its own: what it adds to a page on its way out, and what it leaves alone."""

import asyncio
from typing import Any

import pytest

from lib.gate import Gate

HEAD = "<style>p{}</style>"
WANTED = [(b"host", b"localhost:1"), (b"accept", b"text/html,*/*"), (b"accept-encoding", b"gzip")]


def passed(
    parts: list[bytes], kind: bytes, *, asked: list[tuple[bytes, bytes]] = WANTED, method: str = "GET"
) -> tuple[dict[bytes, bytes], list[bytes], list[bytes]]:
    """The headers and parts that come out of the gate, and the names of the headers the application got."""
    got: list[bytes] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend(name for name, _ in scope["headers"])
        size = str(sum(map(len, parts))).encode()
        headers = [(b"Content-Type", kind), (b"Content-Length", size), (b"ETag", b'"x"'), (b"vary", b"accept")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for at, part in enumerate(parts):
            await send({"type": "http.response.body", "body": part, "more_body": at < len(parts) - 1})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is received")

    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": asked}
    asyncio.run(Gate(app, ["localhost"], head=HEAD)(scope, receive, send))
    headers = {name.lower(): value for name, value in sent[0]["headers"]}
    return headers, [message["body"] for message in sent[1:]], got


def test_a_page_gets_its_head_and_is_a_file_no_more() -> None:
    headers, parts, got = passed([b"<html><head></he", b"ad><body></head></body>"], b"text/html; charset=utf-8")
    assert parts == [b"<html><head><style>p{}</style></head><body></head></body>"]
    assert headers[b"content-length"] == str(len(parts[0])).encode()
    assert b"etag" not in headers and headers[b"vary"] == b"accept"
    assert got == [b"host", b"accept"]  # what is packed could not be added to


@pytest.mark.parametrize(
    ("kind", "asked", "method"),
    [
        (b"text/javascript", WANTED, "GET"),
        (b"text/html", WANTED, "HEAD"),
        (b"text/html", [WANTED[0], (b"accept", b"*/*")], "GET"),
        (b"text/html", WANTED[:1], "GET"),
    ],
)
def test_everything_else_goes_out_as_it_came(kind: bytes, asked: list[tuple[bytes, bytes]], method: str) -> None:
    parts = [b"<head>", b"</head>"]
    headers, out, got = passed(parts, kind, asked=asked, method=method)
    assert (out, headers[b"content-length"], headers[b"etag"]) == (parts, b"13", b'"x"')
    assert got == [name for name, _ in asked] or (kind != b"text/html" and got == [b"host", b"accept"])
