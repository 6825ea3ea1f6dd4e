// What enqueueing promises in the transaction of any library; each library's test file says how it opens one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramError, EramJob } from '../../index.js'
import { withSchema } from './database.js'

/** @typedef {import('./database.js').Schema} Schema */

/**
 * @typedef {object} Subject
 * @property {(fn: (tx: any) => Promise<unknown>) => Promise<unknown>} transaction commits when fn resolves, rolls back when it rejects
 * @property {(tx: any, fn: (tx: any) => Promise<unknown>) => Promise<unknown>} savepoint the same, inside a transaction
 * @property {() => Promise<unknown>} close
 */

export class Signup extends EramJob {
  static {
    this.register({ queue: 'signups', tags: ['mail'], priority: 2 })
  }

  /** @param {{ email: string, at?: string }} _args */
  async perform(_args) {}
}

class Undo extends Error {}

/**
 * @param {string} library
 * @param {(schema: Schema) => Promise<Subject>} open
 */
export function enqueuesInTransactions(library, open) {
  /** @param {string} name @param {(subject: Subject, schema: Schema, prefix: { prefix: string }) => Promise<unknown>} body */
  const story = (name, body) =>
    test(`${library}: ${name}`, () =>
      withSchema(async (schema) => {
        const subject = await open(schema)
        try {
          await body(subject, schema, { prefix: schema.prefix })
        } finally {
          await subject.close()
        }
      }))

  /** @param {Schema} schema */
  const emails = async (schema) =>
    (await schema.rows(`SELECT args->>'email' AS email FROM eram_jobs ORDER BY id`)).map(({ email }) => email)

  story('a job is there after the commit and not before', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      const job = await Signup.enqueue({ email: 'a@b.c' }, { tx, ...prefix })
      assert.deepEqual(
        { ...job, id: typeof job.id, inserted_at: job.inserted_at instanceof Date, scheduled_at: job.scheduled_at instanceof Date },
        {
          id: 'number',
          worker: 'Signup',
          queue: 'signups',
          args: { email: 'a@b.c' },
          state: 'available',
          conflict: false,
          inserted_at: true,
          scheduled_at: true,
        },
      )
      assert.deepEqual(await emails(schema), [])
    })
    assert.deepEqual(await schema.rows('SELECT worker, queue, args, tags, priority FROM eram_jobs'), [
      { worker: 'Signup', queue: 'signups', args: { email: 'a@b.c' }, tags: ['mail'], priority: 2 },
    ])
  })

  story('a rollback takes the job with it', async ({ transaction }, schema, prefix) => {
    const undone = transaction(async (tx) => {
      await Signup.enqueue({ email: 'a@b.c' }, { tx, ...prefix })
      throw new Undo()
    })
    await assert.rejects(undone, Undo)
    assert.deepEqual(await emails(schema), [])
  })

  story('a savepoint that is rolled back takes only its own jobs', async ({ transaction, savepoint }, schema, prefix) => {
    await transaction(async (tx) => {
      await Signup.enqueue({ email: 'kept' }, { tx, ...prefix })
      const undone = savepoint(tx, async (inner) => {
        await Signup.enqueue({ email: 'undone' }, { tx: inner, ...prefix })
        throw new Undo()
      })
      await assert.rejects(undone, Undo)
    })
    assert.deepEqual(await emails(schema), ['kept'])
  })

  story('transactions side by side do not mix', async ({ transaction }, schema, prefix) => {
    const both = await Promise.allSettled(
      ['kept', 'undone'].map((email) =>
        transaction((tx) =>
          EramEngine.withTransaction(
            tx,
            async () => {
              for (let i = 0; i < 3; i++) await Signup.enqueue({ email })
              if (email === 'undone') throw new Undo()
            },
            prefix,
          ),
        ),
      ),
    )
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    assert.deepEqual(await emails(schema), ['kept', 'kept', 'kept'])
  })

  story('many jobs go in one call and keep their order', async ({ transaction }, schema, prefix) => {
    const drafts = Array.from({ length: 2500 }, (_, i) => Signup.new({ email: String(i) }))
    await transaction(async (tx) => {
      const jobs = await EramEngine.enqueueAll(drafts, { tx, ...prefix })
      assert.deepEqual(
        jobs.map((job) => job.args),
        drafts.map((draft) => draft.args),
      )
    })
    assert.deepEqual(
      await emails(schema),
      drafts.map((draft) => draft.args.email),
    )
  })

  story('a refused option leaves the transaction as it was', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx, ...prefix, priority: 12 }), { code: 'ERAM_JOB' })
      await assert.rejects(Signup.enqueue(/** @type {any} */ ({ email: 1n }), { tx, ...prefix }), { code: 'ERAM_JOB' })
      await Signup.enqueue({ email: 'b' }, { tx, ...prefix })
    })
    assert.deepEqual(await emails(schema), ['b'])
  })

  story('meeting a unique job is a result', async ({ transaction }, _schema, prefix) => {
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

  story('a database without the functions is told from others, without a word of the arguments', async ({ transaction }) => {
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

  story('what the server refuses is told by its SQLSTATE, without a word of the arguments', async ({ transaction }, schema, prefix) => {
    await schema.rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'email' <> 'secret')`)
    const failed = transaction((tx) => Signup.enqueue({ email: 'secret' }, { tx, ...prefix }))
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof EramError)
      assert.equal(error.code, 'ERAM_DATABASE')
      assert.equal(error.sqlstate, '23514')
      assert.match(
        error.message,
        /^enqueue: the database refused it: new row .* violates check constraint "no_secrets" \(SQLSTATE 23514\); this transaction is aborted/,
      )
      return true
    })
  })
}
