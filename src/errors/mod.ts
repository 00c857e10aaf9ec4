/** The public errors, and {@linkcode ErrorInfo}: errors as plain data, as they cross worker and HTTP boundaries. @module */
export { atCaller, showCallers } from "./caller.ts";
export { invalidArgument, invalidState, listenFailed, outOfRange } from "./coded.ts";
export { codeOf, type ErrorCode } from "./codes.ts";
export {
  BadClientError,
  BadServerError,
  ConnectionError,
  CutError,
  DownError,
  InvalidRequestError,
  type Issue,
  type ResponseDetails,
  ResponseError,
} from "./errors.ts";
export {
  cleanText,
  type ErrorInfo,
  formatError,
  formatPlace,
  type LoadClue,
  type Place,
  preview,
  remotePlaceIn,
  snippetOf,
  toErrorInfo,
  withoutColours,
} from "./info.ts";
export { carry } from "./carry.ts";
export { type FileHashes, isConfigError, LoadError, type LoadErrorCode, toLoadError } from "./load_error.ts";
export { inWorker } from "./in_worker.ts";
export { checkKeys } from "./keys.ts";
export { nearest } from "./nearest.ts";
