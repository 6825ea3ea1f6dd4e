// The description of the API, as OpenAPI: docs/reference/openapi.json, which follows from the table of operations. Its server is
// where it was found, so it holds below any path.

import { readFile } from 'node:fs/promises'

const FILE = new URL('../../docs/reference/openapi.json', import.meta.url)

/** @type {Promise<string> | undefined} */
let text

/** @returns {Promise<string>} */
export function documentText() {
  text ??= readFile(FILE, 'utf8').then((file) => JSON.stringify(JSON.parse(file)))
  return text
}
