import { assert, assertEquals, assertThrows } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import {
  decodeDocument2,
  decodeDocuments2,
  encodeDocument2,
  encodeDocuments2,
} from "../../src/protobuf/documents_v2.ts";
import { readRequest, readSingleRequest } from "../../src/protobuf/messages.ts";
import { type Content, contentOf, DOCUMENT, DOCUMENTS, recordings } from "./_recordings.ts";

const recorded = recordings.filter(({ generation }) => generation === 2);

for (const { name, method, request, requestContent, responses, responseContents } of recorded) {
  Deno.test(`documents of ${name} go back as they came`, () => {
    const messages = [request, ...responses];
    const contents = [requestContent, ...responseContents];
    for (const [index, message] of messages.entries()) {
      const isSingle = method.endsWith("stream_doc");
      const docs = (isSingle ? readSingleRequest : readRequest)(message).docs as Uint8Array;
      if (isSingle) {
        const back = encodeDocument2(decodeDocument2(docs));
        assertEquals(contentOf(back, DOCUMENT[2]), contents[index].document);
      } else {
        const back = encodeDocuments2(decodeDocuments2(docs));
        assertEquals(contentOf(back, DOCUMENTS[2]), (contents[index].data as Content).docs);
      }
    }
  });
}
