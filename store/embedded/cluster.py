"""Making a cluster and launching its server, with PostgreSQL's own programs."""

import os
import shlex
import shutil
from subprocess import CompletedProcess

from store.embedded.account import Account
from store.embedded.binaries import Binaries
from store.embedded.errors import InitdbFailed
from store.embedded.places import PORT, SOCKET_NAME, Places

DATABASE = "alipay_bot"
USER = "postgres"
INITDB_OPTIONS = (
    f"--username={USER}",
    "--encoding=UTF8",
    "--locale=C",
    # The socket's folder is the gate: nobody but the server's user and root may enter it.
    "--auth-local=trust",
    "--auth-host=reject",
    "--data-checksums",
)
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 100,
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and failing rows hold what buyers wrote and payment links: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def make_cluster(binaries: Binaries, account: Account, places: Places) -> None:
    """Make the cluster with its database under another name, so that it is either whole or not there.

    Raises InitdbFailed.
    """
    new = places.new_cluster
    shutil.rmtree(new, ignore_errors=True)
    try:
        _check(places, account.run(binaries.path("initdb"), "-D", new, *INITDB_OPTIONS))
        single_user = ("--single", "-D", new, "-c", "exit_on_error=on", USER)
        _check(places, account.run(binaries.path("postgres"), *single_user, stdin=f"CREATE DATABASE {DATABASE}\n"))
        new.rename(places.cluster)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _sync_names(places)


def launch(binaries: Binaries, account: Account, places: Places, fence: int) -> str:
    """Start the server, which inherits the fence, and return what `pg_ctl` says; it gets ready, or ends, later.

    The caller holds the fence, so whatever an earlier server left behind is stale.
    """
    lock_of_socket = places.socket.with_name(f"{SOCKET_NAME}.lock")
    for stale in (places.cluster / "postmaster.pid", places.socket, lock_of_socket):
        stale.unlink(missing_ok=True)
    settings = {**SETTINGS, "unix_socket_directories": places.socket_folder}
    options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    # pg_ctl leaves the server in a session of its own, as nobody's child: it outlives us, and no Ctrl-C hits it.
    words = ("start", "--no-wait", "-D", places.cluster, "-l", places.log, "-o", options)
    return account.run(binaries.path("pg_ctl"), *words, pass_fds=[fence]).stdout


def log_tail(places: Places, length: int = 2000) -> str:
    """The end of the server's log, as far as it can be read."""
    try:
        return places.log.read_bytes()[-length:].decode(errors="replace").strip()
    except OSError as error:
        return f"(no log: {error.strerror})"


def _check(places: Places, answer: CompletedProcess[str]) -> None:
    if answer.returncode != 0:
        raise InitdbFailed(folder=places.server, output=answer.stdout.strip()[-1000:])


def _sync_names(places: Places) -> None:
    """The programs sync what they wrote; the new name is ours to sync."""
    descriptor = os.open(places.server, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
