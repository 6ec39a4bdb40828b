"""The ops of scipy.special. Importing this package imports SciPy; ``ad.dispatch`` does so when it must.

Entries are as in ``ad.table.elementwise``. SciPy's own functions stand in the slopes: where one of them has lost
digits, so has the slope, and the entry's note says where. Functions that are no ufuncs (softmax, logsumexp, polygamma)
do not take part in NumPy's protocols and so cannot be entries: they have namesakes in ``ad.scipy.special``.
"""

from ad.table.special import bessel as bessel
from ad.table.special import distributions as distributions
from ad.table.special import elliptic as elliptic
from ad.table.special import error as error
from ad.table.special import gamma as gamma
from ad.table.special import hypergeometric as hypergeometric
from ad.table.special import incomplete as incomplete
from ad.table.special import integrals as integrals
from ad.table.special import logistic as logistic
from ad.table.special import transforms as transforms
from ad.table.special.declaring import DEFINITIONS as DEFINITIONS
from ad.table.special.declaring import ENTRIES as ENTRIES
