// Those that enqueue and cancel, in every way, and keep a record of the answers.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { isOutage, poolOf } from './cluster.js'
import { CALLERS } from './plan.js'

/** @typedef {import('./cluster.js').Cluster} Cluster */
/** @typedef {import('./plan.js').Batch} Batch */
/** @typedef {import('./plan.js').Draft} Draft */

/**
 * Enqueues the batches at their times; resolves when all are settled, and all that was to be cancelled is.
 *
 * @param {Cluster} cluster
 * @param {Batch[]} batches
 */
export async function enqueueAll(cluster, batches) {
  const address = new URL(cluster.url)
  address.searchParams.set('application_name', 'callers')
  const engine = await EramEngine.start({ name: 'callers', url: address.href, prefix: cluster.prefix, logger: false })
  const pool = poolOf({ ...cluster.options, max: 16, application_name: 'callers' })
  const caller = new Caller(cluster, engine, pool)
  try {
    await Promise.all(batches.map((batch) => cluster.moment(batch.at).then(() => caller.enqueue(batch))))
    cluster.note('all is enqueued')
    await caller.recordAnswers()
  } finally {
    await engine.stop({ grace: 0 })
    await pool.end()
  }
}

class Caller {
  #cluster
  #engine
  #pool
  /** @type {{ key: string, met: boolean }[]} */
  #answers = []

  /** @param {Cluster} cluster @param {EramEngine} engine @param {import('pg').Pool} pool */
  constructor(cluster, engine, pool) {
    this.#cluster = cluster
    this.#engine = engine
    this.#pool = pool
  }

  /** @param {Batch} batch */
  async enqueue({ way, drafts }) {
    if (way === 'rollback') await this.#transaction(drafts, 'ROLLBACK').catch(expectOutage)
    else if (way === 'commit') await this.#committed(drafts)
    else if (way === 'plain') await Promise.all(drafts.map((draft) => this.#plain(draft)))
    else if (way === 'bulk') await this.#bulk(drafts)
    else await Promise.all(drafts.map((draft) => this.#atOnce(draft)))
    await Promise.all(drafts.filter(({ cancel }) => cancel !== undefined && way !== 'rollback').map((draft) => this.#cancel(draft)))
  }

  /** Writes the answers that callers received into the table. */
  async recordAnswers() {
    await this.#cluster.rows('INSERT INTO answers SELECT * FROM jsonb_to_recordset($1) AS t(key text, met boolean)', [
      JSON.stringify(this.#answers),
    ])
  }

  /** Until it is known to be committed: the ledger tells when the answer was lost. @param {Draft[]} drafts */
  async #committed(drafts) {
    for (;;) {
      try {
        return await this.#transaction(drafts, 'COMMIT')
      } catch (error) {
        expectOutage(error)
      }
      await sleep(100)
      const known = await this.#cluster.rows('SELECT FROM ledger WHERE key = $1', [drafts[0]?.key])
      if (known.length > 0) return
    }
  }

  /** @param {Draft[]} drafts @param {'COMMIT' | 'ROLLBACK'} end */
  async #transaction(drafts, end) {
    const client = await this.#pool.connect()
    let isBroken = true
    try {
      await client.query('BEGIN')
      const jobs = await EramEngine.enqueueAll(drafts.map(plain), { tx: client, engine: this.#engine })
      const entries = drafts.map(({ key }, i) => ({ key, met: jobs[i]?.conflict }))
      if (end === 'COMMIT') {
        await client.query('INSERT INTO ledger SELECT * FROM jsonb_to_recordset($1) AS t(key text, met boolean)', [JSON.stringify(entries)])
      }
      await client.query(end)
      isBroken = false
    } finally {
      client.release(isBroken)
    }
  }

  /** Not again after an outage: then the job is there or not. @param {Draft} draft */
  async #plain(draft) {
    try {
      const { conflict } = await this.#engine.enqueue(draft.worker, draft.args, optionsOf(draft))
      this.#answers.push({ key: draft.key, met: conflict })
    } catch (error) {
      expectOutage(error)
    }
  }

  /** @param {Draft[]} drafts */
  async #bulk(drafts) {
    try {
      await this.#engine.enqueueAll(drafts.map(plain))
      this.#answers.push(...drafts.map(({ key }) => ({ key, met: false })))
    } catch (error) {
      expectOutage(error)
    }
  }

  /** By several callers at once, each in its own way. @param {Draft} draft */
  async #atOnce(draft) {
    const calls = Array.from({ length: CALLERS - 2 }, () => this.#plain(draft))
    await Promise.all([...calls, this.#transaction([draft], 'ROLLBACK').catch(expectOutage), this.#committed([draft])])
  }

  /** Until the job has been asked to stop, or has ended. @param {Draft} draft */
  async #cancel({ key, cancel = 0 }) {
    await sleep(cancel)
    const [job] = await this.#cluster.rows(`SELECT id FROM eram_jobs WHERE args->>'key' = $1`, [key])
    while (job) {
      try {
        return await this.#engine.jobs.cancel(Number(job.id), { reason: 'as planned' })
      } catch (error) {
        expectOutage(error)
      }
      await sleep(100)
    }
  }
}

/** @param {unknown} error */
function expectOutage(error) {
  if (!isOutage(error)) throw error
}

/** @param {Draft} draft */
function plain({ key, cancel, ...draft }) {
  return draft
}

/** @param {Draft} draft */
function optionsOf({ key, cancel, worker, args, ...options }) {
  return options
}
