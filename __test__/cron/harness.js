// Job classes and helpers for tests of cron entries. A tick is made due by setting back, in SQL, what is settled: the clock is the
// database's and cannot be set.
import { EramEngine, EramJob } from '../../index.js'

/** @typedef {import('../support/database.js').Schema} Schema */

export class CronTestJob extends EramJob {
  /** @param {object} args */
  async perform(args) {
    return args
  }
}
CronTestJob.register({ max_attempts: 3 })

export class CronTestUniqueJob extends EramJob {
  async perform() {}
}
CronTestUniqueJob.register({ queue: 'resting', unique: { period: Infinity, fields: ['worker'], states: 'incomplete' } })

export class CronTestPinnedJob extends EramJob {
  async perform() {}
}
CronTestPinnedJob.register({ version: 'pinned' })

export const QUEUES = { default: 5 }
/** One tick a year, so that ticks come only when a test makes one due. */
export const YEARLY = '0 0 1 1 *'

/**
 * Makes the last tick of a yearly entry due: the table says that it has not come yet.
 * @param {Schema} schema
 * @param {string} name
 */
export async function rewind(schema, name) {
  const sql = `UPDATE eram_crons SET last_at = NULL, since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day' WHERE name = $1`
  await schema.rows(sql, [name])
}

/** The jobs of an entry. @param {Schema} schema @param {string} name */
export const jobsOf = (schema, name) => schema.rows(`SELECT * FROM eram_jobs WHERE meta->>'cron_name' = $1 ORDER BY id`, [name])

/** @param {any} engine @param {string} name */
export const entry = async (engine, name) => (await engine.cron.list()).find((/** @type {any} */ it) => it.name === name)

/** @param {Schema} schema @param {object} [options] */
export const start = (schema, options) =>
  EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: QUEUES, logger: false, ...options })

export const thisYear = async (/** @type {Schema} */ schema) => {
  const { year } = await schema.row(`SELECT extract(year FROM now() AT TIME ZONE 'UTC')::int AS year`)
  return new Date(`${year}-01-01T00:00:00Z`)
}
