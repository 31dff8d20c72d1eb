# SPDX-License-Identifier: Apache-2.0
"""Writes unit_root.csv beside this file. Needs numpy and statsmodels."""
import pathlib
import warnings

import numpy as np
from statsmodels.tsa.stattools import adfuller, kpss

warnings.simplefilter("ignore")
random = np.random.default_rng(20240501)


def ar(coefficient, count):
    x = np.zeros(count)
    for t in range(1, count):
        x[t] = coefficient * x[t - 1] + random.standard_normal()
    return x


SERIES = {
    "noise": random.standard_normal(200),
    "ar_0.5": ar(0.5, 300),
    "ar_0.95": ar(0.95, 400),
    "negative_ar": ar(-0.7, 150),
    "random_walk": np.cumsum(random.standard_normal(500)),
    "short_walk": np.cumsum(random.standard_normal(25)),
    "shift": np.r_[random.standard_normal(120), 8 + random.standard_normal(60)],
    "trend": 0.02 * np.arange(250) + random.standard_normal(250),
    "explosive": 1.01 ** np.arange(300) + 0.1 * random.standard_normal(300),
    "season": np.sin(np.arange(240) / 6) + 0.3 * random.standard_normal(240),
    "counts": random.poisson(2.5, 180).astype(float),
    "large_offset": 1e6 + ar(0.3, 200),
    "long": np.round(ar(0.9, 1300), 2),
}

with open(pathlib.Path(__file__).with_name("unit_root.csv"), "w") as out:
    out.write("# name,adf,adf_p,adf_lags,kpss,kpss_p,kpss_lags,values...\n")
    for name, x in SERIES.items():
        a = adfuller(x, regression="c", autolag="AIC", result_object=True)
        k = kpss(x, regression="c", nlags="auto", result_object=True)
        numbers = [a.statistic, a.pvalue, a.lags, k.statistic, k.pvalue, k.lags]
        numbers += list(x)
        out.write(name + "," + ",".join(repr(float(v)) for v in numbers) + "\n")
