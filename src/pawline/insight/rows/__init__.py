"""What rows of other systems mean, wherever they lie: columns by maps that are data, and our events of them."""

from pawline.insight.rows.meaning import AHEAD, AS_OF, Meaning, Standing, aware, counted, digest_of, is_to_come
from pawline.insight.rows.meant import (
    DAYS,
    FIELDS,
    MORE,
    NEEDED,
    Above,
    BadRow,
    Kind,
    Meant,
    check_clock,
    check_fields,
    check_meant,
    check_zone,
)  # fmt: skip

__all__ = [
    "AHEAD",
    "AS_OF",
    "DAYS",
    "FIELDS",
    "MORE",
    "NEEDED",
    "Above",
    "BadRow",
    "Kind",
    "Meaning",
    "Meant",
    "Standing",
    "aware",
    "check_clock",
    "check_fields",
    "check_meant",
    "check_zone",
    "counted",
    "digest_of",
    "is_to_come",
]
