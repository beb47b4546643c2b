"""Reminders before the deadline of a won item, and what each buyer wants to be told when."""

from pathlib import Path

from alembic import op

from store.migrate import run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables, and have every item that waits for its payment planned for."""
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Forget what was chosen, and remind of nothing any more."""
    op.execute("delete from work where kind in ('Remind', 'ShowReminder', 'ShowSettings')")
    op.execute("drop table reminder, preference")
