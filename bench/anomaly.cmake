# SPDX-License-Identifier: Apache-2.0
caus_bench(anomaly ${CMAKE_CURRENT_LIST_DIR}/anomaly.c)
