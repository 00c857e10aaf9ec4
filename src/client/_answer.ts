import { decodeDocuments } from "../document/document.ts";
import type { DocumentArray } from "../document/document_array.ts";
import {
  BadClientError,
  BadServerError,
  InvalidRequestError,
  type Issue,
  preview,
  type ResponseError,
} from "../errors/mod.ts";
import type { Answer } from "./options.ts";

/** An HTTP answer of any status. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** The parts of an answer's JSON that the client reads. */
interface AnswerJson {
  readonly data?: unknown;
  readonly parameters?: Record<string, unknown> | null;
  readonly detail?: unknown;
  readonly header?: {
    readonly requestId?: string;
    readonly status?: {
      readonly code?: number | string;
      readonly description?: string;
      readonly exception?: { readonly executor?: string } | null;
    } | null;
  } | null;
}

/**
 * Parses an answer.
 *
 * @param ownId The request's id, for answers without one.
 * @throws {BadClientError} When the status is 4xx.
 * @throws {BadServerError} When the status is another error, the header has an error, or the answer is not that of a Flow.
 */
export function readAnswer(reply: Reply, ownId: string): Answer {
  const json = parse(reply.text);
  const requestId = json?.header?.requestId ?? ownId;
  if (reply.status < 200 || reply.status > 299 || json === undefined) throw failure(reply, requestId, json);
  // Jina's gateways answer an Executor's error with HTTP status 200.
  if (isError(json.header?.status?.code)) throw failure({ ...reply, status: 500 }, requestId, json);
  try {
    return { docs: documentsOf(json.data ?? []), parameters: json.parameters ?? {}, requestId };
  } catch (cause) {
    const message = `Cannot read the documents of the answer: ${(cause as Error).message}`;
    throw new BadServerError(message, { status: reply.status, requestId });
  }
}

/**
 * Reads documents. Fields that a Document does not have are in `extra`.
 *
 * @throws {InvalidRequestError} When they are none.
 */
export function documentsOf(json: unknown): DocumentArray {
  const issues: Issue[] = [];
  const docs = decodeDocuments(json, () => [], issues, false, "unknown");
  if (docs === undefined) throw new InvalidRequestError(issues);
  return docs;
}

function parse(text: string): AnswerJson | undefined {
  try {
    const json = JSON.parse(text);
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function isError(code: number | string | undefined): boolean {
  return code === 1 || code === "ERROR";
}

function failure({ status, text }: Reply, requestId: string, json?: AnswerJson): ResponseError {
  const header = json?.header?.status;
  const message = header?.description ?? (json?.detail === undefined ? preview(text) : describe(json.detail));
  const executor = header?.exception?.executor;
  const details = { status, requestId, ...(executor && { executor }) };
  return status >= 400 && status < 500
    ? new BadClientError(message, details)
    : new BadServerError(message, details);
}

function describe(detail: unknown): string {
  if (!Array.isArray(detail)) return String(detail);
  return detail.map((issue) => `${issue?.loc?.join(".")}: ${issue?.msg}`).join("; ");
}
