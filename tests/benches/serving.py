"""`python -m tests.benches --serving`: what a rerun costs, `growthops run` against plain `streamlit run` in one run.

A raw websocket client does what a browser would, on the same computer. CPU is the server process's own (Linux).
"""

import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lib.demo.workspace import make_company
from tests.visitor import OURS, PLAIN, ROOT, Server, Visitor, elements

FOLDER = Path(".bench")
EMPTY = "import altair, deltalake, polars, pyarrow, streamlit as st\nst.write('here')\n"
OURS_EMPTY = (
    sys.executable, "-c",
    "import sys; from pathlib import Path; from lib.server import serve;"
    "serve(int(sys.argv[2]), is_port_fixed=True, open_browser=False, script=Path(sys.argv[1]))",
)  # fmt: skip
NAMES = ("growthops run", "streamlit run")
STARTS, RERUNS, ROUNDS = 3, 20, 3
PAGE = "onboarding"  # the page measured; an empty script has no such page, and shows itself
THINK = (2.0, 8.0)
WINDOWS = 8
SAMPLE_SECONDS = 1.0


def main(clients: Sequence[int] = (10, 50), seconds: float = 30) -> None:
    """Print every figure for both servers, with the target where there is one."""
    demo = FOLDER / "demo"
    if not (demo / "warehouse" / "stamp.json").exists():
        print("Making the demo company …", flush=True)
        make_company(demo)
    print(f"\n{'':<46} {NAMES[0]:>14} {NAMES[1]:>14} {'ratio':>6}  target")
    _starts(demo.absolute())
    _reruns(demo.absolute())
    for count in clients:
        _crowd(demo.absolute(), count, seconds)


def _row(what: str, ours: float, plain: float, target: str = "", digits: int = 0) -> None:
    ratio = f"{plain / ours:.1f}×" if ours > 0 and plain > 0 else ""
    print(f"{what:<46} {ours:>14,.{digits}f} {plain:>14,.{digits}f} {ratio:>6}  {target}", flush=True)


@contextmanager
def _both(workspace: Path, commands: Sequence[Sequence[str]]) -> Iterator[list[Server]]:
    """Both servers at once, so that whatever else the computer does hits both."""
    logs = [FOLDER / f"serving-{number}.log" for number in range(len(commands))]
    with ExitStack() as stack:
        pairs = zip(commands, logs, strict=True)
        yield [stack.enter_context(Server(workspace, command, log=log)) for command, log in pairs]


def _starts(workspace: Path) -> None:
    """From starting the process to the port being open, and to the first page being complete."""
    found: list[list[tuple[float, ...]]] = [[], []]
    for _ in range(STARTS):
        for which, command in enumerate((OURS, PLAIN)):
            with Server(workspace, command, log=FOLDER / "serving.log") as server:
                opened = time.perf_counter() - server.began
                with Visitor(server.port, PAGE) as visitor:
                    _check(visitor.run())
                found[which].append((opened, time.perf_counter() - server.began, server.seconds()))
    ours, plain = ([statistics.median(column) for column in zip(*runs, strict=True)] for runs in found)
    _row("start → port open, s", ours[0], plain[0], digits=2)
    _row("start → first page complete, s", ours[1], plain[1], "≤ 5 (to the first chart, in a browser)", 2)
    _row("start → first page complete, CPU s", ours[2], plain[2], digits=2)


def _reruns(workspace: Path) -> None:
    """One visitor who never thinks: CPU and waiting time of a rerun."""
    empty = FOLDER / "empty" / "streamlit_app.py"
    empty.parent.mkdir(parents=True, exist_ok=True)
    empty.write_text(EMPTY, "utf-8")
    ours = (*OURS_EMPTY, str(empty.absolute()))
    plain = tuple(str(empty.absolute()) if part == "streamlit_app.py" else part for part in PLAIN)
    with _both(workspace, (ours, plain)) as servers:
        _measured("an empty page", servers, lambda visitor, _: visitor.run, "CPU ≤ 15")
    with _both(workspace, (OURS, PLAIN)) as servers:
        _measured("Onboarding, answer known", servers, lambda visitor, _: visitor.run, "CPU ≤ 20 (one chart)")
        _measured("Onboarding, a new question each time", servers, _new_questions)


def _new_questions(visitor: Visitor, first: list[ForwardMsg]) -> Callable[[], list[ForwardMsg]]:
    """Another window every time."""
    numbers = iter(range(100, 10_000))
    return lambda: _within(visitor, next(numbers))


def _within(visitor: Visitor, days: int) -> list[ForwardMsg]:
    """The funnel with another window; what is chosen is in the address."""
    visitor.goto(f"window={days}")
    return visitor.run()


def _measured(
    what: str,
    servers: Sequence[Server],
    prepare: Callable[[Visitor, list[ForwardMsg]], Callable[[], list[ForwardMsg]]],
    target: str = "",
) -> None:
    """Medians over rounds that take turns between the servers."""
    cpu: list[list[float]] = [[] for _ in servers]
    waits: list[list[float]] = [[] for _ in servers]
    with ExitStack() as stack:
        visitors = [stack.enter_context(Visitor(server.port, PAGE)) for server in servers]
        steps = [prepare(visitor, visitor.run()) for visitor in visitors]
        for server, step in zip(servers, steps, strict=True):
            for _ in range(5):
                _check(step())
            server.settle()
        for _ in range(ROUNDS):
            for which, server in enumerate(servers):
                before = server.seconds()
                times = [_timed(steps[which]) for _ in range(RERUNS)]
                cpu[which].append((server.seconds() - before) / RERUNS * 1000)
                waits[which] += times
    _row(f"{what}: CPU ms a rerun", *(statistics.median(each) for each in cpu), target)
    _row(f"{what}: wait ms, median", *(statistics.median(each) * 1000 for each in waits))
    _row(f"{what}: wait ms, p95", *(_p95(each) * 1000 for each in waits))


def _timed(step: Callable[[], list[ForwardMsg]]) -> float:
    began = time.perf_counter()
    messages = step()
    took = time.perf_counter() - began
    _check(messages)
    return took


def _check(messages: list[ForwardMsg]) -> None:
    wrong = elements(messages, "exception")
    if wrong:
        raise SystemExit(f"the page failed: {wrong[0]}")


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] if values else 0.0


def _crowd(workspace: Path, clients: int, seconds: float) -> None:
    """Many tabs that look a while, then change a filter. One server after the other: they share the cores."""
    found = []
    for command in (OURS, PLAIN):
        with Server(workspace, command, log=FOLDER / "serving.log") as server:
            found.append(_visited(server, clients, seconds))
    ours, plain = found
    who = f"{clients} people thinking {THINK[0]:.0f}–{THINK[1]:.0f} s"
    target = "≤ 250" if clients == 50 else ""
    _row(f"{who}: wait ms, median", ours["median"], plain["median"])
    _row(f"{who}: wait ms, p95", ours["p95"], plain["p95"], target)
    _row(f"{who}: CPU ms a rerun", ours["cpu"], plain["cpu"])
    _row(f"{who}: reruns", ours["reruns"], plain["reruns"])
    _row(f"{who}: failed", ours["failed"], plain["failed"], "0")
    _row("memory before anyone came, MB", ours["base"], plain["base"], "≤ 300")
    _row("memory per open tab, MB", ours["each"], plain["each"], "≤ 2", 1)
    _row("memory growth in the second half, MB/min", ours["slope"], plain["slope"], "≤ 1", 1)


def _visited(server: Server, clients: int, seconds: float) -> dict[str, float]:
    with Visitor(server.port, PAGE) as first:
        first.run()
        for number in range(WINDOWS):
            _within(first, number + 1)
        server.settle()
        base, waits, failed = server.megabytes(), [], []
        end = time.monotonic() + seconds
        args = (server.port, end, waits, failed)
        threads = [threading.Thread(target=_person, args=(number, *args)) for number in range(clients)]
        before = server.seconds()
        for thread in threads:
            thread.start()
        sizes = []
        while time.monotonic() < end:
            time.sleep(SAMPLE_SECONDS)
            sizes.append(server.megabytes())
        for thread in threads:
            thread.join()
    half, waits = sizes[len(sizes) // 2 :], waits or [float("nan")]
    return {
        "median": statistics.median(waits) * 1000, "p95": _p95(waits) * 1000, "reruns": len(waits),
        "failed": len(failed), "cpu": (server.seconds() - before) / (len(waits) + clients) * 1000, "base": base,
        "each": (max(sizes) - base) / clients,
        "slope": statistics.linear_regression(range(len(half)), half).slope * 60 / SAMPLE_SECONDS,
    }  # fmt: skip


def _person(number: int, port: int, end: float, waits: list[float], failed: list[str]) -> None:
    """Comes at a moment of their own; the first page is not counted, it is no rerun."""
    chance = random.Random(number)
    time.sleep(chance.uniform(0, THINK[1]))
    try:
        with Visitor(port, PAGE) as visitor:
            visitor.run()
            while time.monotonic() < end:
                time.sleep(chance.uniform(*THINK))
                days = chance.randint(1, WINDOWS)
                waits.append(_timed(lambda days=days: _within(visitor, days)))
    except (Exception, SystemExit) as error:
        failed.append(str(error))


if __name__ == "__main__":
    if Path.cwd() != ROOT:
        raise SystemExit(f"run it in {ROOT}")
    main()
