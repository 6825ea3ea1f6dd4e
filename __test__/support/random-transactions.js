// Transactions that begin, nest and end at random, and write a row with each job: after all of them every row has its job.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { EramEngine } from '../../index.js'
import { Signup } from './transactions/signup.js'

/** @typedef {import('./transactions.js').Adapter} Adapter */
/** @typedef {import('./database.js').Schema} Schema */
/** @typedef {{ emails: string[], way: number, rowFirst: boolean }} Write */
/** @typedef {{ steps: Step[], undone: boolean }} Scope a transaction, or a savepoint in one */
/** @typedef {Write | Scope} Step */

const AT_ONCE = 8

class Undo extends Error {}

/**
 * Numbers from 0 to 1 that are the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * @param {() => number} next
 * @param {string} name
 * @param {number} depth of savepoints in it
 * @returns {Scope}
 */
function scope(next, name, depth) {
  const steps = Array.from({ length: 1 + Math.floor(next() * 3) }, (_, i) => {
    const own = `${name}.${i}`
    if (depth > 0 && next() < 0.3) return scope(next, own, depth - 1)
    const way = Math.floor(next() * 3)
    const emails = way === 2 ? [`${own}a`, `${own}b`, `${own}c`] : [own]
    return { emails, way, rowFirst: next() < 0.5 }
  })
  return { steps, undone: next() < 0.35 }
}

/** The emails that are committed. @param {Scope} scope @returns {string[]} */
const kept = ({ steps, undone }) => (undone ? [] : steps.flatMap((step) => ('emails' in step ? step.emails : kept(step))))

/**
 * @param {Adapter} adapter
 * @param {Schema} schema
 * @param {import('node:test').TestContext} t
 * @param {{ count: number }} options how many, unless ERAM_TRANSACTIONS says otherwise
 */
export async function runRandomTransactions(adapter, schema, t, options) {
  const count = Number(process.env.ERAM_TRANSACTIONS ?? options.count)
  const { prefix } = schema
  const seed = Number(process.env.ERAM_SEED ?? randomInt(2 ** 31))
  t.diagnostic(`ERAM_SEED=${seed}, ${count} transactions`)
  await schema.rows('CREATE TABLE signups (email text PRIMARY KEY)')
  const next = numbers(seed)
  const scopes = Array.from({ length: count }, (_, i) => scope(next, `${i}`, adapter.depth ?? 2))

  /** @param {any} tx @param {Write} write */
  async function write(tx, { emails, way, rowFirst }) {
    const row = async () => {
      for (const email of emails) await adapter.statement(tx, `insert into "${prefix}".signups (email) values ($1)`, [email])
    }
    const job = async () => {
      const [email = ''] = emails
      if (way === 0) await Signup.enqueue({ email }, { tx, prefix })
      else if (way === 1) await EramEngine.withTransaction(tx, () => Signup.enqueue({ email }), { prefix })
      else
        await EramEngine.enqueueAll(
          emails.map((each) => Signup.new({ email: each })),
          { tx, prefix },
        )
    }
    for (const part of rowFirst ? [row, job] : [job, row]) await part()
  }

  /** @param {any} tx @param {Scope} scope */
  async function perform(tx, { steps, undone }) {
    for (const step of steps) {
      if ('emails' in step) await write(tx, step)
      else await ends(step, (fn) => adapter.savepoint(tx, fn))
    }
    if (undone) throw new Undo()
  }

  /** @param {Scope} scope @param {(fn: (tx: any) => Promise<unknown>) => Promise<unknown>} within */
  async function ends(scope, within) {
    const over = within((tx) => perform(tx, scope))
    if (scope.undone) await assert.rejects(over, Undo)
    else await over
  }

  const left = scopes.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const scope of left) await ends(scope, adapter.transaction)
    }),
  )

  const unpaired = await schema.rows(
    `SELECT email, args->>'email' AS job FROM signups FULL JOIN eram_jobs ON email = args->>'email' WHERE email IS NULL OR id IS NULL`,
  )
  assert.deepEqual(unpaired, [])
  const jobs = await schema.rows(`SELECT args->>'email' AS email FROM eram_jobs`)
  assert.deepEqual(jobs.map(({ email }) => email).sort(), scopes.flatMap(kept).sort())
}
