// The code here compiles, and so does what types/ expects of index.d.ts with the libraries' own types, with the newest and with the
// oldest supported TypeScript.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { finished } from '../support/snippets.js'

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url))

for (const [project, compiler] of [
  ['.', 'typescript'],
  ['types', 'typescript'],
  ['types', 'typescript-5.4'],
]) {
  test(`${project} compiles with ${compiler}`, async () => {
    const tsc = path(`../../node_modules/${compiler}/bin/tsc`)
    const { code, out } = await finished(process.execPath, [tsc, '-p', path(String(project))])
    assert.equal(code, 0, out)
  })
}
