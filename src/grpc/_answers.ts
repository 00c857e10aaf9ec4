import { AsyncQueue } from "../async/async_queue.ts";

/** How the requests of a stream are handled. */
export interface AnswerOptions {
  /** Whether the answers are sent in the order of the requests; otherwise as they are ready. */
  readonly inOrder: boolean;
  /** How many requests are handled at the same time, up to the sending of their answers. */
  readonly limit: number;
  /** The size in bytes of such requests and their answers together from which on no more are read. */
  readonly maxSize: number;
}

/** An answer, and the size of it and its request. */
type Sized = readonly [answer: Uint8Array, size: number];

/**
 * Handles the requests of a stream, several at the same time. No more are read while too many are under way, or their
 * answers are not sent.
 *
 * @param run Handles a request. Never rejects.
 */
export async function* answersTo(
  requests: AsyncIterable<Uint8Array>,
  run: (request: Uint8Array) => Promise<Uint8Array>,
  { inOrder, limit, maxSize }: AnswerOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const answers = new AsyncQueue<Sized | Promise<Sized>>();
  let [running, unsent, size] = [0, 0, 0];
  let isReading = true;
  let onSent = () => {};
  const endWhenDone = () => isReading || running > 0 || answers.end();
  const start = (request: Uint8Array) => {
    running++;
    unsent++;
    size += request.length;
    const answer = run(request).then((bytes): Sized => {
      size += bytes.length;
      return [bytes, request.length + bytes.length];
    });
    if (inOrder) answers.push(answer);
    answer.then((sized) => {
      running--;
      if (!inOrder) answers.push(sized);
      endWhenDone();
    });
  };
  const room = async () => {
    while (unsent >= limit || size >= maxSize) await new Promise<void>((resolve) => onSent = resolve);
  };
  const read = async () => {
    for await (const request of requests) {
      // Answers may have filled it since the request was asked for.
      await room();
      start(request);
      await room();
    }
    isReading = false;
    endWhenDone();
  };
  read();
  for await (const answer of answers) {
    const [bytes, bothSizes] = await answer;
    yield bytes;
    unsent--;
    size -= bothSizes;
    onSent();
  }
}
