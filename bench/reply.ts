/** One HTTP/1.1 reply; `body` is valid until the next exchange on its connection. */
export interface Reply {
  readonly status: number;
  readonly body: Uint8Array;
  /** The server said that it closes the connection after this reply. */
  readonly last: boolean;
}

interface Head {
  readonly end: number;
  readonly status: number;
  /** Length of the body, or -1 when it comes in chunks. */
  readonly length: number;
  readonly last: boolean;
}

const CR = 13;
const LF = 10;

/** Collects the bytes of one reply at a time, without a string or a copy on the common way. */
export class ReplyBuffer {
  #bytes = new Uint8Array(64 * 1024);
  #have = 0;
  #head: Head | undefined;

  /** Where the next bytes go. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#have === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#have === 0 ? this.#bytes : this.#bytes.subarray(this.#have);
  }

  /** Forgets the last reply. Whatever came after it is dropped: there is no pipelining. */
  reset(): void {
    this.#have = 0;
    this.#head = undefined;
  }

  /** Takes in `count` bytes that were read into `room()`; returns the reply once it is whole. */
  add(count: number): Reply | undefined {
    this.#have += count;
    this.#head ??= readHead(this.#bytes, this.#have);
    const head = this.#head;
    if (head === undefined) return undefined;
    if (head.length < 0) return this.#chunked(head);
    const end = head.end + head.length;
    if (this.#have < end) return undefined;
    return { status: head.status, body: this.#bytes.subarray(head.end, end), last: head.last };
  }

  #chunked(head: Head): Reply | undefined {
    const parts: Uint8Array[] = [];
    let at = head.end;
    for (;;) {
      const lineEnd = this.#bytes.indexOf(LF, at);
      if (lineEnd < 0 || lineEnd >= this.#have) return undefined;
      const size = parseInt(text(this.#bytes.subarray(at, lineEnd)), 16);
      if (Number.isNaN(size)) throw new Error("Cannot read the reply: a chunk has no size");
      const start = lineEnd + 1;
      if (start + size + 2 > this.#have) return undefined;
      if (size === 0) return { status: head.status, body: join(parts), last: head.last };
      parts.push(this.#bytes.subarray(start, start + size));
      at = start + size + 2;
    }
  }
}

function readHead(bytes: Uint8Array, have: number): Head | undefined {
  let length: number | undefined;
  let last = false;
  let line = 0;
  for (let at = bytes.indexOf(LF); at >= 0 && at < have; at = bytes.indexOf(LF, line)) {
    if (at === line || (at === line + 1 && bytes[line] === CR)) {
      if (length === undefined) throw new Error("Cannot read the reply: it has neither length nor chunks");
      return { end: at + 1, status: digits(bytes, 9), length, last };
    }
    if (is(bytes, line, "content-length:")) length = digits(bytes, line + 15);
    else if (is(bytes, line, "transfer-encoding:")) length = -1;
    else if (is(bytes, line, "connection:")) last = /close/i.test(text(bytes.subarray(line, at)));
    line = at + 1;
  }
  return undefined;
}

/** Whether the header line at `at` begins with `name`, given in lower case. */
function is(bytes: Uint8Array, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    // Letters differ in one bit from their capitals; "-" and ":" have that bit already.
    if (((bytes[at + i] ?? 0) | 32) !== name.charCodeAt(i)) return false;
  }
  return true;
}

function digits(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < bytes.length; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (bytes[i] !== 32 || value > 0) break;
  }
  return value;
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
