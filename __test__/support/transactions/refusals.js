// Refused jobs: what becomes of their transaction, and what the errors say.
import assert from 'node:assert/strict'
import { EramError } from '../../../index.js'
import { emails, Signup } from './signup.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */

/** @param {Scenario} scenario */
export function refusals(scenario) {
  scenario('a refused option leaves the transaction as it was', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx, ...prefix, priority: 12 }), { code: 'ERAM_JOB' })
      await assert.rejects(Signup.enqueue(/** @type {any} */ ({ email: 1n }), { tx, ...prefix }), { code: 'ERAM_JOB' })
      await Signup.enqueue({ email: 'b' }, { tx, ...prefix })
    })
    assert.deepEqual(await emails(schema), ['b'])
  })

  scenario('a schema that is not migrated has an error of its own, which does not contain the arguments', async ({ transaction }) => {
    const failed = transaction((tx) => Signup.enqueue({ email: 'secret' }, { tx, prefix: 'no_such_schema' }))
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof EramError)
      assert.equal(error.code, 'ERAM_NOT_MIGRATED')
      assert.match(error.message, /prefix "no_such_schema": expected .* run `npx eramjs migrate --prefix no_such_schema`/)
      assert.doesNotMatch(error.message, /secret|select/i)
      assert.ok(error.cause)
      return true
    })
  })

  scenario('an error of the server has its SQLSTATE and does not contain the arguments', async ({ transaction }, schema, prefix) => {
    await schema.rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'email' <> 'secret')`)
    const failed = transaction((tx) => Signup.enqueue({ email: 'secret' }, { tx, ...prefix }))
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof EramError)
      assert.equal(error.code, 'ERAM_DATABASE')
      assert.equal(error.sqlstate, '23514')
      assert.match(
        error.message,
        /^enqueue: the database rejected it: new row .* violates check constraint "no_secrets" \(SQLSTATE 23514\); this transaction is aborted/,
      )
      return true
    })
  })

  scenario(
    'after a failed statement a job is refused with the SQLSTATE of the aborted transaction',
    async ({ transaction, statement }, schema, prefix) => {
      /** @type {unknown} */
      let refused
      const spoilt = transaction(async (tx) => {
        await assert.rejects(async () => statement(tx, 'select 1 / 0 as no', []))
        refused = await Signup.enqueue({ email: 'secret' }, { tx, ...prefix }).catch((error) => error)
      })
      // Some libraries reject it at its end.
      await Promise.allSettled([spoilt])
      assert.ok(refused instanceof EramError)
      assert.deepEqual([refused.code, refused.sqlstate], ['ERAM_DATABASE', '25P02'])
      assert.doesNotMatch(refused.message, /secret/)
      assert.deepEqual(await emails(schema), [])
    },
  )
}
