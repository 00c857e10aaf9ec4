import type { ClientReadableStream } from "@grpc/grpc-js";

/**
 * Yields the messages of a call, and reads ahead no more than a few of them. The stream's own iterator would throw the
 * status of a call before the messages that came before it.
 *
 * @throws {ServiceError} At the end, when the status of the call is an error.
 */
export async function* messagesOf(call: ClientReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [ended, failure]: [boolean, unknown] = [false, undefined];
  let wake = () => {};
  call.on("error", (error) => (failure = error, wake()));
  call.on("end", () => (ended = true, wake()));
  call.on("readable", () => wake());
  while (!ended) {
    const message = call.read();
    if (message !== null) yield message;
    else if (!ended) await new Promise<void>((resolve) => wake = resolve);
  }
  if (failure !== undefined) throw failure;
}
