// Unique jobs of several transactions.
import assert from 'node:assert/strict'
import { until } from '../until.js'
import { emails, gate, Signup, Undo } from './signup.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */

/** @param {Scenario} scenario */
export function unique(scenario) {
  scenario('a unique job that is there is returned with conflict: true', async ({ transaction }, _schema, prefix) => {
    const options = { unique: { period: 60 }, ...prefix }
    await transaction(async (tx) => {
      const first = await Signup.enqueue({ email: 'a' }, { ...options, tx })
      const second = await Signup.enqueue({ email: 'a' }, { ...options, tx, priority: 9 })
      assert.equal(second.conflict, true)
      assert.equal(second.id, first.id)
      assert.equal(second.priority, 2)
      assert.ok(second.inserted_at instanceof Date)
    })
  })

  scenario('a unique job waits for the transaction that was first, and is inserted if that rolls back', async (adapter, schema, prefix) => {
    const waits = async () => {
      const text = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%eram_enqueue%'`
      assert.equal((await schema.rows(text, [schema.prefix])).length, 1)
    }
    for (const email of ['undone', 'kept']) {
      const [entered, ended] = [gate(), gate()]
      /** @param {() => Promise<unknown>} [then] */
      const conflict = async (then) => {
        let met
        await adapter.transaction(async (tx) => {
          met = (await Signup.enqueue({ email }, { tx, unique: { period: 60 }, ...prefix })).conflict
          await then?.()
        })
        return met
      }
      const first = conflict(async () => {
        entered.open()
        await ended.opened
        if (email === 'undone') throw new Undo()
      })
      await entered.opened
      const second = conflict()
      await until(waits)
      ended.open()
      if (email === 'undone') await assert.rejects(first, Undo)
      else assert.equal(await first, false)
      // REPEATABLE READ does not see a job that was committed later: the caller tries again.
      const again = (/** @type {any} */ error) => {
        assert.deepEqual([error.sqlstate, email], ['40001', 'kept'])
        return conflict()
      }
      assert.equal(await second.catch(again), email === 'kept')
    }
    assert.deepEqual(await emails(schema), ['undone', 'kept'])
  })
}
