"""A look at the alerts after each load while the dashboard is served, so that one who comes finds it done.

It works out what the first page shows, too: the first visitor after a load waits for nothing.
"""

import logging
import threading

from lib import queries
from lib.errors import GrowthOpsError
from lib.pulse.alerts import Alert
from lib.queries import pulse

LOG = logging.getLogger("growthops")
EVERY_SECONDS = 30.0


def start(stop: threading.Event | None = None, every: float = EVERY_SECONDS) -> threading.Thread:
    """Look every so many seconds, in the background, until `stop` is set."""
    ended = stop or threading.Event()

    def run() -> None:
        seen = ""
        while not ended.wait(every):
            seen = look(seen)[0]

    thread = threading.Thread(target=run, name="lookout", daemon=True)
    thread.start()
    return thread


def look(seen: str) -> tuple[str, tuple[Alert, ...]]:
    """Evaluate the alerts unless this load was seen already; returns which load it is, and the alerts that fired.

    What goes wrong is a line in the log, and looked at again with the next load: the page itself says it to people.
    """
    found: tuple[Alert, ...] = ()
    try:
        with queries.steady():
            load = queries.mark(queries.workspace())
            if load == seen or queries.loaded().isdisjoint(("events", "subscriptions")):
                return load, ()
            found = tuple(one for one in pulse.read_alerts() if one.state != "fine")
            about = pulse.around()
            pulse.read_tiles(pulse.board(pulse.kept()), about)
            pulse.read_moves(about)
    except (GrowthOpsError, OSError) as error:
        LOG.warning("The alerts could not be looked at: %s", error)
        return seen, ()
    for one in found:
        LOG.warning("Alert %s: %s. %s", one.state, one.name, one.said)
    return load, found
