// Transactions that have ended, and what never was one.
import assert from 'node:assert/strict'
import { EramEngine, EramError } from '../../../index.js'
import { emails, gate, Signup } from './signup.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */

/** @param {Scenario} scenario */
export function ended(scenario) {
  scenario('a connection outside a transaction is refused, with a hint at what to pass', async ({ outside }, schema, prefix) => {
    for (const tx of outside()) {
      await assert.rejects(Signup.enqueue({ email: 'secret' }, { tx, ...prefix }), (error) => {
        assert.ok(error instanceof EramError)
        assert.equal(error.code, 'ERAM_NOT_IN_TRANSACTION')
        assert.match(error.message, /^tx: expected an open \S+ transaction, got .+ outside of one; pass the \w/)
        return true
      })
      const ambient = EramEngine.withTransaction(tx, () => assert.fail('it ran'), prefix)
      await assert.rejects(ambient, { code: 'ERAM_NOT_IN_TRANSACTION' })
    }
    assert.deepEqual(await emails(schema), [])
  })

  scenario('a transaction that has ended takes no job, where the library can tell', async ({ transaction, ended }, schema, prefix) => {
    /** @type {any} */
    let tx
    await transaction(async (it) => {
      tx = it
    })
    const late = Signup.enqueue({ email: 'late' }, { tx, ...prefix })
    if (ended === 'refused') {
      await assert.rejects(late, (error) => {
        assert.ok(error instanceof EramError)
        // A library that cannot tell may still refuse the statement.
        assert.match(error.code, /^ERAM_(?:NOT_IN_TRANSACTION|DRIVER)$/)
        return true
      })
      assert.deepEqual(await emails(schema), [])
    } else {
      assert.equal((await late).conflict, false)
      assert.deepEqual(await emails(schema), ['late'])
    }
  })

  scenario('the ambient transaction ends with its callback', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      const over = gate()
      /** @type {Promise<unknown> | undefined} */
      let forgotten
      await EramEngine.withTransaction(
        tx,
        async () => {
          await Signup.enqueue({ email: 'inside' })
          forgotten = over.opened.then(() => Signup.enqueue({ email: 'too late' }))
        },
        prefix,
      )
      over.open()
      await assert.rejects(forgotten ?? assert.fail(), {
        code: 'ERAM_NOT_IN_TRANSACTION',
        message: /it has ended; await enqueue\(\) inside/,
      })
    })
    assert.deepEqual(await emails(schema), ['inside'])
  })
}
