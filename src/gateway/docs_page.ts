import { toBase64 } from "../document/base64.ts";
import { SCRIPT } from "./_docs_script.ts";
import { STYLE } from "./_docs_style.ts";

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
<header><h1>hotflow</h1><p>What this Flow answers now. The list follows every reload.</p><span id="state"></span></header>
<div class="grid">
<nav aria-label="Endpoints"><ul id="list"></ul></nav>
<main>
<h2 id="title"></h2>
<p id="summary"></p>
<div id="request"><label for="body">Request, JSON</label><textarea id="body" spellcheck="false"></textarea></div>
<details id="types"><summary>Schemas</summary><pre id="schemas"></pre></details>
<div class="bar"><button id="send" type="button">Send</button><output id="status"></output></div>
<pre id="answer" aria-label="Answer" hidden></pre>
</main>
</div>
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
    "img-src data:",
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

/** The page at `GET /docs`, a few kilobytes: it lists the endpoints and sends requests to them. */
export async function docsPage(): Promise<Response> {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy ??= await policyOf(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
  return new Response(PAGE, { headers });
}
