"""Digests, and every attempt to bring something to a chat."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the digests, widen the delivery log, and find the facts about an order, charge or refund."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Refuse: the new release's rows mean nothing to the old one."""
    raise RuntimeError("The delivery log is not taken back; restore a backup instead.")
