"""The steps of the auction house's article on paying with Alipay, and the two paths through them."""

from enum import StrEnum


class Step(StrEnum):
    """What the buyer does next; a test binds each step to its headings in `docs/faq.md`."""

    VERIFY_ACCOUNT = "verify_account"
    LOG_IN = "log_in"
    CHOOSE_ALIPAY = "choose_alipay"
    OPEN_PAYMENT = "open_payment"
    USE_ALIPAY = "use_alipay"
    PAY_IN_ALIPAY = "pay_in_alipay"
    COMPLETED = "completed"


class Path(StrEnum):
    """Which column of the article a buyer follows: paid with Alipay here before, or never."""

    RETURNING = "returning"
    FIRST_TIME = "first_time"


RETURNING = (
    Step.CHOOSE_ALIPAY,
    Step.OPEN_PAYMENT,
    Step.USE_ALIPAY,
    Step.PAY_IN_ALIPAY,
    Step.COMPLETED,
)
FIRST_TIME = (Step.VERIFY_ACCOUNT, Step.LOG_IN, *RETURNING)

STEPS = {Path.RETURNING: RETURNING, Path.FIRST_TIME: FIRST_TIME}


def position(path: Path, step: Step) -> tuple[int, int]:
    """Where `step` stands on `path`, as (n, m) of "step n of m"; ValueError for a step that the path has not."""
    steps = STEPS[path]
    return steps.index(step) + 1, len(steps)
