/** The public errors, and {@linkcode ErrorInfo}: errors as plain data, as they cross worker and HTTP boundaries. @module */
export { atCaller, inWorker, showCallers } from "./caller.ts";
export { codeOf, type ErrorCode, invalidArgument, invalidState, listenFailed, outOfRange } from "./codes.ts";
export {
  BadClientError,
  BadServerError,
  carry,
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
  decoded,
  type ErrorInfo,
  formatError,
  formatPlace,
  type LoadClue,
  type Place,
  preview,
  quoted,
  remotePlaceIn,
  snippetOf,
  toErrorInfo,
  withoutColours,
} from "./info.ts";
export { type FileHashes, isConfigError, LoadError, type LoadErrorCode, toLoadError } from "./load_error.ts";
export { checkKeys, nearest } from "./nearest.ts";
export { isRefusal, isRequestError, RequestError, STATUS_TRAILER } from "./request_error.ts";
