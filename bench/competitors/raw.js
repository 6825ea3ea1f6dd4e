// Raw SQL, the upper bound: the engine's own functions on its own tables, from a client that does nothing with a job but complete it.
// Two connections claim, and a third completes what they have claimed, each waiting only for the server.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { eram } from './eram.js'

/** @import { Args, Competitor, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

const CLAIMERS = 2
const BATCH = 1000
const CHANNEL = 'eram_bench'
const ENQUEUERS = 50

// Prepared, as the names say; values stay text, as most are only sent back.
const RAW = { rowMode: /** @type {const} */ ('array'), types: { getTypeParser: () => (/** @type {string} */ value) => value } }
const CLAIM = { ...RAW, name: 'claim', text: 'SELECT id, attempted_at, args FROM eram_fetch_jobs($1, $2, $3, $4, $5, $6, $7, $8)' }
const COMPLETE = { ...RAW, name: 'complete', text: 'SELECT eram_complete_jobs($1, $2, $3, $4)' }
const ONE = `INSERT INTO eram_jobs (worker, args) VALUES ('Noop', $1) RETURNING id`
const NOTIFIED = `WITH inserted AS (${ONE}) SELECT pg_notify('${CHANNEL}', '')`
const MANY = `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', a.args FROM jsonb_array_elements($1::jsonb) AS a(args) RETURNING id`

/** @type {Competitor} */
export const raw = {
  ...eram,
  name: 'raw SQL',
  package: 'pg',
  settings: {
    tuned: `the engine's functions: two connections claim ${BATCH} at once, one completes what they have claimed`,
    enqueue: `one INSERT per job, up to ${ENQUEUERS} connections, no notification`,
  },
  cannot: { idle: 'it has no queues to watch' },
  work,
  async enqueuer(target, { wakes }) {
    const pool = new pg.Pool({ ...connection(target), max: ENQUEUERS })
    return {
      one: (args) => pool.query(wakes ? NOTIFIED : ONE, [args]),
      bulk: (all) => pool.query(MANY, [JSON.stringify(all)]),
      within: (client, args) => client.query(ONE, [args]),
      close: () => pool.end(),
    }
  },
}

/** @param {Target} target */
const connection = ({ url, prefix }) => ({ connectionString: url, options: `-c search_path="${prefix}"` })

/** @param {Target} target @param {Work} work */
async function work(target, { began, paused = false }) {
  const clients = Array.from({ length: CLAIMERS + 2 }, () => new pg.Client({ ...connection(target), pipeline: true }))
  await Promise.all(clients.map((client) => client.connect()))
  const [completer, listener, ...claimers] = /** @type {[pg.Client, pg.Client, ...pg.Client[]]} */ (clients)
  const producer = randomUUID()
  const values = ['default', BATCH, 'raw', producer, ['Noop'], null, [], []]
  /** @type {(() => void)[]} */
  const waiting = []
  let notifications = 0
  /** Wakes one that waits; one that is busy does not start to wait. */
  const notified = () => {
    notifications++
    waiting.shift()?.()
  }
  listener.on('notification', notified)
  await listener.query(`LISTEN ${CHANNEL}`)
  let isStopping = false

  /** @param {pg.Client} client */
  async function claim(client) {
    const completions = []
    while (!isStopping) {
      const seen = notifications
      const { rows } = await client.query({ ...CLAIM, values })
      const at = process.hrtime.bigint()
      for (const [, , args] of began ? rows : []) began?.(JSON.parse(args).n, at)
      if (rows.length > 0) completions.push(complete(rows))
      else if (notifications === seen) await new Promise((resolve) => waiting.push(() => resolve(null)))
    }
    await Promise.all(completions)
  }

  /** All jobs of one claim have its instant and its producer. @param {string[][]} rows */
  async function complete(rows) {
    const values = [rows.map(([id]) => id), [rows.length], [rows[0]?.[1]], [producer]]
    const { rows: counts } = await completer.query({ ...COMPLETE, values })
    if (Number(counts[0]?.[0]) !== rows.length) throw new Error(`raw SQL: expected ${rows.length} jobs completed, got ${counts[0]?.[0]}`)
  }

  /** @type {Promise<unknown>} */
  let working = Promise.resolve()
  const begin = async () => {
    working = Promise.all(claimers.map(claim))
  }
  if (!paused) await begin()
  return {
    begin,
    async stop() {
      isStopping = true
      for (const _ of claimers) notified()
      await working
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}
