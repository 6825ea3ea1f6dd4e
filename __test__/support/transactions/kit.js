// What the testing kit does inside a transaction of any library, and that nothing is left of it after a rollback.
import assert from 'node:assert/strict'
import { defineJob } from '../../../index.js'
import { allEnqueued, assertEnqueued, drain, refuteEnqueued } from '../../../testing.js'
import { Signup, Undo } from './signup.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */
/** @typedef {import('../transactions.js').Adapter} Adapter */

/** How jobs run SQL of their own. @type {Adapter['statement']} */
let statement = async () => {}

const Acting = defineJob('KitActing', { queue: 'kit', max_attempts: 2, priority: 1 }, async (args, ctx) => {
  if (args.does === 'fails') throw new Error('cannot')
  if (args.does === 'snoozes') return ctx.snooze(60)
  if (args.does === 'discards') return ctx.discard('no use')
  if (args.does === 'enqueues') await ctx.enqueue('KitActing', { does: 'nothing' })
  return { did: args.does }
})
const Writing = defineJob('KitWriting', { queue: 'kit', transaction: true, priority: 2 }, async (args, ctx) => {
  await statement(ctx.tx, `INSERT INTO ${args.table} (email) VALUES ($1)`, [args.email])
  await ctx.enqueue('KitActing', { does: `follows ${args.email}` })
  // Fails in the database, and ends whatever transaction it is in.
  if (args.breaks) await statement(ctx.tx, 'SELECT 1 / CAST($1 AS integer)', ['0'])
})

/** @param {Scenario} scenario */
export function kit(scenario) {
  scenario('the testing kit asserts and drains inside, and a rollback leaves nothing', async (adapter, schema, prefix) => {
    statement = adapter.statement
    const { prefix: name, rows } = schema
    await rows('CREATE TABLE accounts (email text)')
    const table = `${name}.accounts`
    const undone = adapter.transaction(async (tx) => {
      const place = { tx, ...prefix }
      await refuteEnqueued({}, place)
      await Signup.enqueue({ email: 'why? $1 :name' }, place)
      await assertEnqueued(Signup, { email: /^why\?/ }, place)
      await refuteEnqueued(Signup, { email: 'other' }, place)
      for (const does of ['enqueues', 'fails', 'snoozes', 'discards']) await Acting.enqueue({ does }, place)
      await Writing.enqueue({ table, email: 'kept' }, place)
      await Writing.enqueue({ table, email: 'undone', breaks: true }, place)
      await assertEnqueued({ worker: Acting, queue: 'kit', count: 4 }, place)
      const { jobs, ...counts } = await drain({ ...place, queue: 'kit' })
      assert.deepEqual(counts, { success: 4, failure: 2, discard: 1, cancelled: 0, snoozed: 1, released: 0 })
      assert.deepEqual(
        jobs.map(({ worker, args, state, attempt }) => [worker, args.does ?? args.email, state, attempt]),
        [
          ['KitActing', 'enqueues', 'completed', 1],
          ['KitActing', 'fails', 'retryable', 1],
          ['KitActing', 'snoozes', 'scheduled', 0],
          ['KitActing', 'discards', 'discarded', 1],
          ['KitWriting', 'kept', 'completed', 1],
          ['KitWriting', 'undone', 'retryable', 1],
          ['KitActing', 'nothing', 'completed', 1],
          ['KitActing', 'follows kept', 'completed', 1],
        ],
      )
      const broken = jobs.find(({ args }) => args.email === 'undone')
      // Its own error, and not that of a transaction that it has ended.
      assert.equal(broken?.errors.length, 1)
      assert.doesNotMatch(JSON.stringify(broken.errors), /transaction is aborted/)
      // What the failed job wrote is undone, what the others wrote is there; so is the job that was not drained.
      await assertEnqueued(Signup, {}, place)
      await refuteEnqueued({ worker: Acting, args: { does: 'follows undone' }, state: ['available', 'completed'] }, place)
      const again = await drain({ ...place, only: [Acting], with_scheduled: true, limit: 3 }).catch((/** @type {any} */ error) => error)
      // A job that snoozes for good never ends.
      assert.equal(again.code, 'ERAM_TIMEOUT')
      assert.deepEqual((await allEnqueued({ worker: Acting, state: 'discarded' }, place)).length, 2)
      throw new Undo()
    })
    await assert.rejects(undone, Undo)
    assert.deepEqual(await rows('SELECT (SELECT count(*)::int FROM eram_jobs) AS jobs, (SELECT count(*)::int FROM accounts) AS accounts'), [
      { jobs: 0, accounts: 0 },
    ])
  })
}
