"""The urgency of work, and the pace of messages."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let lines know what is urgent, and how fast a chat and all chats may be written to."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse, as all before it."""
    raise RuntimeError("What waits has an order that the former schema cannot keep; restore a backup instead.")
