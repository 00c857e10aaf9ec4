import { toBase64 } from "../document/base64.ts";
import { SCRIPT, STYLE } from "./_bundle.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hotflow</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<noscript>This page needs JavaScript. GET /status has the status as JSON.</noscript>
<script>${SCRIPT}</script>
</body>
</html>
`;

let policy: string | undefined;

/** The security policy: nothing from other origins, only the page's own script and style, and no text as markup. */
async function policyOf(): Promise<string> {
  return [
    "default-src 'none'",
    `script-src ${await hash(SCRIPT)}`,
    `style-src ${await hash(STYLE)}`,
    "img-src data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${toBase64(new Uint8Array(digest))}'`;
}

/** The page at `GET /`: one document, which reads `events` from where it is and sends requests to the Flow. */
export async function pageResponse(): Promise<Response> {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy ??= await policyOf(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
  return new Response(PAGE, { headers });
}
