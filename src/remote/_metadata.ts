import { Metadata } from "@grpc/grpc-js";
import { nodeBuffer } from "../runtime/node_buffer.ts";

/** Names that metadata may have. */
const NAME = /^[0-9a-z_.-]+$/;
/** Values that arrive as they were sent. */
const PRINTABLE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;
/** Headers of a connection or of one message; the call has its own. */
const OWN =
  /^(?:grpc-.*|content-(?:encoding|length|type)|(?:proxy-)?connection|transfer-encoding)$|^(?:expect|host|http2-settings|keep-alive|te|trailer|upgrade|user-agent)$/;

/** Metadata of a call; names that it cannot have are left out, and other alphabets are sent as bytes. */
export function toMetadata(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) {
    if (!NAME.test(name) || OWN.test(name)) continue;
    if (name.endsWith("-bin")) {
      const bytes = ofBase64(value);
      if (bytes !== undefined) metadata.set(name, nodeBuffer(bytes));
    } else if (PRINTABLE.test(value)) metadata.set(name, value);
    else metadata.set(`${name}-bin`, nodeBuffer(new TextEncoder().encode(value)));
  }
  return metadata;
}

function ofBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
