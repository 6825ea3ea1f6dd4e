// A minimal PostgreSQL client, so that only the server holds up raw SQL: pg connects, then its socket is taken over. Parameters and
// columns are binary, and columns that are not needed are not read.

/** @import { Client } from 'pg' */
/** @typedef {(message: Buffer, at: number) => void} OnRow `at` is where the first column begins, with the length of its value */
/** @typedef {{ row: OnRow, resolve: (rows: number) => void, reject: (error: Error) => void, rows: number, error?: Error }} Pending */

const [ROW, COMPLETE, ERROR, READY] = [0x44, 0x43, 0x45, 0x5a]

/** A statement without a name, as the engine sends it: parsed each time. */
export class Statement {
  #parse
  #end = Buffer.concat([message('E', text(''), int4(0)), message('S')])

  /** @param {string} sql @param {number[]} types of its parameters */
  constructor(sql, types) {
    this.#parse = message('P', text(''), text(sql), int2(types.length), ...types.map(int4))
  }

  /** @param {(Buffer | null)[]} values */
  bind(values) {
    const given = values.flatMap((value) => (value === null ? [int4(-1)] : [int4(value.length), value]))
    const bound = message('B', text(''), text(''), int2(1), int2(1), int2(values.length), ...given, int2(1), int2(1))
    return Buffer.concat([this.#parse, bound, this.#end])
  }
}

export class Wire {
  #client
  #stream
  #rest = Buffer.alloc(0)
  /** @type {Pending[]} */
  #pending = []

  /** @param {Client} client connected, and not to be used in any other way from now on */
  constructor(client) {
    this.#client = client
    this.#stream = /** @type {any} */ (client).connection.stream
    this.#stream.removeAllListeners('data')
    this.#stream.on('data', (/** @type {Buffer} */ chunk) => this.#read(chunk))
  }

  /**
   * Resolves with the number of rows once the server is ready for more: the statement is committed by then.
   * @param {Statement} statement @param {(Buffer | null)[]} values @param {OnRow} [row] @returns {Promise<number>}
   */
  run(statement, values, row = () => {}) {
    return new Promise((resolve, reject) => {
      this.#pending.push({ row, resolve, reject, rows: 0 })
      this.#stream.write(statement.bind(values))
    })
  }

  end() {
    return this.#client.end()
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = 0
    while (at + 5 <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1)
      if (end > bytes.length) break
      this.#handle(bytes, at, end)
      at = end
    }
    this.#rest = Buffer.from(bytes.subarray(at))
  }

  /** @param {Buffer} bytes @param {number} at @param {number} end */
  #handle(bytes, at, end) {
    const [first] = this.#pending
    if (!first) return
    switch (bytes[at]) {
      case ROW:
        first.row(bytes, at + 7)
        break
      case COMPLETE:
        first.rows = Number(/\d+$/.exec(bytes.toString('latin1', at + 5, end - 1))?.[0] ?? 0)
        break
      case ERROR:
        first.error = new Error(`raw SQL: ${bytes.toString('utf8', at + 5, end).replaceAll('\0', ' ')}`)
        break
      case READY:
        this.#pending.shift()
        if (first.error) first.reject(first.error)
        else first.resolve(first.rows)
    }
  }
}

/** An array of one dimension. @param {number} type of its items @param {number} count @param {Buffer[]} items each after its length */
export const array = (type, count, items) => Buffer.concat([int4(1), int4(0), int4(type), int4(count), int4(1), ...items])

/** @param {Buffer} value */
export const item = (value) => Buffer.concat([int4(value.length), value])

/** @param {string} value */
export const word = (value) => Buffer.from(value)

/** @param {number} value */
export function int8(value) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

/** @param {number} value */
export function int4(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** @param {number} value */
function int2(value) {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

/** @param {string} value */
function text(value) {
  return Buffer.from(`${value}\0`)
}

/** @param {string} type @param {Buffer[]} parts */
function message(type, ...parts) {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int4(body.length + 4), body])
}
