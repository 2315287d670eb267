"""`python -m config.servers start|stop|status|remove`."""

import argparse
import json
import sys
from dataclasses import asdict

from config import servers
from config.environment import VAR_DIR


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return _run(arguments.action, as_json=arguments.json)
    except servers.ServerError as error:
        print(error, file=sys.stderr)
        return 1


def _run(action: str, *, as_json: bool) -> int:
    if action == "start":
        started = servers.start(var=VAR_DIR)
        print(_sentence("Started", started, "The servers are already up."))
    elif action == "stop":
        stopped = servers.stop(var=VAR_DIR)
        print(_sentence("Stopped", stopped, "No private server is running."))
    elif action == "remove":
        servers.remove(var=VAR_DIR)
        print(f"Removed {VAR_DIR}.")
    else:
        return _show(as_json=as_json)
    return 0


def _show(*, as_json: bool) -> int:
    """0 when every private server is up, as programs like to know."""
    states = servers.status(var=VAR_DIR)
    if as_json:
        print(json.dumps([asdict(state) for state in states], indent=2))
    else:
        for state in states:
            print(f"{state.name:<10}{_words(state)}")
    return 0 if all(state.is_up or not state.is_private for state in states) else 1


def _words(state: servers.ServerState) -> str:
    if not state.is_private:
        return f"given by {state.variable}"
    if not state.is_up or not state.url:
        return "stopped"
    return f"up at {state.url.rpartition('@')[2]}"


def _sentence(verb: str, names: list[str], otherwise: str) -> str:
    return f"{verb} {', '.join(names)}." if names else otherwise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m config.servers",
        description="The private PostgreSQL and Redis below var/.",
    )
    parser.add_argument("action", choices=["start", "stop", "status", "remove"])
    parser.add_argument(
        "--json", action="store_true", help="status for programs, passwords included"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
