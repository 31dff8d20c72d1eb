/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

static const char config_text[] =
    "caus.yml holds settings that every command reads: ./caus.yml, or the file "
    "that\n"
    "--config names. Options win over environment variables, those over this "
    "file.\n"
    "\n"
    "  prometheus:\n"
    "    url: https://metrics.example.internal/prometheus\n"
    "    tenant: shop                    # X-Scope-OrgID\n"
    "    token_file: prometheus.token    # or user and password_file\n"
    "    ca_file: ca.pem                 # cert_file, key_file: client "
    "certificate\n"
    "    timeout: 30s                    # of one request\n"
    "    retries: 3\n"
    "  clickhouse:\n"
    "    url: https://spans.example.internal:8443/?database=otel\n"
    "    user: reader\n"
    "    password_file: clickhouse.password\n"
    "  vars: vars.yml                    # see \"caus help vars\"\n"
    "  topology: calls.csv               # who calls whom: src,dst\n"
    "\n"
    "Paths start from the folder of the file. The environment has the same:\n"
    "CAUS_PROMETHEUS_ or CAUS_CLICKHOUSE_ followed by URL, TOKEN, TOKEN_FILE, "
    "USER,\n"
    "PASSWORD, PASSWORD_FILE, TENANT, CA_FILE, CERT_FILE, KEY_FILE, TIMEOUT, "
    "RETRIES.\n";

static const char vars_text[] =
    "vars.yml defines variables by name; --vars names the file. Alone it "
    "stands "
    "for\n"
    "all of them; beside --metrics and --traces it explains the names there.\n"
    "\n"
    "  variables:\n"
    "    - name: pool_wait\n"
    "      source: {type: metrics, impl: prometheus}\n"
    "      metrics_query: avg(pool_wait_seconds)\n"
    "      unit: s\n"
    "    - name: slow_logins\n"
    "      source: {type: traces, impl: clickhouse}\n"
    "      trace_query:\n"
    "        service: auth\n"
    "        dimension: duration         # or calls\n"
    "        aggregation: p99            # count, avg, p50, p95, p99\n"
    "        span_name: POST /login      # optional, as are:\n"
    "        span_kind: server\n"
    "        attribute_queries:\n"
    "          - {key: region, operator: equals, value: eu}  # contains, "
    "isnotnull\n"
    "\n"
    "A source may name its own server or file by loc: and its address.\n";

const caus_help_topic caus_cli_topics[CAUS_CLI_TOPICS] = {
    {"config", "caus.yml: servers and files as settings", config_text},
    {"vars", "vars.yml: variables defined by queries", vars_text},
};
