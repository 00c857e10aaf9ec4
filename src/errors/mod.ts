/** The public errors, and the plain form in which any error crosses a worker or HTTP boundary. @module */
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
  cleanText as readable,
  type ErrorInfo,
  formatError,
  formatPlace,
  type LoadClue,
  type Place,
  preview,
  remotePlaceIn,
  snippetOf,
  toErrorInfo,
} from "./info.ts";
export { carry } from "./carry.ts";
export { type FileHashes, isConfigError, LoadError, type LoadErrorCode, toLoadError } from "./load_error.ts";
export { inWorker } from "./in_worker.ts";
export { checkKeys } from "./keys.ts";
export { nearest } from "./nearest.ts";
