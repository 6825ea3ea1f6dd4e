// How the package is loaded: by import, and by require on every Node that is supported.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import * as entry from '../../index.js'

const require = createRequire(import.meta.url)
const names = Object.keys(entry).sort()

test('the bundle for require exports what the module exports', () => {
  assert.deepEqual(Object.keys(require('../../index.cjs')).sort(), names)
})

test('require by name gives the same names', () => {
  assert.deepEqual(
    Object.keys(require('eramjs'))
      .filter((name) => name !== 'default' && name !== '__esModule')
      .sort(),
    names,
  )
})

test('import by name gives the module itself', async () => {
  assert.equal(await import(`${'eramjs'}`), entry)
})
