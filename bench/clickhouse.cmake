# SPDX-License-Identifier: Apache-2.0
# Driven by bench/clickhouse_rows.sh and bench/chdb_sql.py.
caus_bench(clickhouse ${CMAKE_CURRENT_LIST_DIR}/clickhouse.c)
caus_bench(clickhouse_fetch ${CMAKE_CURRENT_LIST_DIR}/clickhouse_fetch.c)
