"""One event loop in a thread of its own, for everything in a test that must answer by itself."""

import asyncio
import threading

from .wait import DEADLINE

_lock = threading.Lock()
_loop = None


def loop():
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="background", daemon=True).start()
        return _loop


def run(coroutine, deadline=DEADLINE):
    """Runs the coroutine over there and returns its result here."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop()).result(deadline)


def call(function, *args):
    """Calls an ordinary function over there and returns its result here."""

    async def coroutine():
        return function(*args)

    return run(coroutine())
