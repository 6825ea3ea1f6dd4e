// The stores under measurement: targets (a schema, or a prefix of Redis keys), connections, arguments, and jobs to drain.
import { createHash, randomBytes } from 'node:crypto'
import { UsageError } from './usage-error.js'

/** @import { Client } from 'pg' */
/** @typedef {{ url: string, prefix: string, redis?: string }} Target */
/** @typedef {{ url: string, redis?: string, redisPid?: number, whyNoRedis?: string }} Stores */

const SETTINGS = ['shared_buffers', 'max_wal_size', 'fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum']
/** `{"n":…,"text":"…"}` without the text, with a number of five digits, in bytes. */
const WITHOUT_TEXT = 20
/** Incompressible, as real arguments mostly are; the same in every process and run. */
const NOISE = Array.from({ length: 64 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join('')

/** The text that makes the arguments { n, text } that long. @param {number} bytes of JSON */
export const text = (bytes) => NOISE.slice(0, Math.max(0, bytes - WITHOUT_TEXT))

/** The arguments of a job. @param {number} n @param {number} [bytes] of JSON */
export const payload = (n, bytes = 100) => ({ n, text: text(bytes) })

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Where nothing is yet. @param {Stores} stores @returns {Target} */
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
  try {
    await client.query(`CREATE DATABASE ${name}`)
  } catch (error) {
    if (/** @type {any} */ (error).code !== '42501') throw error
    throw new UsageError('bench idle: expected a user that may create databases, as the queries of others would be counted elsewhere')
  }
  const url = new URL(stores.url)
  url.pathname = `/${name}`
  try {
    return await task({ ...stores, url: url.href })
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
  }
}

/** @param {Client} client @returns {Promise<Record<string, string>>} */
export async function settings(client) {
  const { rows } = await client.query('SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name', [
    ['server_version', ...SETTINGS],
  ])
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/** Enqueues jobs for EramJS, into an empty table unless `keep`. @param {Client} client @param {number} jobs @param {number} [bytes] @param {boolean} [keep] */
export async function fill(client, jobs, bytes = 100, keep = false) {
  if (!keep) await clear(client)
  await client.query(
    `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', jsonb_build_object('n', n, 'text', $2::text) FROM generate_series(1, $1::integer) AS n`,
    [jobs, text(bytes)],
  )
  await client.query('VACUUM ANALYZE eram_jobs')
  await checkpoint(client)
}

/** @param {Client} client */
export const clear = (client) => client.query('TRUNCATE eram_jobs RESTART IDENTITY')

/** Does in advance what PostgreSQL would otherwise do during the measurement, for all tables of a target. @param {Target} target */
export async function settle(target) {
  const client = await inspector(target)
  const { rows } = await client.query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename`,
    [target.prefix],
  )
  for (const { name } of rows) await client.query(`VACUUM ANALYZE ${name}`)
  await checkpoint(client)
}

/** @param {Client} client */
async function checkpoint(client) {
  await client.query('CHECKPOINT').catch((error) => {
    // Without the privilege, it comes when it comes.
    if (error.code !== '42501') throw error
  })
}
