"""Warm before the first visitor: modules imported, the first page opened once, garbage collected by the clock."""

import asyncio
import gc
import importlib
import logging
import pkgutil

from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import SessionClient

from lib import arenas

LOG = logging.getLogger("growthops")
SECONDS_TO_WARM = 300

# Imported by the first page anyway; asked for ahead of the first visitor, and kept out of garbage collection.
WARM = ("pyarrow", "polars", "altair", "deltalake", "lib.store.annotations", "lib.store.definitions")
WARM_PARTS = ("lib.answers", "lib.charts", "lib.ui")


def up(loop: asyncio.AbstractEventLoop) -> None:
    """Import what pages need, open the first page once, and take all that out of garbage collection; then keep small.

    Streamlit collects garbage after every run of a page; looking through all modules costs more than most pages do.
    """
    try:
        try:
            for name in (*WARM, *(module for part in WARM_PARTS for module in _modules(part))):
                importlib.import_module(name)
        finally:
            arenas.end_imports()
        asyncio.run_coroutine_threadsafe(_visit(), loop).result(SECONDS_TO_WARM)
    except Exception as error:
        LOG.warning("The first page could not be prepared: %s", error)
    gc.collect()
    gc.freeze()
    arenas.keep_small()


def _modules(package: str) -> list[str]:
    found = importlib.import_module(package)
    return [module.name for module in pkgutil.iter_modules(found.__path__, f"{package}.")]


class _Nobody(SessionClient):
    """A visitor without a browser: waits until the page is complete."""

    def __init__(self) -> None:
        self.done = asyncio.Event()

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        ends = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)
        if msg.WhichOneof("type") == "script_finished" and msg.script_finished in ends:
            self.done.set()


async def _visit() -> None:
    """Open the first page as a browser would, so that its answer is there when somebody comes."""
    nobody, host = _Nobody(), runtime.get_instance()
    session = host.connect_session(nobody, user_info={})
    try:
        ask = BackMsg()
        ask.rerun_script.query_string = ""
        host.handle_backmsg(session, ask)
        await nobody.done.wait()
    finally:
        host.close_session(session)
