"""What a server says over its socket; files that a killed one left behind say nothing here."""

import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

# postgresql.org/docs/current/protocol-message-formats.html: StartupMessage, ReadyForQuery, Terminate
PROTOCOL_VERSION = 3 << 16
READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"
TERMINATE = b"X\x00\x00\x00\x04"
ANSWER_SECONDS = 5.0


def takes_queries(path: Path, user: str, database: str) -> bool:
    """Log in once: False while the server starts, recovers, shuts down or is not there."""
    words = f"user\0{user}\0database\0{database}\0\0".encode()
    with contextlib.suppress(OSError), _connected(path) as connection:
        connection.sendall(struct.pack("!ii", len(words) + 8, PROTOCOL_VERSION) + words)
        answer = b""
        while not answer.endswith(READY_FOR_QUERY):
            chunk = connection.recv(4096)
            if not chunk:
                return False
            answer += chunk
        connection.sendall(TERMINATE)
        return True
    return False


def postmaster_pid(path: Path) -> int | None:
    """The process that listens, says the kernel. None where nobody does, or not in our process namespace."""
    with contextlib.suppress(OSError), _connected(path) as connection:
        if sys.platform == "darwin":
            sol_local, local_peerpid = 0, 2
            return connection.getsockopt(sol_local, local_peerpid) or None
        pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(pid) or None
    return None


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(path))
        yield connection
