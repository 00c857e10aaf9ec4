/** Keys of a flow file of Jina for Python that hotflow does not have, and what to do about them. @module */

const NO_CONTAINERS = "hotflow runs no containers";
const NO_HUB = "hotflow has no hub";

/** Keys without a meaning anywhere, by the advice. */
const ANYWHERE = adviceByKey({
  [`${NO_CONTAINERS}; delete it`]:
    "docker_kwargs docker_args volumes gpus entrypoint disable_auto_volume force_network_mode image_pull_secrets " +
    "env_from_secret k8s_namespace upload_files read_only",
  "for an Executor that runs elsewhere, write `external: true` with its `host` and `port`":
    "host_in port_in ports peas",
  "GET /status reports the state of the Flow, and nothing is exported; delete it":
    "monitoring port_monitoring metrics metrics_exporter_host metrics_exporter_port " +
    "tracing traces_exporter_host traces_exporter_port",
  "hotflow has no such setting of gRPC; delete it":
    "grpc_metadata grpc_server_options grpc_channel_options compression prefetch proxy",
  [`${NO_HUB}; delete it`]:
    "install_requirements force_update prefer_platform provider provider_endpoint jcloud",
  "it configures Jina's own processes; delete it":
    "connection_list deployment_role pod_role runtime_cls native shard_id replica_id workspace_id " +
    "deployments_addresses deployments_metadata deployments_no_reduce deployments_disable_reduce " +
    "graph_conditions graph_description timeout_ctrl noblock_on_start extra_search_paths uvicorn_kwargs " +
    "uses_before_address uses_after_address asyncio inspect optout_telemetry suppress_root_logging return_results",
  "branches are merged wherever they meet, by document id; delete it": "disable_reduce no_reduce",
  "the answer waits for every Executor; delete it": "floating",
  "answers are JSON; delete it": "output_array_type",
  "an Executor that throws keeps serving, and its request is answered with 500; delete it":
    "exit_on_exceptions",
  "the environment variable HOTFLOW_LOG_LEVEL sets the level; delete it":
    "quiet quiet_error quiet_remote_logs log_config",
  "put a proxy that speaks TLS in front; delete it": "tls ssl_certfile ssl_keyfile",
  "documents are not split over shards; `replicas` share the requests": "shards polling",
  "replicas have no consensus; delete it": "stateful peer_ports raft_configuration",
  "add it to `executors` as an Executor of its own, and name it in `needs`": "uses_before uses_after",
  "`timeout` under `with` limits the time of a request": "timeout_send",
  "`load_timeout` under `with` limits the time of a load": "timeout_ready",
  "a replica that dies is replaced, and `Client` has `retries`; delete it": "retries",
  "endpoints are bound in the Executor's code, with `@requests`": "uses_requests",
  "write `metas` into the Executor's YAML, or into `uses` itself: `uses: { jtype: …, metas: … }`":
    "uses_metas",
  "handlers that are async run concurrently; delete it": "allow_concurrent",
  "write it under `metas` of the Executor's YAML, or of `uses: { jtype: …, metas: … }`": "workspace",
  "hotflow has no conditions: let the Executor pass on the documents that it does not handle": "when",
  "every endpoint is exposed as POST /<endpoint>; flow.exposeEndpoint() adds more in code":
    "expose_endpoints",
  "hotflow has no GraphQL; delete it": "expose_graphql_endpoint",
  "the routes of the gateway always exist; delete it": "no_debug_endpoints no_crud_endpoints",
  "GET /docs has no title or description; delete it": "title description",
  "there is one gateway: set port, protocol, host and cors under `with`": "gateway",
  "set `port` and `protocol` under `with`": "port_expose ports protocols rest_api restful",
  "`uses_with` overrides `with` of the Executor's YAML": "override_with override_metas",
  "`replicas` sets how many workers run it": "parallel",
  "the list is named `executors`": "deployments pods",
});

/** Keys that have a meaning elsewhere in the file. */
const HERE = {
  executor: adviceByKey({
    "an Executor has no address of its own; set the Flow's under `with`": "host port protocol",
    "hotflow reads no Deployment: write its `uses`, `name` and so on into the list itself": "jtype",
  }),
  flow: adviceByKey({
    "a Flow has no name; delete it": "name",
    "they belong to an Executor: write them into its YAML, or into `uses: { jtype: …, metas: … }`": "metas",
    "the gateway is always hotflow's own; delete it": "uses",
    "set it where the process is started, and use it as `${{ ENV.NAME }}`": "env",
  }),
};

function adviceByKey(keysByAdvice: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = Object.entries(keysByAdvice);
  return new Map(entries.flatMap(([advice, keys]) => keys.split(" ").map((key) => [key, advice])));
}

/** What to do about a key of Jina; `undefined` when Jina has no such key. */
export function adviceOn(key: string, where: "flow" | "executor"): string | undefined {
  return HERE[where].get(key) ?? ANYWHERE.get(key);
}

/** What to do about a `uses` that names a Python file, a hub or a container. */
export function adviceOnUses(uses: string): string | undefined {
  const instead = "name a module of yours";
  if (/^(?:jinahub|jinaai)(?:\+\w+)?:/.test(uses)) return `${NO_HUB}; ${instead}`;
  if (/^(?:docker|kubernetes|k8s):/.test(uses)) return `${NO_CONTAINERS}; ${instead}`;
  if (/\.py$/.test(uses)) return "this is Python; name a module in TypeScript or JavaScript";
}
