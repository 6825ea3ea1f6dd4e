// Plans for which our functions rule out others are not compiled. Before PostgreSQL 18, ruling out raises the cost of the plan that is
// left above that from which plans are compiled. The settings of the engine's connections reach neither those of applications nor
// through every pooler.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schema, sql } from '../support/database.js'
import { takeSample, textOf } from './plans/compare.js'
import { HOT } from './plans/statements.js'
import { begin, people, wait } from './plans/table.js'

/** Has every plan compiled, and each shown with the settings that it was made with. */
const FORCED = [
  `LOAD 'auto_explain'`,
  'SET jit = on',
  ...['jit_above_cost', 'jit_inline_above_cost', 'jit_optimize_above_cost', 'auto_explain.log_min_duration'].map(
    (name) => `SET ${name} = 0`,
  ),
  ...['log_analyze', 'log_nested_statements', 'log_settings'].map((name) => `SET auto_explain.${name} = on`),
  `SET auto_explain.log_level = 'notice'`,
]

const RULED_OUT = /Settings:.*\benable_\w+ = 'off'/

test('no plan for which others were ruled out is compiled, where every plan is', async (t) => {
  const own = await schema()
  const session = await sql(own.url, own.prefix)
  try {
    await people(own)
    await wait(own, 200)
    await begin(own)
    const sample = await takeSample(session.row)
    for (const setting of FORCED) await session.rows(setting)
    /** @type {string[]} */
    let plans = []
    session.client.on('notice', ({ message }) => plans.push(message ?? ''))
    for (const hot of HOT.filter(({ anywhere }) => anywhere)) {
      plans = []
      await session.rows('BEGIN')
      await session.client.query({ text: textOf(hot), values: hot.values(sample) })
      await session.rows('ROLLBACK')
      const [outer, ...inner] = plans.filter((plan) => plan.includes('Query Text:')).toReversed()
      const ruled = inner.filter((plan) => RULED_OUT.test(plan))
      if (/fetch|survey|unique|ack/.test(hot.name))
        assert.ok(ruled.length > 0, `${hot.name}: expected plans for which others were ruled out`)
      // So the session does compile.
      assert.doesNotMatch(outer ?? '', /Settings:.*\bjit = 'off'/, hot.name)
      for (const plan of ruled) {
        assert.match(plan, /Settings:.*\bjit = 'off'/, `${hot.name}: ${plan}`)
        assert.doesNotMatch(plan, /^\s*JIT:/m, `${hot.name}: ${plan}`)
      }
    }
    const { available } = await session.row('SELECT pg_jit_available() AS available')
    t.diagnostic(available ? 'with LLVM: the outer statements were compiled' : 'this server has no LLVM: by the settings of each plan')
  } finally {
    await session.end()
    await own.drop()
  }
})
