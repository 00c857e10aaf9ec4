import { type ErrorInfo, formatError } from "../errors/mod.ts";

/** The error that a worker answers a request of its host with. */
export class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(readonly info: ErrorInfo) {
    super(formatError(info));
  }
}
