// The stores under measurement: targets (a schema, or a prefix of Redis keys), connections, arguments, and jobs to drain.
import { createHash, randomBytes } from 'node:crypto'

/** @import { Client } from 'pg' */
/** @typedef {{ url: string, prefix: string, redis?: string }} Target */
/** @typedef {{ postgresql?: number, redis?: number }} Pids of the servers that run on this machine */
/** @typedef {{ url: string, redis?: string, whyNoRedis?: string, pids: Pids }} Stores the URLs of the PostgreSQL database and of Redis */

const SETTINGS = ['shared_buffers', 'max_wal_size', 'fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum']
/** `{"n":…,"text":"…"}` without the text, with a number of five digits, in bytes. */
const WITHOUT_TEXT = 20
/** Incompressible, as real arguments mostly are; the same in every process and run. */
const NOISE = Array.from({ length: 64 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join('')

/** The text that makes the arguments { n, text } that long. @param {number} bytes of JSON */
export const text = (bytes) => NOISE.slice(0, Math.max(0, bytes - WITHOUT_TEXT))

/** The arguments of a job. @param {number} n @param {number} [bytes] of JSON */
export const payload = (n, bytes = 100) => ({ n, text: text(bytes) })

/** Where nothing is yet. @param {{ url: string, redis?: string }} stores @returns {Target} */
export const newTarget = ({ url, redis }) => ({ url, redis, prefix: `eram_bench_${randomBytes(4).toString('hex')}` })

/** @param {Target} target */
export async function connect({ url, prefix }) {
  // Imported here: a process that never connects through it, and whose memory is measured, is not to load it.
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, application_name: 'eram bench', options: `-c search_path="${prefix}"` })
  await client.connect()
  return client
}

/** @type {Map<string, Promise<Client>>} */
const inspectors = new Map()

/** This process's connection for looking into a target, until the target is dropped. @param {Target} target */
export function inspector(target) {
  const client = inspectors.get(target.prefix) ?? connect(target)
  inspectors.set(target.prefix, client)
  return client
}

/** @param {Target} target */
export async function drop(target) {
  const client = await inspector(target)
  inspectors.delete(target.prefix)
  await client.query(`DROP SCHEMA IF EXISTS "${target.prefix}" CASCADE`)
  await client.end()
}

/**
 * Runs a task with a database of its own.
 * @template T @param {Client} client @param {Stores} stores @param {(stores: Stores) => Promise<T>} task
 */
export async function withOwnDatabase(client, stores, task) {
  const { prefix: name } = newTarget(stores)
  await client.query(`CREATE DATABASE ${name}`)
  try {
    return await task({ ...stores, url: Object.assign(new URL(stores.url), { pathname: `/${name}` }).href })
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
  }
}

/** @param {Client} client @returns {Promise<Record<string, string>>} */
export async function settings(client) {
  const text = 'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name'
  const { rows } = await client.query(text, [['server_version', ...SETTINGS]])
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/** Enqueues jobs for EramJS. @param {Client} client @param {number} jobs @param {number} [bytes] of arguments */
export function fill(client, jobs, bytes = 100) {
  const all = `SELECT 'Noop', jsonb_build_object('n', n, 'text', $2::text) FROM generate_series(1, $1::integer) AS n`
  return client.query(`INSERT INTO eram_jobs (worker, args) ${all}`, [jobs, text(bytes)])
}

/** @param {Client} client */
export const clear = (client) => client.query('TRUNCATE eram_jobs RESTART IDENTITY')

/**
 * Whether some of EramJS' last jobs are not done: 1 or 0. Looks at the very last only until those are, and by id: a look at the whole
 * table would slow down what is measured.
 * @param {Client} client @param {number} [jobs] default: all
 */
export async function unfinishedOf(client, jobs = Number.POSITIVE_INFINITY) {
  const { rows: ids } = await client.query('SELECT coalesce(max(id), 0)::int8 AS last FROM eram_jobs')
  for (const few of [100, 5000, Number.POSITIVE_INFINITY]) {
    // Not a parameter: the planner would not know that these are few.
    const before = Math.max(0, Number(ids[0].last) - Math.min(few, jobs))
    const { rows } = await client.query(
      `SELECT FROM eram_jobs WHERE id > ${before} AND state NOT IN ('completed', 'cancelled', 'discarded') LIMIT 1`,
    )
    if (rows.length > 0) return 1
  }
  return 0
}

/** Does in advance what PostgreSQL would otherwise do during the measurement, for all tables of a schema. @param {Client} client */
export async function settle(client) {
  const { rows } = await client.query(
    `SELECT string_agg(format('%I', tablename), ', ') AS tables FROM pg_tables WHERE schemaname = current_schema()`,
  )
  await client.query(`VACUUM ANALYZE ${rows[0].tables}`)
  await client.query('CHECKPOINT').catch((error) => {
    // Without the privilege, it comes when it comes.
    if (error.code !== '42501') throw error
  })
}
