import { dockerfiles } from "./_dockerfile.ts";
import { yamlText } from "./_yaml_text.ts";
import { contentHash } from "../runtime/content_hash.ts";
import {
  commandOf,
  type ExportPlan,
  type Files,
  FLOW_YAML,
  memoryOf,
  type Place,
  type Service,
  servicesOf,
  stopSeconds,
  USER_ID,
  WORKSPACE,
} from "./plan.ts";

/** How long a pod waits until its address is gone from the caches of DNS, before it is told to end. */
const PRE_STOP_S = 10;

/** A Flow as manifests for Kubernetes: one file for each service, and a kustomization of them. */
export function kubernetesFiles(plan: ExportPlan, place: Place): Files {
  const { header } = place;
  const manifests = servicesOf(plan).map((service) => {
    const documents = manifestsOf(service, plan).map(yamlText);
    return [fileOf(service), `${header}\n${documents.join("---\n")}`] as const;
  });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: manifests.map(([name]) => name),
  };
  return {
    "kustomization.yaml": `${header}\n${yamlText(kustomization)}`,
    ...Object.fromEntries(manifests),
    ...dockerfiles(plan, place),
  };
}

function fileOf({ name }: Service): string {
  return `${name}.yaml`;
}

function manifestsOf(service: Service, plan: ExportPlan): object[] {
  const { name, yaml, replicas } = service;
  const selector = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": plan.project.name };
  const isGateway = service === plan.gateway;
  const labels = {
    ...selector,
    "app.kubernetes.io/component": isGateway ? "gateway" : "executor",
    "app.kubernetes.io/managed-by": "hotflow",
  };
  const metadata = { name, labels };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "flow.yml": yaml } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: selector },
        // A new pod is ready before an old one ends, unless they must not run at once.
        strategy: service.isExclusive
          ? { type: "Recreate" }
          : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels, annotations: annotationsOf(service) },
          spec: podOf(service, plan, selector),
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        // Without an address of its own, its name stands for the pods, among which the gateway chooses.
        ...(!isGateway && { clusterIP: "None" }),
        selector,
        ports: portsOf(service).map(({ name, containerPort }) => ({
          ...{ name, port: containerPort, targetPort: name },
          ...(name === "grpc" && { appProtocol: "grpc" }),
        })),
      },
    },
    ...(replicas > 1
      ? [{
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata,
        spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
      }]
      : []),
  ];
}

/** The hash is there since a change of the ConfigMap alone would not replace the pods. */
function annotationsOf({ yaml, listening }: Service): object {
  const http = listening.find(({ protocol }) => protocol === "http");
  return {
    "hotflow/config-hash": contentHash(new TextEncoder().encode(yaml)),
    ...(http !== undefined && {
      ...{ "prometheus.io/scrape": "true", "prometheus.io/port": String(http.port) },
      "prometheus.io/path": "/metrics",
    }),
  };
}

function portsOf({ listening }: Service): { name: string; containerPort: number }[] {
  return listening.map(({ protocol, port }) => ({ name: protocol, containerPort: port }));
}

function podOf(service: Service, plan: ExportPlan, selector: Readonly<Record<string, string>>): object {
  const { name, replicas } = service;
  const spread = {
    ...{ maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
    labelSelector: { matchLabels: selector },
  };
  return {
    automountServiceAccountToken: false,
    // The variables of other Services' addresses are not needed, and could hide those of the YAML.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: PRE_STOP_S + stopSeconds(plan),
    securityContext: {
      runAsNonRoot: true,
      ...{ runAsUser: USER_ID, runAsGroup: USER_ID, fsGroup: USER_ID },
      seccompProfile: { type: "RuntimeDefault" },
      // Otherwise such a port is for root alone.
      ...(service.listening.some(({ port }) => port < 1_024) && {
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      }),
    },
    ...(replicas > 1 && { topologySpreadConstraints: [spread] }),
    containers: [containerOf(service, plan)],
    volumes: [
      { name: "config", configMap: { name } },
      { name: "workspace", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
    ],
  };
}

function containerOf(service: Service, plan: ExportPlan): object {
  const { env } = service;
  const [command, ...args] = commandOf(service, plan);
  const limit = memoryOf(service);
  const memory = limit === undefined ? undefined : `${limit}Mi`;
  const variables = env.map((name) => ({
    name,
    valueFrom: { secretKeyRef: { name: plan.secret, key: name } },
  }));
  return {
    // When it is pulled follows from its tag: an image without one is pulled at each start.
    ...{ name: "hotflow", image: plan.image },
    ...{ command: [command], args },
    ...(variables.length > 0 && { env: variables }),
    ports: portsOf(service),
    ...probesOf(service, plan),
    // Requests go on while the pod leaves the Service.
    lifecycle: { preStop: { exec: { command: ["sleep", String(PRE_STOP_S)] } } },
    ...(memory !== undefined && { resources: { requests: { memory }, limits: { memory } } }),
    securityContext: {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "config", mountPath: FLOW_YAML.replace(/\/[^/]*$/, ""), readOnly: true },
      { name: "workspace", mountPath: WORKSPACE },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/**
 * An Executor reports by gRPC's health service whether it serves. A gateway is healthy when it answers at all: it can
 * say which Executor is away, and others may not need that one.
 */
function probesOf(service: Service, { gateway, loadMs }: ExportPlan): object {
  const [{ port }] = service.listening;
  const check = service !== gateway
    ? { grpc: { port } }
    : service.listening.some(({ protocol }) => protocol === "http")
    ? { httpGet: { path: "/", port: "http" } }
    : { tcpSocket: { port: "grpc" } };
  const [startPeriodS, startS] = [2, Math.min(Math.ceil(loadMs / 1_000), 3_600) + 30];
  return {
    startupProbe: {
      ...check,
      ...{
        periodSeconds: startPeriodS,
        timeoutSeconds: 2,
        failureThreshold: Math.ceil(startS / startPeriodS),
      },
    },
    readinessProbe: { ...check, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
    livenessProbe: { ...check, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
