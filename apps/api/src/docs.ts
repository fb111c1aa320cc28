import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Api } from './endpoint.ts'

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const types = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript' }

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sparekey API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><p>The document itself is at <a href="/openapi.json">/openapi.json</a>.</p></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
})
`

/** All comes from our own origin. Swagger UI writes style attributes and draws its icons from data URLs. */
const common = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'public, max-age=3600',
}

/** `/docs`: the API reference, readable without any request to elsewhere. */
export function addDocs(api: Api, { https }: { https: boolean }): void {
  const headers = { ...common, ...(https ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}) }
  api.get('/docs', c => c.body(page, 200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }))
  api.get('/docs/start.js', c => c.body(start, 200, { ...headers, 'Content-Type': 'text/javascript' }))
  for (const [file, type] of Object.entries(types)) {
    let content: Promise<Uint8Array<ArrayBuffer>> | undefined
    api.get(`/docs/${file}`, async c => {
      content ??= readFile(join(folder, file))
      return c.body(await content, 200, { ...headers, 'Content-Type': `${type}; charset=utf-8` })
    })
  }
}
