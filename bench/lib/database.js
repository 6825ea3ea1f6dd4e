// The database under measurement: connections, a schema for the length of a workload, jobs to drain, and what it is set to.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { EramEngine } from '../../index.js'

/** @import { Client } from 'pg' */
/** @typedef {{ url: string, prefix: string }} Place */

const SETTINGS = ['shared_buffers', 'max_wal_size', 'fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum']

/**
 * @param {Place} place
 * @param {object} [options] of pg
 */
export async function connect({ url, prefix }, options) {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'eram bench',
    options: `-c search_path="${prefix}"`,
    ...options,
  })
  await client.connect()
  return client
}

/**
 * Runs a workload in a schema of its own and drops it afterwards.
 * @template T
 * @param {string} url
 * @param {(place: Place, client: Client) => Promise<T>} work
 */
export async function withSchema(url, work) {
  const place = { url, prefix: `eram_bench_${randomBytes(4).toString('hex')}` }
  await EramEngine.migrate(place)
  const client = await connect(place)
  try {
    return await work(place, client)
  } finally {
    await client.query(`DROP SCHEMA ${place.prefix} CASCADE`)
    await client.end()
  }
}

/** @param {Client} client */
export async function settings(client) {
  const { rows } = await client.query('SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name', [
    ['server_version', ...SETTINGS],
  ])
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

/**
 * Jobs of about a hundred bytes of arguments that wait, on a table without a past.
 * @param {Client} client
 * @param {number} jobs
 */
export async function fill(client, jobs) {
  await clear(client)
  await client.query(
    `INSERT INTO eram_jobs (queue, worker, args)
     SELECT 'default', 'Noop', jsonb_build_object('n', n, 'text', repeat('x', 80)) FROM generate_series(1, $1::integer) AS n`,
    [jobs],
  )
  await settle(client)
}

/** @param {Client} client */
export async function clear(client) {
  await client.query('TRUNCATE eram_jobs RESTART IDENTITY')
}

/**
 * What the server would otherwise do some time during the measurement.
 * @param {Client} client
 */
async function settle(client) {
  await client.query('VACUUM ANALYZE eram_jobs')
  await client.query('CHECKPOINT').catch((error) => {
    // Not everybody may: then it comes when it comes.
    if (error.code !== '42501') throw error
  })
}

/**
 * Waits until every job is completed, and returns when that was. Looks at the last ones only until those are done: a look at the
 * whole table would take its share of what is measured.
 * @param {Client} client
 * @param {number} jobs
 * @param {AbortSignal} signal ends the wait
 * @returns {Promise<number>} as of performance.now()
 */
export async function allCompleted(client, jobs, signal) {
  let looked = 0
  for (const after of [jobs - 100, jobs - 5000, 0]) {
    // No parameter: its plan would not know that these are few.
    const unfinished = `SELECT EXISTS (SELECT FROM eram_jobs WHERE id > ${Math.max(after, 0)} AND state <> 'completed') AS some`
    while (!signal.aborted) {
      looked = performance.now()
      const { rows } = await client.query(unfinished)
      if (!rows[0].some) break
      await pause(2)
    }
  }
  return looked
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
