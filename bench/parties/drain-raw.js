// The ceiling of a drain: the engine's own statements from a client that does nothing with a job but complete it. Two
// connections claim and one completes what has been claimed meanwhile, each waiting only for the server.

import { randomBytes } from 'node:crypto'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { statement } from '../lib/statements.js'
import { array, int8, item, Statement, Wire, word } from '../lib/wire.js'

/** @typedef {{ count: number, ids: Buffer, at: Buffer }} Claimed ids, and the instant of the claim, as items of arrays */

const [TEXT, INT8, TIMESTAMPTZ, UUID] = [25, 20, 1184, 2950]
const [TEXTS, INT8S, TIMESTAMPTZS, UUIDS] = [1009, 1016, 1185, 2951]
const CLAIMERS = 2
const ATTEMPTED_AT = 12

serve(async ({ place, batch }) => {
  const fetch = new Statement(statement('fetch_jobs', place.prefix), [TEXT, INT8, TEXT, TEXT, TEXTS, TEXT])
  const complete = new Statement(statement('complete_jobs', place.prefix), [INT8S, TIMESTAMPTZS, UUIDS])
  const producer = randomBytes(16)
  const claim = [word('default'), int8(batch), word('raw'), word(uuid(producer)), array(TEXT, 1, [item(word('Noop'))]), null]
  const claimers = await Promise.all(Array.from({ length: CLAIMERS }, () => open(place)))
  const completer = await open(place)

  /** @type {Claimed[]} */
  const claimed = []
  let claiming = CLAIMERS
  let wake = () => {}

  /** @param {Wire} wire */
  async function claims(wire) {
    for (;;) {
      const ids = Buffer.alloc(batch * 12)
      let read = 0
      let at = Buffer.alloc(0)
      const count = await wire.run(fetch, claim, (bytes, first) => {
        read += bytes.copy(ids, read, first, first + 12)
        if (at.length === 0) at = column(bytes, first, ATTEMPTED_AT)
      })
      if (count > 0) claimed.push({ count, ids: ids.subarray(0, read), at })
      else claiming -= 1
      wake()
      if (count === 0) return
    }
  }

  async function completes() {
    while (claiming > 0 || claimed.length > 0) {
      const batches = claimed.splice(0, 2)
      if (batches.length === 0) {
        await new Promise((resolve) => {
          wake = () => resolve(undefined)
        })
        continue
      }
      const count = batches.reduce((sum, it) => sum + it.count, 0)
      const ids = array(
        INT8,
        count,
        batches.map((it) => it.ids),
      )
      const at = array(
        TIMESTAMPTZ,
        count,
        batches.map((it) => Buffer.alloc(it.count * 12, it.at)),
      )
      const by = array(UUID, count, [Buffer.alloc(count * 20, item(producer))])
      let done = 0
      await completer.run(complete, [ids, at, by], (bytes, first) => {
        // One row, with how many it wrote.
        done = Number(bytes.readBigInt64BE(first + 4))
      })
      if (done !== count) throw new Error(`raw SQL: expected ${count} jobs completed, got ${done}`)
    }
  }

  return {
    async run() {
      await Promise.all([...claimers.map(claims), completes()])
    },
    async close() {
      await Promise.all([...claimers, completer].map((wire) => wire.end()))
    },
  }
})

/** @param {import('../lib/database.js').Place} place */
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

/** @param {Buffer} bytes */
function uuid(bytes) {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
