"""Joining a data folder's server, which starts it where none lives; leaving it, which stops it after the last."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from store.embedded.account import Account, check_open, server_account
from store.embedded.binaries import Binaries, binary_folders, choose_binaries
from store.embedded.cluster import DATABASE, USER, launch, log_tail, make_cluster
from store.embedded.errors import DataFolderUnusable, ServerDidNotStart, ServerDidNotStop
from store.embedded.locks import exclusively, lock_file, share, try_exclusive, unshare
from store.embedded.places import PORT, Places, make_folder, open_folders, remove_socket_folder
from store.embedded.probe import postmaster_pid, takes_queries

START_SECONDS = 60
STOP_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.01


@dataclass(frozen=True)
class Membership:
    """This process's share in the server: a shared lock on the file `users`."""

    places: Places
    lock: int

    @property
    def dsn(self) -> str:
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.places.socket_folder))}&port={PORT}"

    def leave(self) -> None:
        """Give the share up, and stop the server if it was the last. Raises ServerDidNotStop."""
        with exclusively(self.places.gate):
            try:
                if try_exclusive(self.lock):
                    _stop(self.places)
            finally:
                unshare(self.lock)


def join(data_dir: Path, bin_dir: Path | None) -> Membership:
    """Use the server of `data_dir`, starting it if need be. Blocks; raises EmbeddedServerError."""
    places = Places(data_dir.resolve() / "postgres")
    try:
        make_folder(places)
        with exclusively(places.gate):
            account = server_account(places.server)
            open_folders(places, account)
            return _enter(places, account, bin_dir)
    except OSError as error:
        raise DataFolderUnusable(folder=data_dir, reason=error) from error


def _enter(places: Places, account: Account, bin_dir: Path | None) -> Membership:
    membership = Membership(places, share(places.users))
    try:
        _ensure_server(places, account, bin_dir)
    except BaseException:
        unshare(membership.lock)
        raise
    return membership


def _ensure_server(places: Places, account: Account, bin_dir: Path | None) -> None:
    """Wait for the server that lives to be ready, or launch one as soon as none lives."""
    deadline = time.monotonic() + START_SECONDS
    said: str | None = None
    while time.monotonic() < deadline:
        with lock_file(places.fence) as fence:
            if try_exclusive(fence):
                if said is not None:
                    raise _not_started(places, f"it ended at once; {said.strip()}")
                said = launch(_prepare(places, account, bin_dir), account, places, fence)
        if takes_queries(places.socket, USER, DATABASE):
            return
        time.sleep(LOOK_AGAIN_SECONDS)
    raise _not_started(places, f"waited {START_SECONDS} s")


def _prepare(places: Places, account: Account, bin_dir: Path | None) -> Binaries:
    check_open(account, places.server)
    folders = binary_folders(bin_dir, account, places.binaries)
    binaries = choose_binaries(folders, account, places.cluster)
    if not places.cluster.exists():
        make_cluster(binaries, account, places)
    return binaries


def _stop(places: Places) -> None:
    pid = postmaster_pid(places.socket)
    if pid is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
    _wait_until_gone(places)
    remove_socket_folder(places)


def _wait_until_gone(places: Places) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        with lock_file(places.fence) as fence:
            if try_exclusive(fence):
                return
        time.sleep(LOOK_AGAIN_SECONDS)
    raise ServerDidNotStop(folder=places.server, seconds=STOP_SECONDS)


def _not_started(places: Places, reason: str) -> ServerDidNotStart:
    return ServerDidNotStart(folder=places.server, reason=reason, log=places.log, tail=log_tail(places))
