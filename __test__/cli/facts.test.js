// The facts with which eramjs doctor compares a schema are those of a fresh migration.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { FACTS } from '../../cli/doctor/facts.js'
import { withSchema } from '../support/database.js'
import { ROOT } from '../support/snippets.js'
import { read } from '../support/sources.js'

test('the facts of a fresh migration are those of the file', () =>
  withSchema(async ({ rows, prefix }) => {
    const facts = await rows(FACTS.replaceAll('$1', `'${prefix}'`))
    const file = 'cli/doctor/expected.json'
    if (process.env.UPDATE_DOCS) writeFileSync(path.join(ROOT, file), JSON.stringify(facts))
    assert.deepEqual(JSON.parse(read(file)), facts, 'run `UPDATE_DOCS=1 node --test __test__/cli/facts.test.js` and `npm run format`')
  }))
