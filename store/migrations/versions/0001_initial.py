"""The first schema."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse: the first schema holds the money's history."""
    raise RuntimeError("The first schema is never taken back; restore a backup instead.")
