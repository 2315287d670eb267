"""The end of a run: the private servers, when nobody else uses them."""

import time

import psycopg

from config import servers
from config.environment import VAR_DIR

# A backend needs a moment to see that its client is gone.
PATIENCE_S = 2.0
PAUSE_S = 0.1


def stop_private_servers() -> str:
    """Stop them unless other programs are connected; returns a sentence that says so.

    Others are a test run or a shell in another terminal, which a server that goes away
    would break.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (others := _others()) and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    if others:
        return (
            "The private servers stay up: another program is connected."
            " `make stop` ends them."
        )
    servers.stop(var=VAR_DIR)
    return "All stopped."


def _others() -> int:
    try:
        return servers.others_connected(var=VAR_DIR)
    except psycopg.OperationalError:
        return 0
