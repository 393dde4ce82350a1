"""A real server in a process of its own, and a visitor without a browser who speaks Streamlit's protocol to it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
OURS = (sys.executable, "-m", "lib", "run", "--headless", "--port")
PLAIN = (
    sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true", "--server.port",
)  # fmt: skip
ENDS = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR}


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`with Server(workspace) as server:` starts it and waits until it answers; what it printed is in `output`."""

    def __init__(
        self, workspace: Path, command: Sequence[str] = OURS, *, log: Path, cwd: Path = ROOT,
        env: Mapping[str, str] | None = None, health: str = "/_stcore/health",
    ) -> None:  # fmt: skip
        self.port, self._log, self._out = free_port(), log, log.open("wb")
        self._health = health
        told = {**os.environ, "GROWTHOPS_WORKSPACE": str(workspace), "PYTHONUNBUFFERED": "1", **(env or {})}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, str(self.port)], cwd=cwd, env=told, stdout=self._out, stderr=subprocess.STDOUT
        )

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the server, by force if it does not go."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._out.close()

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        return self._log.read_text("utf-8", "replace")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.is_alive, f"the server died:\n{self.output}"
            try:
                if self.get(self._health).status == 200:
                    return
            except OSError:
                time.sleep(0.02)  # nobody listens yet
        raise AssertionError(f"the server does not answer:\n{self.output}")

    def get(self, target: str, **headers: str) -> http.client.HTTPResponse:
        """The response to a GET. The target goes out as it is, however odd."""
        sent = {"Host": f"localhost:{self.port}", "Connection": "close"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1"))

    def raw(self, request: bytes) -> http.client.HTTPResponse:
        """The response to exactly these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(request)
            response = http.client.HTTPResponse(line)
            response.begin()
            response.read()
            return response

    def seconds(self) -> float:
        """CPU seconds the process has used (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, seconds: float = 60) -> None:
        """Wait until the process rests: what it does ahead of visitors is done (Linux)."""
        deadline, before = time.monotonic() + seconds, -1.0
        while time.monotonic() < deadline and self.seconds() - before > 0.05:
            before = self.seconds()
            time.sleep(1)

    def megabytes(self) -> float:
        """Memory the process holds right now (Linux)."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


class Visitor:
    """One open tab. `run` reruns the page and waits until it is complete."""

    def __init__(self, port: int, page: str = "", query: str = "", origin: str | None = None) -> None:
        self._page, self._query, self._hash = page, query, ""
        self._kept: dict[str, ForwardMsg] = {}
        self._line = connect(
            f"ws://localhost:{port}/_stcore/stream", subprotocols=[Subprotocol("streamlit")],
            origin=Origin(origin or f"http://localhost:{port}"), compression=None, max_size=None, proxy=None,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self.socket: ClientConnection = self._line.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._line.__exit__(kind, error, at)

    def run(self, widgets: Sequence[WidgetState] = (), seconds: float = 180) -> list[ForwardMsg]:
        """Rerun the page; returns the messages of the run that ended well."""
        self.ask(widgets)
        return self._read(time.monotonic() + seconds)

    def goto(self, query: str) -> None:
        """Have the address say something else from the next run on, as a link or Back would."""
        self._query = query

    def ask(self, widgets: Sequence[WidgetState] = ()) -> None:
        """Ask for a rerun, and do not wait."""
        back = BackMsg()
        state = back.rerun_script
        state.query_string = self._query
        if self._hash:
            state.page_script_hash = self._hash
            state.cached_message_hashes.extend(self._kept)
        else:
            state.page_name = self._page
        state.widget_states.widgets.extend(widgets)
        self.socket.send(back.SerializeToString())

    def _read(self, deadline: float) -> list[ForwardMsg]:
        found: list[ForwardMsg] = []
        while True:
            data = self.socket.recv(timeout=max(0.01, deadline - time.monotonic()))
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                message = self._kept[message.ref_hash]
            elif message.metadata.cacheable:
                self._kept[message.hash] = message
            if kind == "navigation":  # which page it is; a new session names the entry script until the router has run
                self._hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            found.append(message)
            if kind == "script_finished" and message.script_finished in ENDS:
                return found


def elements(messages: Sequence[ForwardMsg], kind: str) -> list[Any]:
    """The elements of one kind among the messages: `metric`, `alert`, `exception`, …"""
    new = [message.delta.new_element for message in messages if message.delta.WhichOneof("type") == "new_element"]
    return [getattr(element, kind) for element in new if element.WhichOneof("type") == kind]


def widget(messages: Sequence[ForwardMsg], kind: str, key: str) -> str:
    """The id of the widget with this key, which is what its state is sent under."""
    ids = [element.id for element in elements(messages, kind)]
    return next(found for found in ids if found.endswith(f"-{key}"))
