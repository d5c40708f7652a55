"""Waiting for what must become true - always with a deadline, never in hope."""

import os
import time

DEADLINE = float(os.environ.get("PLUME_TEST_DEADLINE", "20"))  # seconds
LOOK_AGAIN = 0.01


def until(condition, what, deadline=DEADLINE):
    """Returns the first true value of condition(); what: a text or a function that makes one."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what() if callable(what) else what}")
        time.sleep(LOOK_AGAIN)
