"""The count of orders that are gone at the auction house."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count them without reading every journey."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse, as all before it."""
    raise RuntimeError("Releases go forward only; restore a backup instead.")
