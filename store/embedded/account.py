"""The user that the server runs as: ourselves, or another one where we are root, whom PostgreSQL refuses."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from store.embedded.errors import ClosedFolder, NoServerAccount

ROOT = 0
# Nothing of ours is for the server: our environment has secrets, and PG* variables would change its settings.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """A user, and whether a process must be switched to it."""

    uid: int
    gid: int
    switched: bool

    def run(
        self, program: str | Path, *words: str | Path, stdin: str = "", pass_fds: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user and return what it said (stdout and stderr together). Raises OSError."""
        return subprocess.run(  # noqa: S603  the programs are those of the installation, the words our own
            [program, *words],
            input=stdin,
            pass_fds=pass_fds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
        )

    def may_enter(self, folder: Path) -> bool:
        return self.run("/bin/sh", "-c", 'test -x "$1"', "sh", folder).returncode == 0

    def make_private(self, folder: Path) -> None:
        """Make a folder that this user alone may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.switched:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)


def server_account(server_folder: Path) -> Account:
    """Ourselves; as root the owner of the server's folder, before it exists `postgres`, else `nobody`."""
    if os.geteuid() != ROOT:
        return Account(os.geteuid(), os.getegid(), switched=False)
    if server_folder.exists() and server_folder.stat().st_uid != ROOT:
        return Account(server_folder.stat().st_uid, server_folder.stat().st_gid, switched=True)
    return _service_account("postgres") or _service_account("nobody") or _no_account()


def check_open(account: Account, folder: Path) -> None:
    """Raises ClosedFolder with the first folder on the way that the server's user may not enter."""
    if not account.switched or account.may_enter(folder):
        return
    way = [*reversed(folder.parents), folder]
    closed = next((step for step in way if not account.may_enter(step)), folder)
    raise ClosedFolder(uid=account.uid, folder=closed)


def _service_account(name: str) -> Account | None:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(user.pw_uid, user.pw_gid, switched=True)


def _no_account() -> Account:
    raise NoServerAccount
