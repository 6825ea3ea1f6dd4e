// The files of the dashboard, as `npm run build` has made them: their names have a hash, so browsers keep them.

import { readdir, readFile } from 'node:fs/promises'
import { SECURITY } from './headers.js'

/** @import { Answer } from '../http/routes.js' */

const FOLDER = new URL('../../web/dist/', import.meta.url)

/** Where files are, below the path at which it is mounted. */
export const ASSETS = '/assets/'

/** By ending. @type {Record<string, string>} */
const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }
/** What a browser may take, best first, by the ending of the file. */
const ENCODINGS = /** @type {const} */ ([
  ['br', 'br'],
  ['gzip', 'gz'],
])

/** @typedef {{ script: string, style: string, icon: string, names: Set<string> }} Build */

/** @type {Promise<Build | undefined> | undefined} */
let found

/** What was built; undefined in a checkout without it. @returns {Promise<Build | undefined>} */
export function build() {
  found ??= readBuild()
  return found
}

/** @returns {Promise<Build | undefined>} */
async function readBuild() {
  try {
    const entries = JSON.parse(await readFile(new URL('manifest.json', FOLDER), 'utf8'))
    const names = new Set(await readdir(new URL('assets/', FOLDER)))
    return { ...entries, names }
  } catch {
    // A later request looks again: the build may be under way.
    found = undefined
    return undefined
  }
}

/** @param {string} pathname @param {Headers} headers @returns {Promise<Answer | undefined>} */
export async function asset(pathname, headers) {
  const name = pathname.slice(ASSETS.length)
  const files = (await build())?.names
  const type = TYPES[name.split('.').pop() ?? '']
  if (!files?.has(name) || type === undefined) return undefined
  const accepted = headers.get('accept-encoding') ?? ''
  const [encoding, ending] = ENCODINGS.find(([each, end]) => accepted.includes(each) && files.has(`${name}.${end}`)) ?? []
  return {
    status: 200,
    body: await readFile(new URL(`assets/${name}${ending === undefined ? '' : `.${ending}`}`, FOLDER)),
    headers: {
      ...SECURITY,
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
  }
}
