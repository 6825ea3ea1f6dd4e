// Raw SQL, the upper bound: the engine's own statements on its own tables, from a client that does nothing with a job but complete it.
// Two connections claim and one completes what was claimed meanwhile, each waiting only for the server.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { connect } from '../lib/stores.js'
import { eram } from './eram.js'
import { array, int4, int8, item, Statement, Wire, word } from './wire.js'

/** @import { Args, Competitor, Prepared, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */
/** @typedef {{ count: number, ids: Buffer, at: Buffer }} Claimed ids, and the instant of the claim, as items of arrays */

const [TEXT, INT8, INT4, TIMESTAMPTZ, UUID] = [25, 20, 23, 1184, 2950]
const [TEXTS, INT8S, INT4S, TIMESTAMPTZS, UUIDS] = [1009, 1016, 1007, 1185, 2951]
const CLAIMERS = 2
/** Columns of a claimed row. */
const [ARGS, ATTEMPTED_AT] = [6, 12]
const BATCH = 1000
const CHANNEL = 'eram_bench'

const ONE = `INSERT INTO eram_jobs (worker, args) VALUES ('Noop', $1) RETURNING id`
const NOTIFIED = `WITH inserted AS (${ONE}) SELECT pg_notify('${CHANNEL}', '')`
const MANY = `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', a.args FROM jsonb_array_elements($1::jsonb) AS a(args) RETURNING id`

/** @type {Competitor} */
export const raw = {
  name: 'raw SQL',
  store: 'postgresql',
  package: 'pg',
  settings: {
    tuned: `the engine's statements: two connections claim ${BATCH} at once, one completes what was claimed meanwhile`,
    enqueue: 'one INSERT per job, up to 50 connections of pg, no notification',
  },
  cannot: { idle: 'it has no queues to watch' },
  create: eram.create,
  destroy: eram.destroy,
  fill: eram.fill,
  unfinished: eram.unfinished,
  prepared: (target, work) => RawWorker.open(target, work),
  async work(target, work) {
    const worker = await RawWorker.open(target, work)
    await worker.begin()
    return worker
  },
  async enqueuer({ url, prefix }, { wakes }) {
    const pool = new pg.Pool({ connectionString: url, options: `-c search_path="${prefix}"`, max: 50 })
    return {
      one: (/** @type {Args} */ args) => pool.query(wakes ? NOTIFIED : ONE, [args]),
      bulk: (/** @type {Args[]} */ all) => pool.query(MANY, [JSON.stringify(all)]),
      within: (/** @type {pg.Client} */ client, /** @type {Args} */ args) => client.query(ONE, [args]),
      close: () => pool.end(),
    }
  },
}

/** @implements {Prepared} */
class RawWorker {
  #producer = randomBytes(16)
  /** @type {Claimed[]} */
  #claimed = []
  #available = new Signal()
  #filled = new Signal()
  #stopping = false
  /** @type {Promise<unknown>} */
  #working = Promise.resolve()
  #connections
  #batch
  #began
  #fetch
  #complete

  /** @param {Target} target @param {Work} work */
  static async open(target, work) {
    const open = async () => new Wire(await connect(target))
    const claimers = await Promise.all(Array.from({ length: CLAIMERS }, open))
    const worker = new RawWorker(target, work, { claimers, completer: await open(), listener: await connect(target) })
    await worker.#listen()
    return worker
  }

  /** @param {Target} target @param {Work} work @param {{ claimers: Wire[], completer: Wire, listener: pg.Client }} connections */
  constructor({ prefix }, { limit = BATCH, began }, connections) {
    this.#connections = connections
    this.#batch = limit
    this.#began = began
    this.#fetch = new Statement(statement('fetch_jobs', prefix), [TEXT, INT8, TEXT, TEXT, TEXTS, TEXT, TEXTS, TEXTS])
    this.#complete = new Statement(statement('complete_jobs', prefix), [INT8S, INT4S, TIMESTAMPTZS, UUIDS])
  }

  async #listen() {
    const { listener } = this.#connections
    listener.on('notification', () => this.#available.set())
    await listener.query(`LISTEN ${CHANNEL}`)
  }

  async begin() {
    const { claimers, completer } = this.#connections
    this.#working = Promise.all([...claimers.map((wire) => this.#claim(wire)), this.#completeAll(completer)])
  }

  async stop() {
    const { claimers, completer, listener } = this.#connections
    this.#stopping = true
    this.#available.setAll()
    this.#filled.setAll()
    await this.#working
    await Promise.all([...claimers, completer, listener].map((connection) => connection.end()))
  }

  /** @param {Wire} wire */
  async #claim(wire) {
    const none = array(TEXT, 0, [])
    const workers = array(TEXT, 1, [item(word('Noop'))])
    const values = [word('default'), int8(this.#batch), word('raw'), word(uuid(this.#producer)), workers, null, none, none]
    const began = this.#began
    while (!this.#stopping) {
      const seen = this.#available.count
      const ids = Buffer.alloc(this.#batch * 12)
      let read = 0
      let at = Buffer.alloc(0)
      const count = await wire.run(this.#fetch, values, (bytes, first) => {
        read += bytes.copy(ids, read, first, first + 12)
        if (at.length === 0) at = column(bytes, first, ATTEMPTED_AT)
        if (began) began(number(column(bytes, first, ARGS)), process.hrtime.bigint())
      })
      if (count > 0) this.#claimed.push({ count, ids: ids.subarray(0, read), at })
      if (count > 0) this.#filled.set()
      else await this.#available.after(seen)
    }
  }

  /** @param {Wire} wire */
  async #completeAll(wire) {
    while (!this.#stopping || this.#claimed.length > 0) {
      const seen = this.#filled.count
      const batches = this.#claimed.splice(0, 2)
      if (batches.length === 0) await this.#filled.after(seen)
      else await this.#completeBatches(wire, batches)
    }
  }

  /** @param {Wire} wire @param {Claimed[]} batches */
  async #completeBatches(wire, batches) {
    const count = batches.reduce((sum, it) => sum + it.count, 0)
    // What is the same for all jobs of a claim.
    const each = (/** @type {number} */ type, /** @type {(it: Claimed) => Buffer} */ value) =>
      array(type, batches.length, batches.map(value))
    const ids = array(
      INT8,
      count,
      batches.map((it) => it.ids),
    )
    const counts = each(INT4, (it) => item(int4(it.count)))
    const at = each(TIMESTAMPTZ, (it) => it.at)
    const by = each(UUID, () => item(this.#producer))
    let done = 0
    await wire.run(this.#complete, [ids, counts, at, by], (bytes, first) => {
      // One row, with the number of completed jobs.
      done = Number(bytes.readBigInt64BE(first + 4))
    })
    if (done !== count) throw new Error(`raw SQL: expected ${count} jobs completed, got ${done}`)
  }
}

/** Wakes one that waits; one that was busy meanwhile does not start to wait. */
class Signal {
  count = 0
  /** @type {(() => void)[]} */
  #waiting = []

  set() {
    this.count += 1
    this.#waiting.shift()?.()
  }

  setAll() {
    do this.set()
    while (this.#waiting.length > 0)
  }

  /** Until it has been set more often than that. @param {number} count @returns {Promise<void>} */
  after(count) {
    return this.count > count ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** One of the engine's own statements. @param {string} name of a file in src/store/sql @param {string} prefix the schema */
function statement(name, prefix) {
  const sql = readFileSync(new URL(`../../src/store/sql/${name}.sql`, import.meta.url), 'utf8')
  return sql.replace(/^\s*--.*$/gm, '').replace(/(?<![\w.'"])eram_/g, `"${prefix}".eram_`)
}

/** One column of a row, with its length before it. @param {Buffer} bytes @param {number} at @param {number} index */
function column(bytes, at, index) {
  for (let i = 0; i < index; i++) at += 4 + Math.max(0, bytes.readInt32BE(at))
  return Buffer.from(bytes.subarray(at, at + 4 + Math.max(0, bytes.readInt32BE(at))))
}

/** args.n. @param {Buffer} args a column of jsonb: its length and its version, then the text */
const number = (args) => JSON.parse(args.toString('utf8', 5)).n

/** @param {Buffer} bytes */
const uuid = (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
