/**
 * Executors behind an HTTP gateway, whose code is swapped while they serve: save the file, and the next request runs
 * the new version.
 *
 * ```ts
 * import { type DocumentArray, Executor, Flow, requests } from "@hotflow/hotflow";
 *
 * export class MyExecutor extends Executor {
 *   @requests()
 *   foo(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = "I am coming from the first version of MyExecutor";
 *   }
 * }
 *
 * if (import.meta.main) {
 *   await using flow = await new Flow({ port: 12345 }).add({ uses: MyExecutor, reload: true }).start();
 *   await flow.block();
 * }
 * ```
 *
 * hotflow is a tool for development, not for production.
 *
 * @module
 */

// Documents
export { Document, type DocumentInit, type NamedScore } from "./src/document/document.ts";
export { DocumentArray } from "./src/document/document_array.ts";
export type { NdArray, NumberArray } from "./src/document/ndarray.ts";

// Executors
export {
  Executor,
  type ExecutorClass,
  type ExecutorMetas,
  type ExecutorRuntime,
} from "./src/executor/executor.ts";
export type { AbstractLifecycle, ExecutorBase, ExecutorLifecycle } from "./src/executor/lifecycle.ts";
export type { BatchOptions } from "./src/executor/batch_options.ts";
export type {
  Binding,
  EndpointOptions,
  RequestBindings,
  RequestsOptions,
} from "./src/executor/endpoint_options.ts";
export type {
  DocumentStream,
  Handler,
  HandlerContext as RequestContext,
  HandlerResult,
} from "./src/executor/handler.ts";
export { type HandlerMethod, requests, type RequestsDecorator } from "./src/executor/requests.ts";

export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
  Typed,
  TypedAnswer,
  TypedResult,
  Widened,
} from "./src/executor/standard_schema.ts";

// Flows
export { Flow } from "./src/flow/flow.ts";
export type { ExposeOptions, HttpMethod } from "./src/flow/expose.ts";
export type {
  AddressStatus,
  DeploymentStatus,
  ErrorStatus,
  FlowStatus,
  FlowYamlChange,
  FlowYamlErrorStatus,
  LoadStatus,
  PortStatus,
  ReplicaStatus,
  VersionStatus,
} from "./src/live/status.ts";
export type {
  ChangedEvent,
  ChangedFile,
  DeploymentEvent,
  FlowEvent,
  HelloEvent,
  LoadEvent,
  LoadPhases,
  LogLineEvent,
  RequestSample,
  RevertedEvent,
  SampleEvent,
  StatusEvent,
  StreamEvent,
  TroubleEvent,
} from "./src/live/flow_event.ts";
export type {
  AddOptions,
  ExecutorPermissions,
  FlowOptions,
  LoadOptions,
  Middleware,
  Protocol,
} from "./src/options/options.ts";
export { checkFlowYaml, FlowYamlError, type Problem } from "./src/flow_yaml/flow_yaml.ts";
export type { Uses } from "./src/executor/entry.ts";

// Clients
export { Client } from "./src/client/client.ts";
export type {
  Answer,
  ClientOptions,
  ClientProtocol,
  Inputs,
  PostOptions,
  RequestOptions,
  SentRequest,
  StreamEnd,
  StreamOptions,
  TlsOptions,
} from "./src/client/options.ts";

// Log lines and errors
export { Logger, type LogLevel, type LogRecord, type LogSink } from "./src/log/logger.ts";
export type { LogEvent } from "./src/log/event.ts";
export {
  BadClientError,
  BadServerError,
  ConnectionError,
  type ErrorCode,
  type ErrorInfo,
  type FileHashes,
  InvalidRequestError,
  type Issue,
  LoadError,
  type LoadErrorCode,
  type Place,
  RequestError,
  type ResponseDetails,
  ResponseError,
} from "./src/errors/mod.ts";
