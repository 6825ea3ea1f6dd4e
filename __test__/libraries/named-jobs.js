// Jobs that write into a table through the transaction of the library that the driver names.
import './without-pg-native.js'
import { isMainThread } from 'node:worker_threads'
// @ts-expect-error it has no types
import bookshelfOn from 'bookshelf'
import { sql as drizzleSql } from 'drizzle-orm'
import knexTo from 'knex'
import { Model } from 'objection'
import { sql as slonikSql } from 'slonik'
import { EramJob } from '../../index.js'

class Entry extends Model {
  static tableName = 'ledger'
  static idColumn = 'entry'
}

/** A statement of each library's own, in the transaction. @type {Record<string, (tx: any, schema: string, entry: string) => unknown>} */
const WRITE = {
  pg: (client, schema, entry) => client.query(`INSERT INTO ${schema}.ledger (entry) VALUES ($1)`, [entry]),
  postgres: (sql, schema, entry) => sql`INSERT INTO ${sql(schema)}.ledger ${sql({ entry })}`,
  typeorm: (em, schema, entry) => em.query(`INSERT INTO ${schema}.ledger (entry) VALUES ($1)`, [entry]),
  prisma: (client, schema, entry) => client.$executeRawUnsafe(`INSERT INTO ${schema}.ledger (entry) VALUES ($1)`, entry),
  knex: (trx, schema, entry) => trx('ledger').withSchema(schema).insert({ entry }),
  sequelize: (transaction, schema, entry) =>
    transaction.sequelize.query(`INSERT INTO ${schema}.ledger (entry) VALUES ($1)`, { bind: [entry], transaction }),
  drizzle: (tx, schema, entry) => tx.execute(drizzleSql`INSERT INTO ${drizzleSql.identifier(schema)}.ledger (entry) VALUES (${entry})`),
  kysely: (trx, schema, entry) => trx.withSchema(schema).insertInto('ledger').values({ entry }).execute(),
  'mikro-orm': (em, schema, entry) => em.execute(`INSERT INTO ${schema}.ledger (entry) VALUES (?)`, [entry]),
  objection: (trx, schema, entry) =>
    Entry.query(trx)
      .withSchema(schema)
      .insert(/** @type {any} */ ({ entry })),
  bookshelf: (transacting, schema, entry) => {
    const bookshelf = bookshelfOn(knexTo({ client: 'pg' }))
    const Ledger = bookshelf.model('Ledger', { tableName: `${schema}.ledger`, idAttribute: 'entry' })
    return new Ledger({ entry }).save(null, { transacting, method: 'insert' })
  },
  slonik: (tx, schema, entry) =>
    tx.query(slonikSql.unsafe`INSERT INTO ${slonikSql.identifier([schema, 'ledger'])} (entry) VALUES (${entry})`),
}

/** The jobs that wait for each other, by the name of their meeting. @type {Map<string, { missing: number, all: Promise<void>, come: () => void }>} */
const meetings = new Map()

/** Waits, inside the transaction, until this number of jobs waits. @param {string} name @param {number} size */
async function meet(name, size) {
  let meeting = meetings.get(name)
  if (!meeting) {
    /** @type {() => void} */
    let come = () => {}
    const all = new Promise((/** @type {(value: void) => void} */ resolve) => {
      come = resolve
    })
    meeting = { missing: size, all, come }
    meetings.set(name, meeting)
  }
  meeting.missing -= 1
  if (meeting.missing === 0) meeting.come()
  await meeting.all
}

export class Follower extends EramJob {
  static {
    this.register({ queue: 'followers' })
  }

  /** @param {{ of: string }} _args */
  async perform(_args) {}
}

/** @typedef {{ library: string, schema: string, entry: string, fail?: boolean, size?: number }} Args */

export class LedgerJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'ledgers', transaction: true, max_attempts: 1 })
  }

  /** @param {Args} args @param {any} ctx */
  async perform({ library, schema, entry, fail, size }, ctx) {
    await WRITE[library]?.(ctx.tx, schema, entry)
    await Follower.enqueue({ of: entry })
    if (size) await meet(schema, size)
    if (fail) throw new Error('not today')
    return { isMainThread }
  }
}

/** The same on the thread that started the engine. */
export class MainLedgerJob extends LedgerJob {
  static {
    this.register({ queue: 'ledgers', transaction: true, max_attempts: 1 })
  }
}
