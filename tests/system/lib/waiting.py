"""Waiting for what should become true: the one place where the tests sleep."""

import os
import time

# Sanitizers and slow machines stretch every deadline, never what is asked for.
SLOWNESS = float(os.environ.get("MAILSTORED_TEST_SLOWNESS", "1"))


def deadline_s(seconds):
    return seconds * SLOWNESS


def await_condition(what, condition, within_s=10, every_s=0.01):
    """Returns the first true value of condition(); fails with `what` when the deadline passes.

    Use it for things that have no descriptor to wait on: files, log lines, what is served.
    """
    end = time.monotonic() + deadline_s(within_s)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline_s(within_s):g} s: {what}")
        time.sleep(every_s)
