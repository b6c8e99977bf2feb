"""Where the engine and its peers may differ, each class with its reason."""

from tests.concordance.comparison import Difference

FROM_CSQ_DATA: tuple[Difference, ...] = ()
FROM_CSQ: tuple[Difference, ...] = ()
FROM_SNPEFF: tuple[Difference, ...] = ()
