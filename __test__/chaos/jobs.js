// Jobs that do what their arguments say, and write down that they do: each call of perform in `runs`, what they are for in
// `effects`. While the database is away they try again, so that nothing they did goes unrecorded.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EramJob } from '../../index.js'

/** @typedef {{ key?: string, kind: import('./plan.js').Kind, ms: number, n: number }} Script */
/** @typedef {import('../../index.js').JobContext} Context */

const { DATABASE_URL, PREFIX, NODE_NAME } = process.env
const pool = new pg.Pool({
  connectionString: DATABASE_URL,
  max: 3,
  options: `-c search_path=${PREFIX}`,
  application_name: `jobs of ${NODE_NAME}`,
})
// A connection that breaks fails what is asked of it; unheard, its error would end the thread.
pool.on('error', () => {})
pool.on('connect', (client) => client.on('error', () => {}))

/** Calls of perform in this thread that have not been given up. */
let inside = 0

/** @param {string} text @param {unknown[]} values */
async function write(text, values) {
  for (;;) {
    try {
      return await pool.query(text, values)
    } catch (error) {
      // What the server does not like about the statement it will not like the next time.
      if (/^(22|23|42)/.test(/** @type {any} */ (error).code ?? '')) throw error
    }
    await sleep(50)
  }
}

/**
 * @param {Script} script
 * @param {Context} ctx
 * @param {(run: string) => Promise<unknown>} [effect] has its effect
 */
async function perform(script, ctx, effect = (run) => write(EFFECT, [run, ctx.id, ctx.job.attempted_at])) {
  const run = randomUUID()
  // On the stack: there is no time to write that it runs.
  if (exits(script, ctx) && script.n === 1) process.exit(7)
  inside += 1
  // A promise that never settles is given up after its abort.
  let isInside = true
  const leave = () => {
    inside -= Number(isInside)
    isInside = false
  }
  if (script.kind === 'deaf') ctx.signal.addEventListener('abort', leave)
  try {
    await write(
      `INSERT INTO runs (run, job, attempt, claimed_at, node, queue, inside) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run) DO NOTHING`,
      [run, ctx.id, ctx.attempt, ctx.job.attempted_at, NODE_NAME, ctx.queue, inside],
    )
    return await act(script, ctx, () => effect(run))
  } finally {
    leave()
  }
}

const EFFECT = 'INSERT INTO effects (run, job, claimed_at) VALUES ($1, $2, $3) ON CONFLICT (run) DO NOTHING'

/** @param {Script} script @param {Context} ctx */
const exits = ({ kind }, { attempt }) => kind === 'poison' || (kind === 'exit' && attempt === 1)

/** @param {Script} script @param {Context} ctx @param {() => Promise<unknown>} effect */
async function act(script, ctx, effect) {
  const { kind, ms, n } = script
  const { attempt, signal } = ctx
  const hours = () => sleep(3_600_000, undefined, { signal })
  if (exits(script, ctx)) process.exit(7)
  if (kind === 'hold' || kind === 'expire') await hours()
  if (kind === 'late' && attempt <= n) await hours()
  if (kind === 'deaf' && attempt <= n) await new Promise(() => {})
  if (kind === 'spin' && attempt === 1) for (;;);
  if (kind === 'snooze' && Number(ctx.job.meta.snoozed ?? 0) < n) return ctx.snooze(ms / 20)
  await sleep(ms)
  if (kind === 'discard') return ctx.discard('as scripted')
  if (kind === 'cancel') throw ctx.cancel('as scripted')
  if (kind === 'transferFail' && attempt <= n) await effect()
  if (kind === 'exhaust' || ((kind === 'fail' || kind === 'transferFail') && attempt <= n)) throw new Error('as scripted')
  await effect()
  return { run: script.key }
}

export class ChaosJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename })
  }

  /** @param {Script} args @param {Context} ctx */
  perform(args, ctx) {
    return perform(args, ctx)
  }
}

/** Its effect, its outcome and its receipt are one transaction. */
export class TransferJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, transaction: true })
  }

  /** @param {Script} args @param {Context} ctx */
  perform(args, ctx) {
    return perform(args, ctx, async (run) => {
      await ctx.tx.query(EFFECT.replace('effects', `"${PREFIX}".effects`), [run, ctx.id, ctx.job.attempted_at])
      const receipt = { of: ctx.id, kind: 'success', ms: 0, n: 0 }
      await ctx.enqueue('ReceiptJob', receipt, { queue: 'fast', max_attempts: 60, backoff: 'none' })
    })
  }
}

export class ReceiptJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename })
  }

  /** @param {Script} args @param {Context} ctx */
  perform(args, ctx) {
    return perform(args, ctx)
  }
}
