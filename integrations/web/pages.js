// The pages of the dashboard: one document for all of them, whose script shows what the path names.

import { ApiError } from './errors.js'
import { REVALIDATED, SECURITY } from './headers.js'

/** @import { Answer } from '../http/routes.js' */
/** @import { Build } from './assets.js' */
/** @import { Context } from './index.js' */

/** The paths of pages, below the path at which it is mounted. */
const PAGE =
  /^\/(?:(?:jobs(?:\/(?:failures|new|\d+(?:\/profile\/\d+)?))?|(?:queues|crons|nodes|workflows|batches)(?:\/[^/]+)?|audit|help)?)$/
const HTML = { ...REVALIDATED, 'content-type': 'text/html; charset=utf-8', vary: 'authorization, cookie, accept' }
const THEME = /(?:^|;\s*)eram_theme=(light|dark)(?:;|$)/

/** Whether a request is for a page, as browsers make them when a link is followed. @param {Request} request @param {string} pathname */
export function isPage({ method, headers }, pathname) {
  if ((method !== 'GET' && method !== 'HEAD') || !PAGE.test(pathname)) return false
  const mode = headers.get('sec-fetch-mode')
  if (mode !== null && mode !== 'navigate') return false
  const accept = headers.get('accept') ?? '*/*'
  return /text\/html|\*\/\*/.test(accept)
}

/**
 * The path at which it is mounted, asked for without its last slash: what the page names would be beside it, not below.
 * @param {string} pathname
 * @param {Context} context
 * @returns {Answer | undefined}
 */
export function withSlash(pathname, { original }) {
  const [path = '', query] = (original ?? '/').split('?')
  if (pathname !== '/' || path.endsWith('/')) return undefined
  const location = `./${path.slice(path.lastIndexOf('/') + 1)}/${query === undefined ? '' : `?${query}`}`
  return { status: 308, body: '', headers: { ...SECURITY, 'cache-control': 'no-store', location } }
}

/**
 * @param {Build} built
 * @param {{ pathname: string, basePath: string, headers: Headers, config: object, title: string }} given
 * @returns {Answer}
 */
export function page({ script, style, icon }, { pathname, basePath, headers, config, title }) {
  // Relative to the path, unless the path at which it is mounted is known: right behind proxies that change it, too.
  const root = basePath === '' ? '../'.repeat(Math.max(0, pathname.split('/').length - 2)) || './' : `${basePath}/`
  const at = (/** @type {string} */ file) => escaped(`${root}${file}`)
  const [, theme] = THEME.exec(headers.get('cookie') ?? '') ?? []
  const body = `<!doctype html>
<html lang="en"${theme === undefined ? '' : ` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${at(icon)}" type="image/svg+xml">
<link rel="stylesheet" href="${at(style)}">
<script type="module" src="${at(script)}"></script>
</head>
<body>
<div id="app"></div>
<script type="application/json" id="config">${JSON.stringify(config).replaceAll('<', '\\u003c')}</script>
<noscript>The dashboard needs JavaScript. What it shows is in the <a href="${at('api/v1/openapi.json')}">HTTP API</a>, too.</noscript>
</body>
</html>
`
  return { status: 200, body, headers: HTML }
}

/** A page for a caller who may see none. @param {unknown} error @param {Answer} answer  of the API @returns {Answer} */
export function refusal(error, answer) {
  if (!(error instanceof ApiError)) return answer
  const text =
    error.code === 'UNAUTHENTICATED' ? 'You are not signed in.' : error.code === 'FORBIDDEN' ? 'You may not see this.' : error.message
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${answer.status}</title><h1>${answer.status}</h1><p>${escaped(text)}</p></html>\n`
  return {
    status: answer.status,
    body,
    headers: { ...HTML, ...answer.headers, 'content-type': HTML['content-type'], 'cache-control': 'no-store' },
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
