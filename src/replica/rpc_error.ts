import { type ErrorInfo, formatError } from "../errors/mod.ts";

/** What a worker answers to an order that it could not follow. */
export class RpcError extends Error {
  override readonly name = "Refusal";

  constructor(readonly info: ErrorInfo) {
    super(formatError(info));
  }
}
