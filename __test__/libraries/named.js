// What a driver that is named in the configuration promises, whatever the library: jobs on threads and on the main thread run in
// its transaction. Each library has a file, named-<library>.test.js.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { prepareDriver } from '../../lib/drivers/index.js'
import { DATABASE_URL, schema as migrated, until, withSchema } from '../support/database.js'
import { Follower, LedgerJob, MainLedgerJob } from './named-jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/**
 * @typedef {object} Row
 * @property {import('../../index.js').DriverType} type
 * @property {(url: string) => object} [config] missing where JSON cannot configure the library
 * @property {string} export of instances.js
 * @property {boolean} [silent] whether its instances hide where they connect
 */

const LIMIT = 6
/** For an instance alone, which jobs on threads cannot have, and which is not closed. */
const MAIN = { isolation: /** @type {const} */ ('main') }
const INSTANCES = fileURLToPath(new URL('instances.js', import.meta.url))

/**
 * @param {string} name
 * @param {Row} row
 */
export function performsInTransactions(name, row) {
  const { type, config } = row
  const file = { type, filename: INSTANCES, export: row.export }
  if (config) {
    test(`${name}: by config`, () => performs({ type, config: config(DATABASE_URL) }, type, LedgerJob))
    test(`${name}: by config, on the main thread`, () => performs({ type, config: config(DATABASE_URL) }, type, MainLedgerJob))
  }
  test(`${name}: by file`, () => performs(file, type, LedgerJob))

  test(`${name}: as an instance, which stays open`, async () => {
    const { root, close } = await instance(file)
    await performs(root, type, MainLedgerJob, MAIN)
    await performs({ type, instance: root, filename: INSTANCES, export: row.export }, type, LedgerJob)
    await performs({ type, instance: root }, type, MainLedgerJob, MAIN)
    await close()
  })

  test(`${name}: an instance alone does not serve jobs on threads`, async () => {
    const { root, close } = await instance(file)
    const { spec } = await prepareDriver(root)
    if (spec === null) {
      const { prefix, drop } = await migrated()
      await assert.rejects(EramEngine.start({ prefix, driver: /** @type {any} */ (root), queues: { ledgers: 1 } }), {
        code: 'ERAM_CONFIG',
        message:
          /^driver: expected \{ type, config \} or \{ type, filename, export \} in addition to the live instance, because LedgerJob performs/,
      })
      await drop()
    } else assert.equal(type, 'pg')
    await close()
  })

  test(`${name}: the engine connects where the instance does, as far as it shows`, async () => {
    const { prepared, close } = await instance(file)
    const { host, hostname, port, username } = new URL(DATABASE_URL)
    const shown = new RegExp(`${host}|host='${hostname}' port='${port}' user='${username}'`)
    assert.match(prepared.url, shown)
    delete process.env.DATABASE_URL
    try {
      if (row.silent) await assert.rejects(prepareDriver(file), { code: 'ERAM_CONFIG', message: /: expected url in addition, because/ })
      const elsewhere = await prepareDriver({ ...file, url: 'postgres://elsewhere' })
      assert.equal(elsewhere.url, 'postgres://elsewhere')
      await elsewhere.close()
    } finally {
      process.env.DATABASE_URL = DATABASE_URL
    }
    await close()
  })
}

/** The instance that an application gets when it imports its own file. @param {object} file */
async function instance(file) {
  const prepared = await prepareDriver(file)
  const { root } = await prepared.open(1)
  return { prepared, root, close: prepared.close }
}

/**
 * @param {unknown} driver
 * @param {string} library
 * @param {typeof LedgerJob} Job
 * @param {{ isolation?: 'main' }} [queue]
 */
const performs = (driver, library, Job, queue) =>
  withSchema(async (schema) => {
    await schema.rows('CREATE TABLE ledger (entry text PRIMARY KEY, pid int DEFAULT pg_backend_pid())')
    const engine = await EramEngine.start({
      prefix: schema.prefix,
      driver: /** @type {any} */ (driver),
      queues: { ledgers: { limit: LIMIT, ...queue } },
      logger: false,
    })
    let pids
    try {
      pids = await scenario(schema, library, Job)
    } finally {
      await engine.stop({ grace: 1000 })
    }
    // What was opened for jobs is closed with their thread.
    if (queue !== MAIN)
      await until(async () => assert.deepEqual(await schema.rows('SELECT pid FROM pg_stat_activity WHERE pid = ANY($1)', [pids]), []))
  })

/**
 * @param {Schema} schema
 * @param {string} library
 * @param {typeof LedgerJob} Job
 */
async function scenario(schema, library, Job) {
  const args = { library, schema: schema.prefix }
  /** @param {number | null} id @param {string} state */
  const waitForState = (id, state) =>
    until(async () => {
      const row = await schema.row('SELECT * FROM eram_jobs WHERE id = $1', [id])
      assert.equal(row.state, state, JSON.stringify(row.errors))
      return row
    })
  const entries = async () => (await schema.rows('SELECT entry FROM ledger ORDER BY entry')).map(({ entry }) => entry)
  const followed = async () =>
    (await schema.rows(`SELECT args->>'of' AS entry FROM eram_jobs WHERE worker = $1 ORDER BY 1`, [Follower.name])).map(
      ({ entry }) => entry,
    )

  const kept = await Job.enqueue({ ...args, entry: 'kept' })
  assert.deepEqual((await waitForState(kept.id, 'completed')).result, { isMainThread: Job === MainLedgerJob })
  assert.deepEqual([await entries(), await followed()], [['kept'], ['kept']])

  // Undone with all that it wrote and enqueued.
  const undone = await waitForState((await Job.enqueue({ ...args, entry: 'undone', fail: true })).id, 'discarded')
  assert.equal(undone.errors[0].message, 'not today')
  assert.deepEqual([await entries(), await followed()], [['kept'], ['kept']])

  // As many transactions side by side as the queue may have jobs.
  const together = Array.from({ length: LIMIT }, (_, i) => ({ ...args, entry: `together ${i}`, size: LIMIT }))
  const jobs = await EramEngine.enqueueAll(together.map((each) => Job.new(each)))
  for (const { id } of jobs) await waitForState(id, 'completed')
  const pids = (await schema.rows(`SELECT pid FROM ledger WHERE entry LIKE 'together%'`)).map(({ pid }) => pid)
  assert.equal(new Set(pids).size, LIMIT)
  assert.deepEqual(await followed(), await entries())
  return pids
}
