// The database under measurement: connections, a schema for the length of a workload, jobs to drain, and what it is set to.

import { randomBytes } from 'node:crypto'
import { text } from './payload.js'
import { Refusal } from './refusal.js'

/** @import { Client } from 'pg' */
/** @typedef {{ url: string, prefix: string, redis?: string }} Place  prefix: a schema, or what Redis keys begin with */
/** @typedef {{ url: string, redis?: string, redisPid?: number, whyNoRedis?: string }} Stores */

const SETTINGS = ['shared_buffers', 'max_wal_size', 'fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum']

/**
 * @param {Place} place
 * @param {object} [options] of pg
 */
export async function connect({ url, prefix }, options) {
  // Not above: one that never connects through it, whose memory is measured, is not to carry it.
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    connectionString: url,
    application_name: 'eram bench',
    options: `-c search_path="${prefix}"`,
    ...options,
  })
  await client.connect()
  return client
}

/** @type {Map<string, Promise<Client>>} */
const looking = new Map()

/**
 * The connection of this process for looks at a place: always the same one, until the place is dropped.
 * @param {Place} place
 */
export function look(place) {
  const client = looking.get(place.prefix) ?? connect(place)
  looking.set(place.prefix, client)
  return client
}

/** The schema of a place is gone. @param {Place} place */
export async function drop(place) {
  const client = await look(place)
  looking.delete(place.prefix)
  await client.query(`DROP SCHEMA IF EXISTS "${place.prefix}" CASCADE`)
  await client.end()
}

/** Where nothing is yet. @param {Stores} stores @returns {Place} */
export const freshPlace = ({ url, redis }) => ({ url, redis, prefix: `eram_bench_${randomBytes(4).toString('hex')}` })

/**
 * A database of its own for the length of a task.
 * @template T
 * @param {Client} client
 * @param {Stores} stores
 * @param {(stores: Stores) => Promise<T>} task
 */
export async function withOwnDatabase(client, stores, task) {
  const { prefix: name } = freshPlace(stores)
  try {
    await client.query(`CREATE DATABASE ${name}`)
  } catch (error) {
    if (/** @type {any} */ (error).code !== '42501') throw error
    throw new Refusal('bench idle: expected a user who may create databases, as elsewhere the queries of others would be counted')
  }
  const url = new URL(stores.url)
  url.pathname = `/${name}`
  try {
    return await task({ ...stores, url: url.href })
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
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
 * Jobs that wait, on a table without a past.
 * @param {Client} client
 * @param {number} jobs
 * @param {{ bytes?: number, queue?: string }} [how] bytes of arguments
 */
export async function fill(client, jobs, { bytes = 100, queue = 'default' } = {}) {
  await clear(client)
  await client.query(
    `INSERT INTO eram_jobs (queue, worker, args)
     SELECT $3, 'Noop', jsonb_build_object('n', n, 'text', $2::text) FROM generate_series(1, $1::integer) AS n`,
    [jobs, text(bytes), queue],
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
export async function settle(client) {
  await client.query('VACUUM ANALYZE eram_jobs')
  await checkpoint(client)
}

/** @param {Client} client */
export async function checkpoint(client) {
  await client.query('CHECKPOINT').catch((error) => {
    // Not everybody may: then it comes when it comes.
    if (error.code !== '42501') throw error
  })
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
