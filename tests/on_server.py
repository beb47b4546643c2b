"""Runs a command with `DATABASE_URL` set to a server of its own: `python -m tests.on_server pytest tests/contract`."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from store.embedded.account import server_account
from store.embedded.binaries import wheel_folder
from store.embedded.membership import join


def run(command: Sequence[str]) -> int:
    """The command's exit code; the server has the bundled programs, so that it can differ from the system's."""
    with tempfile.TemporaryDirectory(prefix="alipay-bot-server-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        programs = next(wheel_folder(server_account(folder / "server"), folder / "programs"))
        server = join(folder, programs)
        try:
            return subprocess.run(command, env=os.environ | {"DATABASE_URL": server.dsn}, check=False).returncode
        finally:
            server.leave()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
