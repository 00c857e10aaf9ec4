import { assertEquals } from "@std/assert";
import { decodeDocuments1, encodeDocuments1 } from "../../src/protobuf/documents_v1.ts";
import { readRequest } from "../../src/protobuf/messages.ts";
import { type Content, contentOf, DOCUMENTS, recordings } from "./_recordings.ts";

const recorded = recordings.filter(({ generation }) => generation === 1);

for (const { name, request, requestContent, responses, responseContents } of recorded) {
  Deno.test(`documents of ${name} go back as they came`, () => {
    const messages = [request, ...responses];
    const contents = [requestContent, ...responseContents];
    for (const [index, message] of messages.entries()) {
      const { docs } = readRequest(message);
      const expected = (contents[index].data as Content | undefined)?.docs;
      if (docs === undefined) assertEquals(expected, undefined);
      else assertEquals(contentOf(encodeDocuments1(decodeDocuments1(docs)), DOCUMENTS[1]), expected);
    }
  });
}
