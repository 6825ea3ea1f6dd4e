// Jobs whose effects are counted from outside: each writes a row on a connection of its own, as an application's would.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EramJob } from '../../../index.js'

const { DATABASE_URL, PREFIX } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 4, options: `-c search_path=${PREFIX}`, application_name: 'effects' })
pool.on('error', () => {}) // an idle connection ended; the next query opens another

/** @typedef {{ quick?: boolean, abortable?: boolean, ms?: number, lock?: number, hang?: 'before' | 'after' | 'spin' }} Script */

/**
 * Does what the arguments say, around the one thing that counts.
 *
 * @param {Script} script `quick`: has no effect; `abortable`: fails when it is aborted, not before; `lock`: waits for this advisory
 *   lock; `hang`: at the first attempt only, `spin` with the whole thread
 * @param {import('../../../index.js').JobContext} ctx
 */
async function effect({ quick, abortable, ms = 0, lock, hang }, ctx) {
  const forever = new Promise(() => {})
  ctx.log.info('begun')
  if (hang === 'before' && ctx.attempt === 1) await forever
  if (hang === 'spin' && ctx.attempt === 1) for (;;);
  if (abortable) await sleep(3_600_000, undefined, { signal: ctx.signal })
  if (ms > 0) await sleep(ms)
  if (quick) return
  if (lock !== undefined) await pool.query('SELECT pg_advisory_xact_lock_shared($1)', [lock])
  await pool.query('INSERT INTO effects (job, attempt, pid) VALUES ($1, $2, $3)', [ctx.id, ctx.attempt, process.pid])
  ctx.log.info('done')
  if (hang === 'after' && ctx.attempt === 1) await forever
}

export class EffectJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename })
  }

  /** @param {Script} args @param {import('../../../index.js').JobContext} ctx */
  async perform(args, ctx) {
    await effect(args, ctx)
  }
}

/** The same in a process of its own, which tells its number. */
export class IsolatedJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, isolation: 'process' })
  }

  /** @param {Script} args @param {import('../../../index.js').JobContext} ctx */
  async perform(args, ctx) {
    ctx.log.info(`pid ${process.pid}`)
    await effect(args, ctx)
  }
}

/** Crashes natively whatever process it runs in. */
export class SegfaultJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, backoff: 'none' })
  }

  perform() {
    process.kill(process.pid, 'SIGSEGV')
    return new Promise(() => {})
  }
}
