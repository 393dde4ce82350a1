"""The gate before the server: who may come in, and what a browser may do with what it gets.

Plain ASGI around the whole application, so that it also holds for errors, files and refusals.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LONGEST_QUERY = 64 * 1024
CLOSED = re.compile(r"/_stcore/(metrics|agent)(/|$)")
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9a-z_.-]+))(?::\d{1,5})?", re.IGNORECASE | re.ASCII)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
HTML = b"text/html"
OF_THE_FILE = (b"content-length", b"etag", b"last-modified")
"""Headers that are true of a file only as long as nothing is added to it."""
READS = ("GET", "HEAD", "OPTIONS")


class Gate:
    """Lets requests through that name this server and come from its own pages, and puts headers on every response.

    A page elsewhere whose name was pointed at this computer (DNS rebinding) still sends its own name as `Host`.
    """

    def __init__(
        self, app: Application, allowed_hosts: Collection[str], origins: Collection[str] = (), html: str = "",
        head: str = "",
    ) -> None:  # fmt: skip
        """`origins` are other sites that may use this server; `html` is the page served, whose own scripts may run.

        `head` is added to the head of every page.
        """
        self._app = app
        self._hosts = [host.strip().lower().rstrip(".") for host in allowed_hosts]
        self._origins = {origin.lower() for origin in origins}
        self._headers = security_headers(html)
        self._head = head.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _answer(scope, self._with_headers(send), *refusal)
        elif self._head and _is_for_a_page(scope):
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            await self._app({**scope, "headers": plain}, receive, _with_head(self._with_headers(send), self._head))
        else:
            await self._app(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Message) -> tuple[int, str] | None:
        """The status and sentence to refuse a request with, if it is to be refused."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if not self._knows(host):
            return 400, "This server does not go by that name. To allow it, set server.allowedHosts."
        is_read = scope["type"] == "http" and scope["method"] in READS
        if not is_read and not self._is_own_page(headers.get(b"origin"), host):
            return 403, "Pages of another site may not use this server."
        if CLOSED.search(scope["path"]):
            return 404, "Not found."
        if len(scope["query_string"]) > LONGEST_QUERY:
            return 414, "This address is too long."
        return None

    def _knows(self, host: str) -> bool:
        found = HOST.fullmatch(host)
        name = (found[1] or found[2]).lower().rstrip(".") if found else ""
        return bool(name) and any(fnmatchcase(name, pattern) for pattern in self._hosts)

    def _is_own_page(self, origin: str | None, host: str) -> bool:
        """Browsers always say where a page came from; programs do not, and no page can use them."""
        return origin is None or origin.lower() in self._origins or _place(origin) == host.lower()

    def _with_headers(self, send: Send) -> Send:
        ours = {name for name, _ in self._headers}

        async def answer(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                theirs = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ours]
                message = {**message, "headers": [*theirs, *self._headers]}
            await send(message)

        return answer


def _is_for_a_page(scope: Message) -> bool:
    wanted = (value for name, value in scope["headers"] if name == b"accept")
    return scope["type"] == "http" and scope["method"] == "GET" and any(HTML in value for value in wanted)


def _with_head(send: Send, head: bytes) -> Send:
    """Adds to the head of a page on its way out; what is no page goes out as it is."""
    start: Message = {}
    body = bytearray()

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start" and (b"content-type", HTML) in _kinds(message):
            start.update(message)
        elif not start or message["type"] != "http.response.body":
            await send(message)
        else:
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body).replace(b"</head>", head + b"</head>", 1)
            kept = [(name, value) for name, value in start["headers"] if name.lower() not in OF_THE_FILE]
            await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

    return answer


def _kinds(message: Message) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value.split(b";")[0].strip()) for name, value in message.get("headers", [])]


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


async def _answer(scope: Message, send: Send, status: int, sentence: str) -> None:
    """A short answer in plain text; a websocket gets it in place of the handshake."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def security_headers(html: str = "") -> list[tuple[bytes, bytes]]:
    """What a browser may do with our pages: load from here only, run our scripts only, and show them in no frame.

    >>> dict(security_headers("<script>go()</script>"))[b"content-security-policy"].split(b"; ")[1]
    b"script-src 'self' 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"
    """
    scripts = (hashlib.sha256(script.encode()).digest() for script in INLINE.findall(html))
    hashes = "".join(f" 'sha256-{b64encode(digest).decode()}'" for digest in scripts)
    policy = (
        "default-src 'self'", f"script-src 'self'{hashes}", "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self'", "worker-src 'self' blob:",
        "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'", "form-action 'self'",
    )  # fmt: skip
    return [
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    ]
