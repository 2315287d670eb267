"""Where the private servers live: their folder, their account, their addresses."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

HOST = "127.0.0.1"
SECRET_BYTES = 32
LOG_TAIL_LINES = 8
# Temporary places every account can reach, the one that survives a reboot first.
SHARED_PLACES = (Path("/var/tmp"), Path("/tmp"))


class ServerError(Exception):
    """A private server cannot be run; the message says why and what to do."""


@dataclass(frozen=True)
class Address:
    """Port and password of one private server; `template` makes its URL."""

    template: str
    port: int
    password: str

    @classmethod
    def from_url(cls, url: str, *, template: str) -> "Address":
        parts = urlsplit(url)
        if not parts.port or not parts.password:
            raise ServerError(f"{PRIVATE_ENV} is damaged. `make clean` starts afresh.")
        return cls(template, parts.port, parts.password)

    @classmethod
    def new(cls, *, template: str) -> "Address":
        return cls(template, free_port(), secrets.token_urlsafe(SECRET_BYTES))

    @property
    def url(self) -> str:
        return self.template.format(
            password=self.password, netloc=f"{HOST}:{self.port}"
        )

    def with_usable_port(self) -> "Address":
        """The same address, on another port when something else has taken this one."""
        return self if is_free(self.port) else replace(self, port=free_port())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port whose last connections still linger can be taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


# ------------------------------------------------------------------ private.env
PRIVATE_ENV = "var/private.env"
HEADER = (
    "# Written by `python -m config.servers start`; the environment wins over it.\n"
)


def read_private_env(var: Path) -> dict[str, str]:
    """KEY=value lines of private.env; empty when there is none."""
    try:
        lines = (var / "private.env").read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    return {key: value for key, value in pairs}


def write_private_env(var: Path, values: Mapping[str, str]) -> None:
    """Replace private.env as a whole, readable by its owner only."""
    body = HEADER + "".join(f"{key}={value}\n" for key, value in values.items())
    draft = var / "private.env.new"
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(body)
    draft.replace(var / "private.env")


@contextmanager
def locked(var: Path) -> Iterator[None]:
    """One starter or stopper at a time; the lock goes with the process that holds it."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "servers.lock").open("a")
    except PermissionError:
        raise ServerError(
            f"{var} cannot be written by {pwd.getpwuid(os.geteuid()).pw_name}."
            " Run this as the account that made it, or remove it."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ------------------------------------------------------------------ folder, account
@dataclass(frozen=True)
class Home:
    """The folder of the data, and the account the servers run as (None: our own).

    PostgreSQL refuses to run as root. So root's servers run as an account without
    rights; no account is made and no parent folder is opened for that. Where the account
    cannot reach `var`, as below a closed /root, the data lies in a shared place.
    """

    var: Path
    path: Path
    account: pwd.struct_passwd | None

    @property
    def is_outside(self) -> bool:
        return self.path != self.var

    def make(self) -> None:
        """Make the folder where it is missing. Raises ServerError for a stranger's."""
        self.path.mkdir(mode=0o755, exist_ok=True)
        if self.is_outside:
            self.refuse_strangers()
            self.path.chmod(0o755)

    def refuse_strangers(self) -> None:
        # Anyone may write in a shared place: a link or a folder laid there beforehand by
        # another account would give it our data.
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ServerError(
                f"{self.path} belongs to somebody else. Remove it and try again."
            )

    def folder(self, name: str) -> Path:
        """A folder of the servers' account that nobody else can read."""
        path = self.path / name
        path.mkdir(mode=0o700, exist_ok=True)
        self.hand_over(path)
        return path

    def hand_over(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only the servers' account can read."""
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        self.hand_over(path)

    def log(self, name: str) -> Path:
        folder = self.path / "log"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.log"
        path.touch()
        self.hand_over(path)
        return path

    def run(self, command: Sequence[str | Path], *, log: Path) -> bool:
        """Run a server's tool as its account, output to `log`; whether it succeeded."""
        drop: dict[str, object] = {}
        if self.account:
            drop = {
                "user": self.account.pw_uid,
                "group": self.account.pw_gid,
                "extra_groups": [],
            }
        with log.open("a") as output:
            # A bare environment: PGPORT and its like would lead the tools elsewhere.
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                start_new_session=True,
                check=False,
                **drop,  # type: ignore[call-overload]
            )
        return bool(done.returncode == 0)

    def runtime(self, *folders: Path) -> Path:
        """The parent folder to run programs from, given folders that belong together.

        For root a copy beside the data, since the account may not reach the packages.
        """
        if not self.account:
            return folders[0].parent
        name = f"{folders[0].name}-{_fingerprint(folders[0])}"
        target = self.path / "runtime" / name
        if not target.exists():
            draft = target.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            for older in target.parent.glob(f"{folders[0].name}-*"):
                shutil.rmtree(older, ignore_errors=True)
            for folder in folders:
                shutil.copytree(folder, draft / folder.name, symlinks=True)
            _make_readable(draft)
            draft.rename(target)
        return target


def open_home(var: Path) -> Home:
    """The home that belongs to a `var` folder; makes nothing."""
    var = var.resolve()
    account = _account() if os.geteuid() == 0 else None
    if account is None or _reachable(var):
        return Home(var, var, account)
    return Home(var, _shared_path(var), account)


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise ServerError(
            "PostgreSQL refuses to run as root, and this machine has no account `nobody`"
            " to run it as. Run this as another user, or set DATABASE_URL, REDIS_URL and"
            " CACHE_URL."
        ) from None


def _reachable(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _shared_path(var: Path) -> Path:
    place = next(place for place in SHARED_PLACES if place.is_dir())
    return place / f"soko-{hashlib.sha256(os.fsencode(var)).hexdigest()[:12]}"


def _fingerprint(folder: Path) -> str:
    facts = [
        f"{file.relative_to(folder)} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


def _make_readable(folder: Path) -> None:
    """Read and search for everybody: the packages may have been unpacked closed."""
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)


def last_lines(log: Path) -> str:
    """The end of a log, for a message."""
    lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    return "\n".join(f"    {line}" for line in lines)
