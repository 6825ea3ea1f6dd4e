// What a statement reads does not grow with the table, whatever statistics the planner has. plans.slow.test.js compares with a
// million jobs.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { compareWith, text } from './plans/compare.js'
import { HOT, READS_MORE } from './plans/statements.js'

const FILES = new URL('../../src/store/sql/', import.meta.url)

test('every statement that knows of jobs is measured here, or has a reason not to be', () => {
  const all = readdirSync(FILES).map((file) => file.replace(/\.sql$/, ''))
  const measured = HOT.map(({ name, file = name }) => file)
  for (const name of Object.keys(READS_MORE)) assert.ok(all.includes(name), `${name}: expected a file of that name`)
  const missing = all.filter((name) => {
    const isOfJobs = /eram_(jobs|enqueue|complete|ack|settle)/.test(text(name).replace(/^\s*--.*$/gm, ''))
    return isOfJobs && !measured.includes(name) && !(name in READS_MORE)
  })
  assert.deepEqual(missing, [], 'name them in __test__/engine/plans/statements.js')
})

compareWith(100_000)
