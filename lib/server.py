"""The server: `streamlit_app.py` through `st.App` and uvicorn, in one process, for this computer.

`streamlit run streamlit_app.py` shows the same pages; served from here they answer several times faster, and every
response says what a browser may load (docs/serving.md).
"""

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
import time
import traceback
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st
import uvicorn
from streamlit import config

from lib import arenas, lookout, themes, warm
from lib.errors import GrowthOpsError
from lib.gate import Gate
from lib.settings import note_served
from lib.store import close_stores
from lib.ui import look

LOG = logging.getLogger("growthops")
SCRIPT = Path(__file__).resolve().parents[1] / "streamlit_app.py"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANYWHERE = ("0.0.0.0", "::")
MOST_PORTS = 100
LONGEST_HEAD = 1024 * 1024
# A websocket that was refused, and pages cut short by the end: uvicorn thinks these are errors.
NOT_WORTH_A_LINE = ("ASGI callable returned without completing handshake", "Cancel %s running task")
SECONDS_TO_END = 1

TRUTH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
READ: dict[type, Callable[[str], object]] = {bool: lambda text: TRUTH[text.lower()], int: int, float: float}


class ServerError(GrowthOpsError):
    """The server cannot start: the port is taken, or the address is not one of this computer."""


def serve(port: int, *, is_port_fixed: bool = False, open_browser: bool = True, script: Path = SCRIPT) -> None:
    """Serve the dashboard until Ctrl-C or SIGTERM. Where the port may move, a taken one leads to the next free one.

    Settings and theme come from `.streamlit/config.toml` beside the script, from wherever this is started.

    Raises:
        ServerError: there is no port to listen on.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    arenas.limit()
    themes.keep()
    app = st.App(script, lifespan=_lifespan, on_script_error=_log_script_error)
    _follow_environment()
    # An edit of the code shows after a restart; `streamlit run` is the way to see it at once.
    config.set_option("server.fileWatcherType", "none")
    config.set_option("runner.postScriptGC", False)  # `arenas.keep_small` collects instead
    address = config.get_option("server.address") or "127.0.0.1"
    listeners = listen_near(address, port, is_port_fixed)
    found = listeners[0].getsockname()[1]
    config.set_option("server.port", found)
    if found != port and port:
        _say(f"Port {port} is taken, so Growth Ops is on {found}.")
    url = note_served(f"http://{'localhost' if address in (*LOOPBACK, *ANYWHERE) else address}:{found}{_base_path()}")
    wants_browser = open_browser and not config.get_option("server.headless") and not os.environ.get("CI")
    origins = config.get_option("server.corsAllowedOrigins") or ()
    gate = Gate(app, config.get_option("server.allowedHosts") or LOOPBACK, origins, _first_html(), look.head())
    server = _Server(_settings(gate), lambda: _greet(url, wants_browser))
    logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(NOT_WORTH_A_LINE))
    with suppress(KeyboardInterrupt):
        server.run(sockets=listeners)
    close_stores()  # the log of use is written in the background; what waits is written now
    _leave()


def _follow_environment() -> None:
    """Let `STREAMLIT_…` variables decide, which only Streamlit's own command line reads."""
    for name, option in config.get_config_options().items():
        told = os.environ.get(option.env_var)
        if told is None or option.sensitive:
            continue
        try:
            value = told.split() if option.multiple else READ.get(option.type, str)(told)
        except (ValueError, KeyError):
            raise ServerError(f"{option.env_var}={told!r} is not a value for {name}.") from None
        config.set_option(name, value)


def _settings(app: Any) -> uvicorn.Config:
    """What Streamlit gives its own uvicorn, and room for a long address so that it can be refused politely."""
    ping = config.get_option("server.websocketPingInterval") or 30
    return uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
        ws_max_size=int(config.get_option("server.maxMessageSize") * 1_000_000),
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ssl_certfile=config.get_option("server.sslCertFile"),
        ssl_keyfile=config.get_option("server.sslKeyFile"),
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )


class _Server(uvicorn.Server):
    """uvicorn that says when it listens, and for which Ctrl-C and SIGTERM are an ordinary end."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


def listen_near(address: str, port: int, is_fixed: bool) -> list[socket.socket]:
    """Listen on the port, or on the next free one where it may move.

    Raises:
        ServerError: there is none.
    """
    for candidate in [port] if is_fixed or not port else range(port, min(port + MOST_PORTS, 65536)):
        try:
            return _listen(address, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise ServerError(f"Cannot listen on {address}: {error.strerror}.") from error
    if is_fixed:
        raise ServerError(
            f"Port {port} is taken or not allowed. Stop what uses it, or choose another: --port {port + 1}"
        )
    raise ServerError(f"No free port from {port} on. Choose another with --port.")


def _listen(address: str, port: int) -> list[socket.socket]:
    """One listening socket, and its twin on ::1 for loopback, so that "localhost" means us in every browser."""
    first = _socket(address, port)
    if address != "127.0.0.1":
        return [first]
    try:
        return [first, _socket("::1", first.getsockname()[1])]
    except OSError as error:
        if error.errno == errno.EADDRINUSE and port:
            first.close()
            raise
        return [first]  # a computer without IPv6


def _socket(address: str, port: int) -> socket.socket:
    """With the protocol named: only then does asyncio turn Nagle's algorithm off, which costs 40 ms a rerun."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        listener.bind((address, port))
        listener.listen(2048)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _base_path() -> str:
    path = (config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _first_html() -> str:
    """The one HTML file of Streamlit's frontend."""
    return (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")


def _greet(url: str, wants_browser: bool) -> None:
    _say(f"\n  Growth Ops: {url}\n  Stop it with Ctrl-C.\n")
    if wants_browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _say(text: str) -> None:
    print(text, flush=True)


def _leave() -> None:
    """End now: a page still at work must not hold up the end, and has nothing to lose (facts are read-only)."""
    deadline = time.monotonic() + SECONDS_TO_END / 2
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    for thread in others:
        thread.join(max(0.0, deadline - time.monotonic()) if not thread.daemon else 0)
    sys.stdout.flush()
    sys.stderr.flush()
    if any(thread.is_alive() for thread in others):
        os._exit(0)


def _log_script_error(error: Exception) -> None:
    """One line in the log: what, and where in our code."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(SCRIPT.parent)]
    ours = [frame for frame in inside if ".venv" not in frame.filename]
    place = ours[-1] if ours else frames[-1] if frames else None
    where = f" ({Path(place.filename).name}:{place.lineno} in {place.name})" if place else ""
    first = (str(error).splitlines() or [""])[0]
    LOG.error("A page failed: %s: %s%s", type(error).__name__, first, where)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    # One call of `st.navigation` and Streamlit leaves its old mode for good; until then the first deep link would say
    # "Page not found".
    told = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    told.disabled = True  # it would warn that no visitor is there, which is the point
    st.navigation([st.Page(lambda: None, title="Growth Ops", url_path="start")])
    told.disabled = False
    threading.Thread(target=warm.up, args=(asyncio.get_running_loop(),), name="warm", daemon=True).start()
    lookout.start()
    yield
