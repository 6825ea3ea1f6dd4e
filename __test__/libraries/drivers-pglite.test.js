// Enqueueing on the tx of PGlite, and of Drizzle on it. It is a database in this process with a single connection, so
// nothing can look at it from outside while a transaction is open.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { EramEngine, EramError } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { Signup } from '../support/transactions.js'

const { sql: MIGRATIONS = '' } = await EramEngine.migrate({ sql: true })

class Undo extends Error {}

/** Runs a scenario in a database of its own. @param {(db: PGlite) => Promise<unknown>} scenario */
async function withPglite(scenario) {
  const db = await PGlite.create()
  try {
    await db.transaction((tx) => tx.exec(MIGRATIONS))
    await scenario(db)
  } finally {
    await db.close()
  }
}

/** @param {PGlite} db */
const emails = async (db) => {
  const { rows } = await db.query("SELECT args->>'email' AS email FROM public.eram_jobs ORDER BY id")
  return rows.map((row) => /** @type {{ email: string }} */ (row).email)
}

/** @type {Record<string, (db: PGlite) => { transaction: (fn: (tx: any) => Promise<unknown>) => Promise<unknown>, savepoint: (tx: any, fn: (tx: any) => Promise<unknown>) => Promise<unknown> }>} */
const ways = {
  pglite: (db) => ({
    transaction: (fn) => db.transaction(fn),
    // It has no savepoints of its own.
    async savepoint(tx, fn) {
      await tx.exec('SAVEPOINT inner_one')
      try {
        await fn(tx)
      } catch (error) {
        await tx.exec('ROLLBACK TO SAVEPOINT inner_one')
        throw error
      }
    },
  }),
  'drizzle on PGlite': (db) => {
    const orm = drizzle(db)
    return { transaction: (fn) => orm.transaction(fn), savepoint: (tx, fn) => tx.transaction(fn) }
  },
}

for (const [name, open] of Object.entries(ways)) {
  test(`${name}: jobs are there after a commit, and not after a rollback`, () =>
    withPglite(async (db) => {
      const { transaction, savepoint } = open(db)
      await transaction(async (tx) => {
        const job = await Signup.enqueue({ email: 'kept' }, { tx })
        assert.deepEqual([typeof job.id, job.queue, job.state, job.conflict], ['number', 'signups', 'available', false])
        assert.ok(job.inserted_at instanceof Date)
        await assert.rejects(
          savepoint(tx, async (inner) => {
            await Signup.enqueue({ email: 'undone' }, { tx: inner })
            throw new Undo()
          }),
          Undo,
        )
      })
      const undone = transaction(async (tx) => {
        await Signup.enqueue({ email: 'undone' }, { tx })
        throw new Undo()
      })
      await assert.rejects(undone, Undo)
      assert.deepEqual(await emails(db), ['kept'])
    }))

  test(`${name}: transactions side by side do not mix`, () =>
    withPglite(async (db) => {
      const { transaction } = open(db)
      const both = ['kept', 'undone'].map((email) =>
        transaction((tx) =>
          EramEngine.withTransaction(tx, async () => {
            await EramEngine.enqueueAll([Signup.new({ email }), Signup.new({ email })])
            if (email === 'undone') throw new Undo()
          }),
        ),
      )
      assert.deepEqual(
        (await Promise.allSettled(both)).map(({ status }) => status),
        ['fulfilled', 'rejected'],
      )
      assert.deepEqual(await emails(db), ['kept', 'kept'])
    }))

  test(`${name}: meeting a unique job is a result`, () =>
    withPglite(async (db) => {
      await open(db).transaction(async (tx) => {
        const first = await Signup.enqueue({ email: 'a' }, { tx, unique: true })
        const second = await Signup.enqueue({ email: 'a' }, { tx, unique: true })
        assert.deepEqual([second.conflict, second.id], [true, first.id])
      })
    }))

  test(`${name}: an error of the server has its SQLSTATE and does not contain the arguments`, () =>
    withPglite(async (db) => {
      await db.exec(`ALTER TABLE public.eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'email' <> 'secret')`)
      for (const [prefix, code, sqlstate] of [
        ['public', 'ERAM_DATABASE', '23514'],
        ['no_such_schema', 'ERAM_NOT_MIGRATED', '3F000'],
      ]) {
        const failed = open(db).transaction((tx) => Signup.enqueue({ email: 'secret' }, { tx, prefix }))
        await assert.rejects(failed, (error) => {
          assert.ok(error instanceof EramError)
          assert.deepEqual([error.code, error.sqlstate], [code, sqlstate])
          assert.doesNotMatch(error.message, /secret"|select/i)
          return true
        })
      }
    }))

  test(`${name}: a transaction that has ended is refused`, () =>
    withPglite(async (db) => {
      const { tx } = /** @type {any} */ (await open(db).transaction(async (inside) => ({ tx: inside })))
      await assert.rejects(Signup.enqueue({ email: 'late' }, { tx }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    }))
}

test('pglite: the database itself is refused, also where it would never return', () =>
  withPglite(async (db) => {
    const refusal = {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message:
        /^tx: expected an open pglite transaction, got a \w+ outside of one; pass the tx that db\.transaction\(async \(tx\) => …\) gives$/,
    }
    assert.throws(() => resolveExecutor(db), refusal)
    assert.throws(() => resolveExecutor(drizzle(db)), { message: /expected an open drizzle transaction/ })
    await db.transaction(() => assert.rejects(Signup.enqueue({ email: 'a' }, { tx: /** @type {any} */ (db) }), refusal))
    await db.transaction(async (tx) => {
      await tx.rollback()
      await assert.rejects(Signup.enqueue({ email: 'late' }, { tx }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    })
  }))
