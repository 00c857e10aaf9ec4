/** What a client of HTTP/2 sends before its first frame has this many bytes. */
const PREFACE = 24;
/** The bytes of a frame's head: the length of what follows, the type, flags, and the stream. */
const HEAD = 9;
/** The bytes of a `GOAWAY` frame after its head that name the last stream that its sender handles. */
const LAST_STREAM = 4;
const HEADERS = 1;
const RST_STREAM = 3;
const GOAWAY = 7;
const REFUSED_STREAM = 7;

/** Leaves the `GOAWAY` frames out of what one side of HTTP/2 sends. */
export class GoawayFilter {
  /** How many bytes follow before the next head. */
  #left: number;
  /** Whether these are left out. */
  #isDropping = false;
  /** A head of which not all bytes have come. */
  #begun: Uint8Array = new Uint8Array(0);

  /**
   * @param sender Whose bytes these are.
   * @param onGoaway Called for each frame that is left out, with the last stream that the sender handles. Returns what
   * is passed on instead.
   */
  constructor(
    sender: "client" | "server" = "client",
    private readonly onGoaway: (lastStream: number) => Uint8Array | void = () => {},
  ) {
    this.#left = sender === "client" ? PREFACE : 0;
  }

  /** The parts of the next bytes that are passed on. */
  pass(bytes: Uint8Array): Uint8Array[] {
    const data = this.#begun.length === 0 ? bytes : joined(this.#begun, bytes);
    this.#begun = new Uint8Array(0);
    const parts: Uint8Array[] = [];
    let [from, at] = [0, 0];
    const passUntilHere = () => {
      if (at > from) parts.push(data.subarray(from, at));
    };
    while (at < data.length) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, data.length - at);
        this.#left -= count;
        at += count;
        if (this.#isDropping) from = at;
        continue;
      }
      this.#isDropping = false;
      const isGoaway = data[at + 3] === GOAWAY;
      if (data.length - at < HEAD + (isGoaway ? LAST_STREAM : 0)) {
        this.#begun = data.slice(at);
        break;
      }
      this.#left = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
      if (isGoaway) {
        passUntilHere();
        this.#isDropping = true;
        const instead = this.onGoaway(streamAt(data, at + HEAD));
        if (instead?.length) parts.push(instead);
        from = at + HEAD;
      }
      at += HEAD;
    }
    passUntilHere();
    return parts;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Follows the streams that a client opens. */
export class OpenedStreams {
  #last = 0;
  /** How many bytes follow before the next head. */
  #left = PREFACE;
  /** A head of which not all bytes have come. */
  readonly #head: number[] = [];

  /** Takes the next bytes that the client sends. */
  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(this.#left, bytes.length - at);
      this.#left -= count;
      at += count;
      if (at === bytes.length) return;
      if (this.#head.push(bytes[at++]) < HEAD) continue;
      const head = Uint8Array.from(this.#head.splice(0));
      this.#left = head[0] << 16 | head[1] << 8 | head[2];
      if (head[3] === HEADERS) this.#last = streamAt(head, HEAD - 4);
    }
  }

  /** The frames by which a server refuses the streams after one: what they ask for was not handled. */
  refusedAfter(lastStream: number): Uint8Array {
    const frames: number[] = [];
    // A client's streams have odd numbers.
    for (let stream = lastStream + 1 + lastStream % 2; stream <= this.#last; stream += 2) {
      frames.push(...[0, 0, 4, RST_STREAM, 0], ...bytesOf(stream), ...bytesOf(REFUSED_STREAM));
    }
    return Uint8Array.from(frames);
  }
}

/** The number of a stream, whose first bit is reserved. */
function streamAt(data: Uint8Array, at: number): number {
  return (data[at] & 0x7f) << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
}

function bytesOf(stream: number): number[] {
  return [stream >>> 24, stream >>> 16 & 255, stream >>> 8 & 255, stream & 255];
}
