/** The bytes of `POST /post` with `documents` Documents. */
export function postRequest(port: number, documents: number): Uint8Array {
  const data = Array.from({ length: documents }, (_, i) => ({ id: documentId(i), text: `hello world ${i}` }));
  const body = JSON.stringify({ data, execEndpoint: "/" });
  const head = [
    "POST /post HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** 32 hexadecimal digits, as a client that makes random ids would send them. */
function documentId(i: number): string {
  return (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0").repeat(4);
}

const decoder = new TextDecoder();

/** The version a reply's text speaks of: every version of a source says `version <n>.` */
export function versionOf(body: Uint8Array): number | undefined {
  const found = /version (\d+)\./.exec(decoder.decode(body));
  return found === null ? undefined : Number(found[1]);
}
