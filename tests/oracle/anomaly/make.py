# SPDX-License-Identifier: Apache-2.0
"""Writes forest.txt: rows, columns, then values and scikit-learn's scores."""
import numpy as np
from sklearn.ensemble import IsolationForest

rng = np.random.default_rng(11)
table = rng.normal(size=(300, 3))
table[280:] += rng.normal(scale=4, size=(20, 3))
table = np.round(table, 3)
forest = IsolationForest(n_estimators=2000, max_samples=256, random_state=1)
scores = -forest.fit(table).score_samples(table)
with open("forest.txt", "w") as file:
    file.write("300 3\n")
    for row, score in zip(table, scores):
        file.write(" ".join(f"{v:.3f}" for v in row) + f" {score:.6f}\n")
