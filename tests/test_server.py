"""`growthops run` from outside: a real process, real sockets, and what must be refused."""

import http.client
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
from websockets.exceptions import InvalidStatus

from lib.gate import LONGEST_QUERY
from lib.intake import load_frames
from lib.settings import Settings, write_settings
from tests.visitor import OURS, ROOT, Server, Visitor, elements

HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
FUZZED = 200


def make_workspace(folder: Path) -> Path:
    """Forty people, two steps."""
    start = pl.datetime(2026, 1, 1, time_zone="UTC")
    people = pl.DataFrame({"n": range(40)})
    steps = [
        people.filter(pl.col("n") % every == 0).select(
            user_id=pl.format("u{}", "n"), name=pl.lit(name), ts=start + pl.duration(hours="n", minutes=every)
        )
        for name, every in (("signed_up", 1), ("came_back", 2))
    ]
    write_settings(folder, Settings())
    load_frames(folder, {"events": pl.concat(steps)}, "test")
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("server") / "tiny")


@pytest.fixture(scope="module")
def server(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was; started in a folder that is not the project's."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = (sys.executable, "-P", "-c", START, str(ROOT), "run", "--headless", "--port")
    with Server(workspace, command, log=elsewhere / "log", cwd=elsewhere) as running:
        yield running


START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from lib.__main__ import main; main()"


def check_headers(response: http.client.HTTPResponse) -> None:
    for name, value in HEADERS.items():
        assert value in (response.headers[name] or ""), f"{name} of a {response.status}"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 200),
        ("/onboarding", 200),
        ("/favicon.png", 200),
        ("/_stcore/health", 200),
        ("/_stcore/host-config", 200),
        ("/_stcore/metrics", 404),
        ("/_stcore/metrics/", 404),
        ("/_stcore/agent/openapi.json", 404),
        ("/_stcore/agent/interact", 404),
        ("/media/none.csv", 404),
        ("/..%2f..%2fetc/passwd", 400),
    ],
)
def test_every_response_carries_the_headers(server: Server, target: str, status: int) -> None:  # T43
    response = server.get(target)
    assert response.status == status
    check_headers(response)


@pytest.mark.parametrize("target", ["/", "/onboarding"])
def test_a_page_brings_its_font(server: Server, target: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    line.request("GET", target, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    text = line.getresponse().read().decode()
    line.close()
    assert 0 < text.index("@font-face{font-family:Inter;") < text.index("</head>") < text.index("<body>")


def test_policy_names_no_other_place(server: Server) -> None:
    policy = server.get("/").headers["Content-Security-Policy"]
    assert "http:" not in policy
    assert "https:" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in script
    assert "'sha256-" in script, "the one inline script of the page is allowed by its hash"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost."])
def test_own_names_are_answered(server: Server, host: str) -> None:
    assert server.get("/_stcore/health", Host=f"{host}:{server.port}").status == 200


@pytest.mark.parametrize("host", ["rebound.example", "localhost.rebound.example", "localhost@rebound.example", "", "%"])
def test_other_names_are_refused(server: Server, host: str) -> None:
    for target, more in (("/", {}), ("/_stcore/stream", UPGRADE)):
        response = server.get(target, Host=host, **more)
        assert response.status == 400
        check_headers(response)


@pytest.mark.parametrize("origin", ["http://other.example", "http://localhost:1", "null", "http://["])
def test_pages_of_others_are_refused(server: Server, origin: str) -> None:
    """Another program on this computer is another site too; nothing is looked up outside to find that out."""
    with pytest.raises(InvalidStatus) as refused, Visitor(server.port, origin=origin):
        pass
    assert refused.value.response.status_code == 403
    response = server.raw(
        f"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost:{server.port}\r\nOrigin: {origin}\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    assert response.status == 403
    check_headers(response)


def test_first_page_comes_complete(server: Server) -> None:
    with Visitor(server.port) as visitor:
        messages = visitor.run()
    assert elements(messages, "exception") == []
    assert elements(messages, "vega_lite_chart")


def test_settings_and_theme_are_the_products_own(server: Server) -> None:
    """The server was started in another folder; `.streamlit/config.toml` beside the script holds all the same."""
    with Visitor(server.port) as visitor:
        messages = visitor.run()
    new = next(message.new_session for message in messages if message.WhichOneof("type") == "new_session")
    assert new.config.gather_usage_stats is False
    assert new.custom_theme.light.primary_color.upper() == "#3457D5"
    assert new.custom_theme.dark.background_color.upper() == "#0F131A"


def odd_queries() -> list[str]:
    """What nobody types: control characters, wrong values, huge ones, markup, repeated keys."""
    chance = random.Random(30)
    odd = ["%00", "\x01", "<script>alert(1)</script>", "9" * 400, "-1", "NaN", "%ff%fe", "a=b&", "💥", "'\"", "{}", "%"]
    keys = ["period", "steps", "window", "unit", "by", "top", "tab", "where", "order", "embed", "\x00", "__proto__", ""]
    found = ["x=" + "y" * 600 * 1024, "&".join(["steps=signed_up"] * 3000), "?" * 5000, "=" * 1000, "&" * 1000]
    while len(found) < FUZZED:
        pairs = ((chance.choice(keys), chance.choice(odd)) for _ in range(chance.randint(1, 9)))
        found.append("&".join(f"{key}={value}" for key, value in pairs))
    return found


def test_odd_addresses_do_no_harm(server: Server) -> None:  # T30
    for query in odd_queries():
        sent = quote(query, safe="=&%?<>'\"{}")
        response = server.get(f"/onboarding?{sent}")
        assert response.status in (200, 404, 414), query[:80]
        assert (response.status == 414) == (len(sent) > LONGEST_QUERY)
        check_headers(response)
    assert server.is_alive


@pytest.mark.parametrize(
    "request_bytes", [b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_is_turned_away(server: Server, request_bytes: bytes) -> None:
    assert server.raw(request_bytes).status == 400
    assert server.is_alive


@pytest.mark.parametrize(
    "query",
    [
        "window=NaN&by=%00&tab=x",
        "steps=%3Cscript%3E&steps=&period=last+year",
        "window=99999999999999999999&top=-1",
        "period=\x00&period=all+time&where=nowhere",
        "top=" + "9" * 400,
    ],
)
def test_odd_values_reach_the_page_unharmed(server: Server, query: str) -> None:  # T30
    with Visitor(server.port, "onboarding", query) as visitor:
        messages = visitor.run()
    assert elements(messages, "exception") == []
    assert elements(messages, "metric"), "the page is there, with the defaults"


def test_damaged_file_ends_in_an_error_box(workspace: Path, tmp_path: Path) -> None:  # T6
    """Polars panics on some truncated files, which is no `Exception`: the page must finish and say so."""
    damaged = tmp_path / "damaged"
    shutil.copytree(workspace, damaged)
    for file in (damaged / "warehouse" / "events").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * 0.95)])
    with Server(damaged, log=tmp_path / "log") as server, Visitor(server.port) as visitor:
        messages = visitor.run()
        assert elements(messages, "alert"), server.output


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_and_without_a_word(workspace: Path, tmp_path: Path, sign: signal.Signals) -> None:
    with Server(workspace, log=tmp_path / "log") as server, Visitor(server.port) as visitor:
        visitor.ask()  # a page at work does not hold it up
        server.process.send_signal(sign)
        assert server.process.wait(3) == 0
        assert "Traceback" not in server.output
        assert "localhost" in server.output
        assert "Ctrl-C" in server.output


def test_taken_port_is_said(server: Server, workspace: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*OURS, str(server.port), "--workspace", str(workspace)],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"Port {server.port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_port_moves_on_where_none_was_named() -> None:
    from lib.server import ServerError, listen_near

    taken = listen_near("127.0.0.1", 0, is_fixed=False)
    port = taken[0].getsockname()[1]
    try:
        found = listen_near("127.0.0.1", port, is_fixed=False)
        assert found[0].getsockname()[1] > port
        assert found[0].proto == socket.IPPROTO_TCP, "asyncio turns Nagle's algorithm off only then"
        with pytest.raises(ServerError, match="taken"):
            listen_near("127.0.0.1", port, is_fixed=True)
    finally:
        for listener in [*taken, *found]:
            listener.close()


def test_environment_decides_over_the_file(workspace: Path, tmp_path: Path) -> None:
    """A proxy's name is let in by a variable, as for `streamlit run`."""
    told = {
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "growth.example.com localhost",
        "STREAMLIT_SERVER_BASE_URL_PATH": "numbers",
    }
    with Server(workspace, log=tmp_path / "log", env=told, health="/numbers/_stcore/health") as server:
        assert server.get("/numbers/", Host="growth.example.com").status == 200
        assert server.get("/numbers/", Host="127.0.0.1").status == 400
        assert server.get("/numbers/_stcore/metrics", Host="growth.example.com").status == 404
        assert "/numbers" in server.output


def test_asking_does_not_import_the_server() -> None:
    code = "import sys; from lib import cli; print(sorted({'streamlit', 'uvicorn', 'altair'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    )
    assert done.stdout.strip() == "[]"


def test_it_listens_on_this_computer_only(server: Server) -> None:
    began = time.monotonic()
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, family=socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        probe = socket.socket()
        with pytest.raises(OSError, match=""), probe:
            probe.bind((address, 0))
            probe.settimeout(1)
            probe.connect((address, server.port))
    assert time.monotonic() - began < 10
