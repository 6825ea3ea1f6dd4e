// How a transaction is told from what is none, beyond the libraries that have files of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { serverError } from '../../lib/shared/errors.js'
import { resolveExecutor } from '../../lib/transactions/index.js'

class Signup extends EramJob {
  static {
    this.register()
  }

  /** @param {{ email: string }} _args */
  async perform(_args) {}
}

const SQL = 'select eram_enqueue($1) as eram'

test('an object may say itself how it runs a statement', async () => {
  /** @type {unknown[]} */
  const calls = []
  const tx = {
    query: () => assert.fail('the symbol comes first'),
    [Symbol.for('eram.executor')](/** @type {string} */ sql, /** @type {string[]} */ params) {
      calls.push([this === tx, sql, params])
      return [{ eram: '[]' }]
    },
  }
  assert.deepEqual(await resolveExecutor(tx).query(SQL, ['{}']), [{ eram: '[]' }])
  assert.deepEqual(calls, [[true, SQL, ['{}']]])
})

test('anything with query(sql, params) will do, in each of the shapes that libraries give rows', async () => {
  for (const answer of [[{ eram: 'x' }], { rows: [{ eram: 'x' }] }, [[{ eram: 'x' }], { rowCount: 1 }]]) {
    const tx = { query: async () => answer }
    assert.deepEqual(await resolveExecutor(tx).query(SQL, ['']), [{ eram: 'x' }])
  }
  const silent = { query: async () => undefined }
  await assert.rejects(resolveExecutor(silent).query(SQL, ['']), {
    code: 'ERAM_DRIVER',
    message: 'query(sql, params): expected rows, { rows } or [rows, meta] from the query, got undefined',
  })
})

test('an unknown object is refused by the name of its class', () => {
  for (const [tx, got] of /** @type {[unknown, string][]} */ ([
    [5, '5'],
    ['BEGIN', '"BEGIN"'],
    [true, 'true'],
    [{}, 'an object'],
    [() => {}, 'a function'],
    [new Map(), 'a Map'],
  ])) {
    assert.throws(
      () => resolveExecutor(tx),
      (/** @type {any} */ error) => {
        assert.equal(error.code, 'ERAM_NOT_IN_TRANSACTION')
        assert.match(error.message, /^tx: expected a transaction of (?:[\w-]+, )+pg, or an object with query\(sql, params\), got /)
        assert.ok(error.message.endsWith(` got ${got}`))
        return true
      },
    )
  }
})

test('an undefined tx is refused in every form, and null is none', async () => {
  const undefinedTx = { tx: undefined }
  const refusal = {
    code: 'ERAM_NOT_IN_TRANSACTION',
    message: 'tx: expected a transaction, or null for none, got undefined; leave tx out to join that of withTransaction()',
  }
  await assert.rejects(Signup.enqueue({ email: 'a' }, undefinedTx), refusal)
  await assert.rejects(Signup.enqueue({ args: { email: 'a' }, ...undefinedTx }), refusal)
  await assert.rejects(EramEngine.enqueue('Signup', { email: 'a' }, undefinedTx), refusal)
  await assert.rejects(EramEngine.enqueueAll([Signup.new({ email: 'a' })], undefinedTx), refusal)
  // Nor does it stand for the ambient one.
  const tx = { query: () => assert.fail('it enqueued') }
  await EramEngine.withTransaction(tx, () => assert.rejects(Signup.enqueue({ email: 'a' }, undefinedTx), refusal))
  // Without an engine there is no other way.
  await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: null }), { code: 'ERAM_NOT_RUNNING' })
})

test('names of constructors do not matter', () => {
  class t {
    totalCount = 0
    query() {}
    connect() {}
  }
  class e {
    isTransactionActive = true
    query() {}
    startTransaction() {}
  }
  assert.throws(() => resolveExecutor(new t()), { message: /expected an open pg transaction/ })
  assert.equal(resolveExecutor(new e()).name, 'typeorm')
})

test('the SQLSTATE is found wherever a library hides it', () => {
  const loop = /** @type {any} */ ({ message: 'loop' })
  loop.cause = loop
  /** @type {[unknown, string | undefined][]} */
  const hidden = [
    [{ code: '23505' }, '23505'],
    [{ code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '23505' } } } }, '23505'],
    [{ code: 'P0001' }, 'P0001'],
    [{ name: 'SequelizeDatabaseError', parent: { code: '40001' } }, '40001'],
    [{ code: 'ERR_POSTGRES_SERVER_ERROR', errno: '42P01' }, '42P01'],
    [{ message: 'wrapped', cause: { cause: { code: '25P02' } } }, '25P02'],
    [{ nativeError: { code: '23514' } }, '23514'],
    [{ driverError: { code: '22P02' } }, '22P02'],
    [{ code: 'EPIPE' }, undefined],
    [{ code: 'ECONNREFUSED', errno: -111 }, undefined],
    [loop, undefined],
    [null, undefined],
    ['23505', undefined],
  ]
  for (const [error, sqlstate] of hidden) assert.equal(serverError(error)?.sqlstate, sqlstate)
})
