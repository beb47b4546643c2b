"""Chats that open again."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember what a closed chat has to be told, and when its person was last heard of."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse, as all before it."""
    raise RuntimeError("What closed chats still have to be told would be lost; restore a backup instead.")
