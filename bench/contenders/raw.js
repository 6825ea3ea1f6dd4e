// Raw SQL, the ceiling: the engine's own statements on its own tables, from a client that does nothing with a job but complete
// it. Two connections claim and one completes what has been claimed meanwhile, each waiting only for the server.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { connect } from '../lib/database.js'
import { statement } from '../lib/statements.js'
import { array, int4, int8, item, Statement, Wire, word } from '../lib/wire.js'
import { contender as eram } from './eram.js'

/** @import { Args, Contender, Enqueuing, Work } from './index.js' */
/** @import { Place } from '../lib/database.js' */
/** @typedef {{ count: number, ids: Buffer, at: Buffer }} Claimed ids, and the instant of the claim, as items of arrays */

const [TEXT, INT8, INT4, TIMESTAMPTZ, UUID] = [25, 20, 23, 1184, 2950]
const [TEXTS, INT8S, INT4S, TIMESTAMPTZS, UUIDS] = [1009, 1016, 1007, 1185, 2951]
const CLAIMERS = 2
const [ARGS, ATTEMPTED_AT] = [6, 12]
const BATCH = 1000
const CHANNEL = 'eram_bench'

const ONE = `INSERT INTO eram_jobs (worker, args) VALUES ('Noop', $1) RETURNING id`
const HEARD = `WITH inserted AS (${ONE}) SELECT pg_notify('${CHANNEL}', '')`
const MANY = `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', a.args FROM jsonb_array_elements($1::jsonb) AS a(args) RETURNING id`

/** @type {Contender} */
export const contender = {
  name: 'raw SQL',
  store: 'postgresql',
  package: 'pg',
  settings: {
    tuned: `the engine's statements: two connections claim ${BATCH} at once, one completes what was claimed meanwhile`,
    enqueue: 'one INSERT a job, up to 50 connections of pg; nobody is notified',
  },
  cannot: { cpu: 'it runs nothing', idle: 'it has no queues to watch' },
  create: eram.create,
  destroy: eram.destroy,
  fill: eram.fill,
  unfinished: eram.unfinished,
  poised,
  async work(place, work) {
    const client = await poised(place, work)
    await client.begin()
    return client
  },
  enqueuer,
}

/**
 * @param {Place} place
 * @param {Enqueuing} what
 */
async function enqueuer({ url, prefix }, { heard }) {
  const pool = new pg.Pool({ connectionString: url, options: `-c search_path="${prefix}"`, max: 50 })
  return {
    one: (/** @type {Args} */ args) => pool.query(heard ? HEARD : ONE, [args]),
    bulk: (/** @type {Args[]} */ all) => pool.query(MANY, [JSON.stringify(all)]),
    within: (/** @type {pg.Client} */ client, /** @type {Args} */ args) => client.query(ONE, [args]),
    close: () => pool.end(),
  }
}

/**
 * @param {Place} place
 * @param {Work} work
 */
async function poised(place, { limit: batch = BATCH, began }) {
  const fetch = new Statement(statement('fetch_jobs', place.prefix), [TEXT, INT8, TEXT, TEXT, TEXTS, TEXT, TEXTS, TEXTS])
  const complete = new Statement(statement('complete_jobs', place.prefix), [INT8S, INT4S, TIMESTAMPTZS, UUIDS])
  const producer = randomBytes(16)
  const none = array(TEXT, 0, [])
  const claim = [word('default'), int8(batch), word('raw'), word(uuid(producer)), array(TEXT, 1, [item(word('Noop'))]), null, none, none]
  const claimers = await Promise.all(Array.from({ length: CLAIMERS }, () => open(place)))
  const completer = await open(place)
  const listener = await connect(place)
  const bell = new Bell()
  listener.on('notification', () => bell.ring())
  await listener.query(`LISTEN ${CHANNEL}`)

  /** @type {Claimed[]} */
  const claimed = []
  const filled = new Bell()
  let stopping = false

  /** @param {Wire} wire */
  async function claims(wire) {
    while (!stopping) {
      const heard = bell.rings
      const ids = Buffer.alloc(batch * 12)
      let read = 0
      let at = Buffer.alloc(0)
      const count = await wire.run(fetch, claim, (bytes, first) => {
        read += bytes.copy(ids, read, first, first + 12)
        if (at.length === 0) at = column(bytes, first, ATTEMPTED_AT)
        if (began) began(number(column(bytes, first, ARGS)), process.hrtime.bigint())
      })
      if (count > 0) claimed.push({ count, ids: ids.subarray(0, read), at })
      if (count > 0) filled.ring()
      else await bell.after(heard)
    }
  }

  async function completes() {
    while (!stopping || claimed.length > 0) {
      const heard = filled.rings
      const batches = claimed.splice(0, 2)
      if (batches.length === 0) {
        await filled.after(heard)
        continue
      }
      const count = batches.reduce((sum, it) => sum + it.count, 0)
      const ids = array(
        INT8,
        count,
        batches.map((it) => it.ids),
      )
      // What a claim says of all its jobs.
      const each = (/** @type {number} */ type, /** @type {(it: Claimed) => Buffer} */ value) =>
        array(type, batches.length, batches.map(value))
      const counts = each(INT4, (it) => item(int4(it.count)))
      const at = each(TIMESTAMPTZ, (it) => it.at)
      const by = each(UUID, () => item(producer))
      let done = 0
      await completer.run(complete, [ids, counts, at, by], (bytes, first) => {
        // One row, with how many it wrote.
        done = Number(bytes.readBigInt64BE(first + 4))
      })
      if (done !== count) throw new Error(`raw SQL: expected ${count} jobs completed, got ${done}`)
    }
  }

  /** @type {Promise<unknown>} */
  let working = Promise.resolve()
  return {
    async begin() {
      working = Promise.all([...claimers.map(claims), completes()])
    },
    async stop() {
      stopping = true
      bell.ringAll()
      filled.ringAll()
      await working
      await Promise.all([...claimers, completer, listener].map((wire) => wire.end()))
    },
  }
}

/** Wakes one that waits, and whoever did not hear because it was busy does not fall asleep. */
class Bell {
  rings = 0
  /** @type {(() => void)[]} */
  #waiting = []

  ring() {
    this.rings += 1
    this.#waiting.shift()?.()
  }

  ringAll() {
    do this.ring()
    while (this.#waiting.length > 0)
  }

  /** @param {number} rings until it has rung more often than that @returns {Promise<void>} */
  after(rings) {
    return this.rings > rings ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** @param {Place} place */
async function open(place) {
  return new Wire(await connect(place))
}

/**
 * One column of a row, with its length before it.
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} index
 */
function column(bytes, at, index) {
  for (let i = 0; i < index; i++) at += 4 + Math.max(0, bytes.readInt32BE(at))
  return Buffer.from(bytes.subarray(at, at + 4 + Math.max(0, bytes.readInt32BE(at))))
}

/** args.n. @param {Buffer} args a column of jsonb: its length and its version, then the text */
const number = (args) => JSON.parse(args.toString('utf8', 5)).n

/** @param {Buffer} bytes */
function uuid(bytes) {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
