"""When each buyer's orders were looked at, every outcome event, and what keeps the tables small."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep a record of each outcome event, those that wait included, and let old rows be found quickly."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse, as all before it."""
    raise RuntimeError("What was told to the auction house would be forgotten; restore a backup instead.")
