"""The books of every charge and refund, and what the rules about money need."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the books, enter what moved before, and let the database refuse what cannot be."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse: the books are never closed."""
    raise RuntimeError("The books are never taken back; restore a backup instead.")
