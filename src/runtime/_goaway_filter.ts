/** What a client of HTTP/2 sends before its first frame has this many bytes. */
const PREFACE = 24;
/** The bytes of a frame's head: the length of what follows, the type, flags, and the stream. */
const HEAD = 9;
const GOAWAY = 7;

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
   * @param onGoaway Called for each frame that is left out.
   */
  constructor(sender: "client" | "server" = "client", private readonly onGoaway: () => void = () => {}) {
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
      if (data.length - at < HEAD) {
        this.#begun = data.slice(at);
        break;
      }
      this.#left = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
      if (data[at + 3] === GOAWAY) {
        passUntilHere();
        this.#isDropping = true;
        this.onGoaway();
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
