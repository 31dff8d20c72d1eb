/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts and their PromQL. Every expression gives a point only where
 * something changed: what has stayed the same costs the server a look and the
 * wire nothing. Set operators match by labels named, so that two
 * kube-state-metrics do not clash.
 */
#include <inttypes.h>

#include "telemetry/facts_internal.h"

const char caus_fact_label[] = "caus_fact";

#define OOM                                                                    \
    "(kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"} " \
    "== 1)"
#define RESTARTS                                   \
    "(kube_pod_container_status_restarts_total > " \
    "kube_pod_container_status_restarts_total offset @S)"
#define SCALED                           \
    "(kube_deployment_spec_replicas != " \
    "kube_deployment_spec_replicas offset @S)"
#define STARTED(metric) \
    "((" metric " > @F) unless (" metric " - " metric " offset @S < 5))"

const caus_fact caus_fact_table[] = {
    {CAUS_CHANGE_OOM_KILL, "oom_kill",
     "kube_pod_container_status_last_terminated_reason",
     RESTARTS " and on (namespace, pod, container) " OOM, CAUS_SUBJECT_POD,
     "pod", false, "a container of %s was killed for want of memory"},
    {CAUS_CHANGE_RESTART, "restart", "kube_pod_container_status_restarts_total",
     RESTARTS " unless on (namespace, pod, container) " OOM, CAUS_SUBJECT_POD,
     "pod", false, "a container of %s restarted"},
    {CAUS_CHANGE_DEPLOY, "deploy", "kube_deployment_metadata_generation",
     "(kube_deployment_metadata_generation > "
     "kube_deployment_metadata_generation offset @S) unless on (namespace, "
     "deployment) " SCALED,
     CAUS_SUBJECT_WORKLOAD, "deployment", false,
     "deployment %s has a new generation"},
    {CAUS_CHANGE_DEPLOY, "deploy", "kube_deployment_status_observed_generation",
     "(kube_deployment_status_observed_generation > "
     "kube_deployment_status_observed_generation offset @S) unless on "
     "(namespace, deployment) " SCALED
     " unless on (namespace, deployment) kube_deployment_metadata_generation",
     CAUS_SUBJECT_WORKLOAD, "deployment", false,
     "deployment %s has a new generation"},
    {CAUS_CHANGE_OTHER, "scale", "kube_deployment_spec_replicas", SCALED,
     CAUS_SUBJECT_WORKLOAD, "deployment", false,
     "deployment %s has another number of replicas"},
    {CAUS_CHANGE_DEPLOY, "deploy", "kube_statefulset_metadata_generation",
     "(kube_statefulset_metadata_generation > "
     "kube_statefulset_metadata_generation offset @S) unless on (namespace, "
     "statefulset) (kube_statefulset_replicas != kube_statefulset_replicas "
     "offset @S)",
     CAUS_SUBJECT_WORKLOAD, "statefulset", false,
     "stateful set %s has a new generation"},
    {CAUS_CHANGE_DEPLOY, "deploy", "kube_daemonset_metadata_generation",
     "(kube_daemonset_metadata_generation > "
     "kube_daemonset_metadata_generation offset @S)",
     CAUS_SUBJECT_WORKLOAD, "daemonset", false,
     "daemon set %s has a new generation"},
    {CAUS_CHANGE_CONFIG, "config", "kube_configmap_metadata_resource_version",
     "(kube_configmap_metadata_resource_version != "
     "kube_configmap_metadata_resource_version offset @S)",
     CAUS_SUBJECT_WORKLOAD, "configmap", false, "config map %s changed"},
    {CAUS_CHANGE_CONFIG, "config", "kube_secret_metadata_resource_version",
     "(kube_secret_metadata_resource_version != "
     "kube_secret_metadata_resource_version offset @S)",
     CAUS_SUBJECT_WORKLOAD, "secret", false, "secret %s changed"},
    {CAUS_CHANGE_NODE, "node", "kube_node_status_condition",
     "((kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0) "
     "unless (kube_node_status_condition{condition=\"Ready\","
     "status=\"true\"} offset @S == 0))",
     CAUS_SUBJECT_NOBODY, "node", false, "node %s is not ready any more"},
    {CAUS_CHANGE_NODE, "node", "kube_node_status_condition",
     "((kube_node_status_condition{condition!=\"Ready\",status=\"true\"} == 1) "
     "unless (kube_node_status_condition{condition!=\"Ready\","
     "status=\"true\"} offset @S == 1))",
     CAUS_SUBJECT_NOBODY, "node", false, "node %s is under pressure"},
    {CAUS_CHANGE_NODE, "node", "kube_node_spec_unschedulable",
     "((kube_node_spec_unschedulable == 1) unless "
     "(kube_node_spec_unschedulable offset @S == 1))",
     CAUS_SUBJECT_NOBODY, "node", false, "node %s takes no more pods"},
    {CAUS_CHANGE_NODE, "node", "node_boot_time_seconds",
     STARTED("node_boot_time_seconds"), CAUS_SUBJECT_NOBODY, "instance", true,
     "machine %s booted"},
    {CAUS_CHANGE_RESTART, "restart", "process_start_time_seconds",
     STARTED("process_start_time_seconds"), CAUS_SUBJECT_TARGET, "instance",
     true, "the process of %s started"},
    {CAUS_CHANGE_CONFIG, "config",
     "prometheus_config_last_reload_success_timestamp_seconds",
     STARTED("prometheus_config_last_reload_success_timestamp_seconds"),
     CAUS_SUBJECT_TARGET, "instance", true, "%s read its configuration anew"},
    {CAUS_CHANGE_CONFIG, "config",
     "alertmanager_config_last_reload_success_timestamp_seconds",
     STARTED("alertmanager_config_last_reload_success_timestamp_seconds"),
     CAUS_SUBJECT_TARGET, "instance", true, "%s read its configuration anew"},
    {CAUS_CHANGE_DEPLOY, "deploy", "_build_info",
     "((count by (service, job, app, version) ({__name__=~\".+_build_info\"}) "
     "unless count by (service, job, app, version) "
     "(max_over_time({__name__=~\".+_build_info\"}[10m] offset @S))) and on "
     "(service, job, app) count by (service, job, app) "
     "(max_over_time({__name__=~\".+_build_info\"}[10m] offset @S)))",
     CAUS_SUBJECT_TARGET, "version", false, "version %s appeared"},
    {CAUS_CHANGE_CERTIFICATE, "certificate", "probe_ssl_earliest_cert_expiry",
     "((probe_ssl_earliest_cert_expiry >= @F) <= @T)", CAUS_SUBJECT_TARGET,
     "instance", true, "the certificate of %s expired"},
    {CAUS_CHANGE_CERTIFICATE, "certificate", "probe_ssl_earliest_cert_expiry",
     "(probe_ssl_earliest_cert_expiry != probe_ssl_earliest_cert_expiry offset "
     "@S)",
     CAUS_SUBJECT_TARGET, "instance", false, "%s shows another certificate"},
    {CAUS_CHANGE_CERTIFICATE, "certificate",
     "certmanager_certificate_expiration_timestamp_seconds",
     "((certmanager_certificate_expiration_timestamp_seconds >= @F) <= @T)",
     CAUS_SUBJECT_WORKLOAD, "name", true, "the certificate %s expired"},
    {CAUS_CHANGE_OTHER, "scale", "kube_statefulset_replicas",
     "(kube_statefulset_replicas != kube_statefulset_replicas offset @S)",
     CAUS_SUBJECT_WORKLOAD, "statefulset", false,
     "stateful set %s has another number of replicas"},
};

const size_t caus_fact_count = sizeof caus_fact_table / sizeof *caus_fact_table;

const char *caus_fact_expression(const caus_fact *fact, int64_t step_ns,
                                 const caus_facts_options *options,
                                 caus_arena *out)
{
    char step[32];
    caus_text text = {0};
    caus_promql_duration(step_ns, step);
    for (const char *at = fact->expression; *at; at++) {
        if (*at != '@') {
            caus_text_add_char(&text, *at);
            continue;
        }
        if (*++at == 'S')
            caus_text_add(&text, step);
        else
            caus_text_format(
                &text, "%" PRId64,
                (*at == 'F' ? options->start_ns : options->end_ns) /
                    1000000000);
    }
    const char *kept = text.failed ? NULL : caus_arena_copy(out, text.bytes);
    caus_text_deinit(&text);
    return kept;
}
