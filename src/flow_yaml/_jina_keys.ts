/** Keys of a flow file of Jina for Python that hotflow does not have, and what to do about them. @module */

const NO_CONTAINERS = "hotflow runs no containers";
const CONTAINERS = `${NO_CONTAINERS}; delete it`;
const FIGURES = "GET /status reports the state of the Flow, and nothing is exported; delete it";
const GRPC = "hotflow uses HTTP only; delete it";
const NO_HUB = "hotflow has no hub";
const HUB = `${NO_HUB}; delete it`;
const ELSEWHERE =
  "a Flow runs all of its Executors itself; call one that runs elsewhere from an Executor, with `Client`";
const MERGED = "branches are merged wherever they meet, by document id; delete it";
const INSIDE = "it configures Jina's own processes; delete it";
const LOGS = "the environment variable HOTFLOW_LOG_LEVEL sets the level; delete it";
const TLS = "put a proxy that speaks TLS in front; delete it";
const SHARDS = "documents are not split over shards; `replicas` share the requests";
const STATE = "replicas have no consensus; delete it";
const STEP = "add it to `executors` as an Executor of its own, and name it in `needs`";

const ADVICE: Readonly<Record<string, string>> = {
  ...all(
    "docker_kwargs docker_args volumes gpus entrypoint disable_auto_volume force_network_mode",
    CONTAINERS,
  ),
  ...all(
    "image_pull_secrets env_from_secret k8s_namespace upload_files read_only",
    CONTAINERS,
  ),
  ...all("external host_in port_in ports peas", ELSEWHERE),
  ...all("monitoring port_monitoring metrics metrics_exporter_host metrics_exporter_port", FIGURES),
  ...all("tracing traces_exporter_host traces_exporter_port", FIGURES),
  ...all("grpc_metadata grpc_server_options grpc_channel_options compression prefetch proxy", GRPC),
  ...all("install_requirements force_update prefer_platform provider provider_endpoint jcloud", HUB),
  ...all(
    "connection_list deployment_role pod_role runtime_cls native shard_id replica_id workspace_id",
    INSIDE,
  ),
  ...all(
    "deployments_addresses deployments_metadata deployments_no_reduce deployments_disable_reduce",
    INSIDE,
  ),
  ...all("graph_conditions graph_description timeout_ctrl noblock_on_start", INSIDE),
  ...all("extra_search_paths uvicorn_kwargs uses_before_address uses_after_address", INSIDE),
  ...all("asyncio inspect optout_telemetry suppress_root_logging return_results", INSIDE),
  ...all("disable_reduce no_reduce", MERGED),
  floating: "the answer waits for every Executor; delete it",
  output_array_type: "answers are JSON; delete it",
  exit_on_exceptions:
    "an Executor that throws keeps serving, and its request is answered with 500; delete it",
  ...all("quiet quiet_error quiet_remote_logs log_config", LOGS),
  ...all("tls ssl_certfile ssl_keyfile", TLS),
  ...all("shards polling", SHARDS),
  ...all("stateful peer_ports raft_configuration", STATE),
  ...all("uses_before uses_after", STEP),
  protocol: "hotflow uses HTTP only; delete it",
  timeout_send: "`timeout` under `with` limits the time of a request",
  timeout_ready: "`load_timeout` under `with` limits the time of a load",
  retries: "a replica that dies is replaced, and `Client` has `retries`; delete it",
  uses_requests: "endpoints are bound in the Executor's code, with `@requests`",
  uses_metas: "write `metas` into the Executor's YAML, or into `uses` itself: `uses: { jtype: …, metas: … }`",
  uses_dynamic_batching: "requests are not batched here; delete it",
  allow_concurrent: "handlers that are async run concurrently; delete it",
  workspace: "write it under `metas` of the Executor's YAML, or of `uses: { jtype: …, metas: … }`",
  env: "the workers have the environment of the process: set it there, and use it as `${{ ENV.NAME }}`",
  when: "hotflow has no conditions: let the Executor pass on the documents that it does not handle",
  expose_endpoints: "every endpoint is exposed as POST /<endpoint>; flow.exposeEndpoint() adds more in code",
  expose_graphql_endpoint: "hotflow has no GraphQL; delete it",
  ...all("no_debug_endpoints no_crud_endpoints", "the routes of the gateway always exist; delete it"),
  ...all("title description", "GET /docs has no title or description; delete it"),
  gateway: "there is one gateway: set port, host and cors under `with`",
  ...all("port_expose rest_api restful", "HTTP is served at `port`, which is set under `with`"),
  ...all("override_with override_metas", "`uses_with` overrides `with` of the Executor's YAML"),
  parallel: "`replicas` sets how many workers run it",
  ...all("deployments pods", "the list is named `executors`"),
};

/** Keys that have a meaning elsewhere in the file. */
const IN_EXECUTOR: Readonly<Record<string, string>> = {
  ...all("host port", "an Executor has no address of its own; set the Flow's under `with`"),
  jtype: "hotflow reads no Deployment: write its `uses`, `name` and so on into the list itself",
};
/** Keys that have a meaning in an Executor. */
const IN_FLOW: Readonly<Record<string, string>> = {
  name: "a Flow has no name; delete it",
  metas: "they belong to an Executor: write them into its YAML, or into `uses: { jtype: …, metas: … }`",
  uses: "the gateway is always hotflow's own; delete it",
  env: "set it where the process is started, and use it as `${{ ENV.NAME }}`",
};

function all(keys: string, advice: string): Record<string, string> {
  return Object.fromEntries(keys.split(" ").map((key) => [key, advice]));
}

/**
 * What to do about a key of Jina.
 *
 * @param key The key.
 * @param where Where it is.
 * @returns The advice; `undefined` when Jina has no such key.
 */
export function adviceOn(key: string, where: "flow" | "executor"): string | undefined {
  const here = where === "executor" ? IN_EXECUTOR : IN_FLOW;
  return (Object.hasOwn(here, key) ? here[key] : undefined) ??
    (Object.hasOwn(ADVICE, key) ? ADVICE[key] : undefined);
}

/** What to do about a `uses` that names a Python file, a hub or a container. */
export function adviceOnUses(uses: string): string | undefined {
  const instead = "name a module of yours";
  if (/^(?:jinahub|jinaai)(?:\+\w+)?:/.test(uses)) return `${NO_HUB}; ${instead}`;
  if (/^(?:docker|kubernetes|k8s):/.test(uses)) return `${NO_CONTAINERS}; ${instead}`;
  if (/\.py$/.test(uses)) return "this is Python; name a module in TypeScript or JavaScript";
}
