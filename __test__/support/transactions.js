// What enqueueing promises in the transaction of any library; __test__/libraries/adapters says how each opens one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramError, EramJob } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { until, withSchema } from './database.js'
import { createHarness } from './fixtures/engine.js'
import { runRandomTransactions } from './random-transactions.js'
import { waitForSentinel } from './sentinel.js'

/** @typedef {import('./database.js').Schema} Schema */

/** @typedef {{ url: string, prefix: string, connections?: number, pooled?: boolean }} Place `pooled`: behind PgBouncer */
/** @typedef {(place: Place) => Promise<Adapter>} Open */

/**
 * A library that is connected to a database.
 *
 * @typedef {object} Adapter
 * @property {(fn: (tx: any) => Promise<unknown>) => Promise<unknown>} transaction commits when fn resolves, rolls back when it rejects
 * @property {(tx: any, fn: (tx: any) => Promise<unknown>) => Promise<unknown>} savepoint the same, inside a transaction
 * @property {1} [depth] savepoints in savepoints share a name in some libraries, so that the outer cannot be undone after the inner
 * @property {(tx: any, sql: string, values: string[]) => PromiseLike<unknown>} statement of the caller's own, with $1, $2 … in order
 * @property {() => any[]} outside what could be taken for a transaction and is none
 * @property {'refused' | 'runs'} ended what becomes of a job on a transaction that has ended: nobody can tell that of some
 * @property {() => Promise<unknown>} close
 */

/** How soon a job has to begin, in milliseconds after the commit, and how often that is measured. */
const AT_ONCE = 100
const ROUNDS = 5

export class Signup extends EramJob {
  static {
    this.register({ queue: 'signups', tags: ['mail'], priority: 2 })
  }

  /** @param {{ email: string, at?: string }} _args */
  async perform(_args) {}
}

class Undo extends Error {}

/** Something to wait for. */
function gate() {
  /** @type {(value?: unknown) => void} */
  let open = () => {}
  const opened = new Promise((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/**
 * @param {string} library
 * @param {Open} open
 */
export function enqueuesInTransactions(library, open) {
  /**
   * @param {string} name
   * @param {(adapter: Adapter, schema: Schema, prefix: { prefix: string }, t: import('node:test').TestContext) => Promise<unknown>} body
   * @param {{ connections?: number }} [options]
   */
  const scenario = (name, body, options) =>
    test(`${library}: ${name}`, (t) =>
      withSchema(async (schema) => {
        const { url, prefix } = schema
        const adapter = await open({ url, prefix, ...options })
        try {
          await body(adapter, schema, { prefix }, t)
        } finally {
          await adapter.close()
        }
      }))

  /** @param {Schema} schema */
  const emails = async (schema) =>
    (await schema.rows(`SELECT args->>'email' AS email FROM eram_jobs ORDER BY id`)).map(({ email }) => email)

  scenario('a job is there after the commit and not before', async ({ transaction }, schema, prefix) => {
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

  scenario('a rollback takes the job with it', async ({ transaction }, schema, prefix) => {
    const undone = transaction(async (tx) => {
      await Signup.enqueue({ email: 'a@b.c' }, { tx, ...prefix })
      throw new Undo()
    })
    await assert.rejects(undone, Undo)
    assert.deepEqual(await emails(schema), [])
  })

  scenario('a savepoint that is rolled back takes only its own jobs', async ({ transaction, savepoint }, schema, prefix) => {
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

  scenario('transactions side by side do not mix', async ({ transaction }, schema, prefix) => {
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

  scenario('many jobs go in one call and keep their order', async ({ transaction }, schema, prefix) => {
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

  scenario('a refused option leaves the transaction as it was', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      await assert.rejects(Signup.enqueue({ email: 'a' }, { tx, ...prefix, priority: 12 }), { code: 'ERAM_JOB' })
      await assert.rejects(Signup.enqueue(/** @type {any} */ ({ email: 1n }), { tx, ...prefix }), { code: 'ERAM_JOB' })
      await Signup.enqueue({ email: 'b' }, { tx, ...prefix })
    })
    assert.deepEqual(await emails(schema), ['b'])
  })

  scenario('meeting a unique job is a result', async ({ transaction }, _schema, prefix) => {
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

  scenario('a database without the functions is told from others, without a word of the arguments', async ({ transaction }) => {
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

  scenario('what the server refuses is told by its SQLSTATE, without a word of the arguments', async ({ transaction }, schema, prefix) => {
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

  scenario(
    'after a statement that failed, a job is refused with the SQLSTATE of that',
    async ({ transaction, statement }, schema, prefix) => {
      /** @type {unknown} */
      let refused
      const spoilt = transaction(async (tx) => {
        await assert.rejects(async () => statement(tx, 'select 1 / 0 as no', []))
        refused = await Signup.enqueue({ email: 'secret' }, { tx, ...prefix }).catch((error) => error)
      })
      // Some libraries see to it that this is no success.
      await Promise.allSettled([spoilt])
      assert.ok(refused instanceof EramError)
      assert.deepEqual([refused.code, refused.sqlstate], ['ERAM_DATABASE', '25P02'])
      assert.doesNotMatch(refused.message, /secret/)
      assert.deepEqual(await emails(schema), [])
    },
  )

  scenario(
    'a unique job waits for the transaction that was first, and takes its place if that is undone',
    async (adapter, schema, prefix) => {
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
        assert.equal(await second, email === 'kept')
      }
      assert.deepEqual(await emails(schema), ['undone', 'kept'])
    },
  )

  scenario('what is no transaction is refused, and told what is one', async ({ outside }, schema, prefix) => {
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

  scenario('a transaction that has ended takes no job, where somebody can tell', async ({ transaction, ended }, schema, prefix) => {
    /** @type {any} */
    let tx
    await transaction(async (it) => {
      tx = it
    })
    const late = Signup.enqueue({ email: 'late' }, { tx, ...prefix })
    if (ended === 'refused') {
      await assert.rejects(late, (error) => {
        assert.ok(error instanceof EramError)
        // What does not tell may still refuse the statement.
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

  scenario(`a job begins within ${AT_ONCE} ms of the commit, and never before`, async ({ transaction }, schema, prefix, t) => {
    // A queue that nobody wakes would not look for a minute.
    const engine = await EramEngine.start({ url: schema.url, ...prefix, queues: { clock: 20 }, poll_interval: 60_000 })
    try {
      const { waitForState } = createHarness(engine, schema)
      /** @param {object} [options] */
      const enqueue = async (options) => Number((await ClockJob.enqueue({}, options)).id)
      // The thread is there, and its file is loaded.
      await waitForState(await enqueue(), 'completed')
      /** @type {number[]} */
      const waits = []
      for (let round = 0; round < ROUNDS; round++) {
        await waitForSentinel(schema, 'clock')
        let [id, asked] = [0, 0]
        await transaction(async (tx) => {
          id = await enqueue({ tx, ...prefix })
          if (round === 0) {
            // A later one of the same queue has come and gone, and nobody has seen this one.
            await waitForState(await enqueue(), 'completed')
            assert.deepEqual(await schema.rows('SELECT FROM eram_jobs WHERE id = $1', [id]), [])
          }
          asked = Date.now()
        })
        const committed = Date.now()
        const { result: began } = await waitForState(id, 'completed')
        assert.ok(began >= asked, `it began ${asked - began} ms before the end of the callback`)
        waits.push(began - committed)
      }
      const [best = Infinity, , median = Infinity] = waits.toSorted((a, b) => a - b)
      t.diagnostic(`best ${best} ms, median ${median} ms after the commit`)
      assert.ok(median < AT_ONCE, `median of ${waits}`)
    } finally {
      await engine.stop({ grace: 0 })
    }
  })

  scenario(
    'after many transactions that end in every way, jobs and rows are the same',
    (adapter, schema, _prefix, t) => runRandomTransactions(adapter, schema, t),
    { connections: 8 },
  )
}
