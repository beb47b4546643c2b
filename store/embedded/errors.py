"""What can keep the embedded PostgreSQL from running.

EmbeddedServerError
├── PlatformNotSupported   another system, or a server of your own
├── NoBinaries             install PostgreSQL
├── NoServerAccount        run as another user
├── DataFolderUnusable     correct the folder: disk, permissions
│   ├── ForeignDataFolder
│   ├── ClosedFolder
│   └── UnsafeSocketFolder
├── OtherMajorVersion      install that version
├── InitdbFailed           read what the program says
├── ServerDidNotStart      read the log
└── ServerDidNotStop       wait
"""

import inspect

from service.errors import AssistantError


class EmbeddedServerError(AssistantError):
    """The embedded PostgreSQL cannot be used. Set DATABASE_URL to use a server of your own."""

    def __init__(self, **facts: object) -> None:
        text = " ".join(inspect.cleandoc(type(self).__doc__ or "").split())
        Exception.__init__(self, text.format(**facts))
        self.detail = ""


class PlatformNotSupported(EmbeddedServerError):
    """There is no embedded PostgreSQL for {platform}. Set DATABASE_URL to a PostgreSQL 14 or newer; on
    Linux without glibc (Alpine), installing PostgreSQL from the system's packages is enough."""


class NoBinaries(EmbeddedServerError):
    """No PostgreSQL 14 or newer that runs here was found (looked in: {places}). Install PostgreSQL from
    your system's packages, name the folder of its programs initdb, pg_ctl and postgres, or set
    DATABASE_URL."""


class NoServerAccount(EmbeddedServerError):
    """PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor `nobody` to run
    it as. Start as an ordinary user, create the user `postgres`, or set DATABASE_URL."""


class DataFolderUnusable(EmbeddedServerError):
    """The data folder {folder} cannot be used: {reason}. Free disk space or correct its permissions, choose
    another ALIPAY_BOT_DATA_DIR, or set DATABASE_URL."""


class ForeignDataFolder(DataFolderUnusable):
    """The folder {folder} belongs to the user with id {owner}, and this process runs as {uid}. Start as
    that user, choose another ALIPAY_BOT_DATA_DIR, or set DATABASE_URL."""


class ClosedFolder(DataFolderUnusable):
    """PostgreSQL refuses to run as root, so it runs as the user with id {uid}, who may not enter {folder}.
    Choose an ALIPAY_BOT_DATA_DIR such as /var/lib/alipay-bot, start as an ordinary user, or set
    DATABASE_URL."""


class UnsafeSocketFolder(DataFolderUnusable):
    """The path of the data folder does not fit a socket address, and the folder {folder} that stands in for
    it does not belong to the user with id {uid} alone. Remove it, choose a shorter ALIPAY_BOT_DATA_DIR, or
    set DATABASE_URL."""


class OtherMajorVersion(EmbeddedServerError):
    """The data in {folder} was made by PostgreSQL {made_by}, but only version {found} is at hand. Install
    PostgreSQL {made_by} beside it, or move the data with pg_dump and choose another ALIPAY_BOT_DATA_DIR."""


class InitdbFailed(EmbeddedServerError):
    """A new database could not be made in {folder}. Free disk space, correct the permissions, or set
    DATABASE_URL. The program said: {output}"""


class ServerDidNotStart(EmbeddedServerError):
    """The database server in {folder} is not ready ({reason}). After a crash it may still be recovering:
    then start again. Otherwise read {log}, or set DATABASE_URL. The log ends: {tail}"""


class ServerDidNotStop(EmbeddedServerError):
    """The database server in {folder} is still shutting down after {seconds} s. Nothing is lost: the next
    start waits for it."""
