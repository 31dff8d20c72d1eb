# SPDX-License-Identifier: Apache-2.0
"""What benches beside peers share. Import it before numpy: libraries read how
many threads they may start when they are loaded."""

import os
import sys

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
             "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"


def give_up(reason):
    print("skipped: " + reason)
    sys.exit(77)
