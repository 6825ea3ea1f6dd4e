// Holds the declarations, which are written by hand, against the code, and compiles what __test__/types expects of them with the
// oldest and the newest TypeScript.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as producer from '../../enqueue.js'
import * as entry from '../../index.js'
import { Crons, equip, Jobs } from '../../lib/operations/methods.js'
import { JobContext } from '../../lib/perform/context.js'
import { exportedValues, membersOf } from '../support/declarations.js'

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url))

/**
 * The names of the members that a class or interface declares.
 * @param {string} name
 * @param {{ static: boolean }} which
 */
function declared(name, which) {
  // Optional ones are for users to write.
  const members = membersOf(name).filter((member) => !member.optional && member.static === which.static)
  return [...new Set(members.map((member) => member.name))].sort()
}

/** @param {any} object @param {string[]} [except] */
const own = (object, except = []) =>
  Object.getOwnPropertyNames(object)
    .filter((name) => !['constructor', 'length', 'name', 'prototype', ...except].includes(name))
    .sort()

test('index.js and index.d.ts export the same names', () => {
  assert.deepEqual(exportedValues(), Object.keys(entry).sort())
})

test('enqueue.js and enqueue.d.ts export the same names', () => {
  assert.deepEqual([...exportedValues('enqueue.d.ts'), 'EramError'].sort(), Object.keys(producer).sort())
})

test('EramJob has the members that are declared', () => {
  assert.deepEqual(own(entry.EramJob), declared('EramJob', { static: true }))
  assert.deepEqual(own(entry.EramJob.prototype), declared('EramJob', { static: false }))
})

test('EramEngine has the members that are declared', () => {
  assert.deepEqual(own(entry.EramEngine, ['call']), declared('EramEngine', { static: true }))
  equip(Object.create(entry.EramEngine.prototype), /** @type {any} */ ({}))
  // What an engine needs of itself inside is not part of the contract.
  const fields = ['name', 'node', 'prefix', 'version', 'queues_disabled', 'jobs', 'cron']
  const inner = ['call', 'checkClass', 'registered', 'enginesChanged']
  assert.deepEqual([...own(entry.EramEngine.prototype, inner), ...fields].sort(), declared('EramEngine', { static: false }))
})

test('engine.jobs has the members that are declared', () => {
  assert.deepEqual(own(Jobs.prototype), declared('Jobs', { static: false }))
})

test('engine.cron has the members that are declared', () => {
  assert.deepEqual(own(Crons.prototype), declared('Crons', { static: false }))
})

test('the context of a job has the members that are declared', () => {
  assert.deepEqual(own(JobContext.prototype), declared('JobContext', { static: false }))
})

for (const compiler of ['typescript', 'typescript-5.4']) {
  for (const project of ['../types', '../types/bare', '../types/exact']) {
    test(`${project} compiles with ${compiler}`, async () => {
      const tsc = path(`../../node_modules/${compiler}/bin/tsc`)
      await promisify(execFile)(process.execPath, [tsc, '-p', path(project)]).catch(({ stdout, stderr }) => assert.fail(stdout || stderr))
    })
  }
}
