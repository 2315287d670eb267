"""`python -m config.processes setup|run|demo|stop|clean`, behind the Makefile."""

import argparse
import sys

from config import servers
from config.processes.runner import clean, run, stop
from config.processes.steps import StepFailed, prepare


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.processes")
    parser.add_argument("action", choices=["setup", "run", "demo", "stop", "clean"])
    action = parser.parse_args().action
    if action in {"run", "demo"}:
        return run(fill=action == "demo")
    try:
        {"setup": prepare, "stop": stop, "clean": clean}[action]()
    except (StepFailed, servers.ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
