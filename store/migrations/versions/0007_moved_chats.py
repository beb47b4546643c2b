"""The groups that go by another id."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember where a group's messages go once it became a supergroup."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse, as all before it."""
    raise RuntimeError("Messages for a group that moved would be lost; restore a backup instead.")
