// A database server of a test's own, which goes away and comes back, with engines on it.
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql } from '../support/database.js'

/** @typedef {import('../../scripts/postgres.js').Postgres} Postgres */

/**
 * @typedef {object} Cluster
 * @property {Postgres} server migrated, in its schema public
 * @property {(options: object) => Promise<{ engine: EramEngine, events: any[] }>} start an engine; its events pile up
 * @property {() => ReturnType<typeof sql>} connect a connection of the test's own; an outage cuts it off
 */

/** @param {(cluster: Cluster) => Promise<void>} test */
export async function withServer(test) {
  const server = await startPostgres()
  /** @type {(() => Promise<void>)[]} */
  const ends = []
  try {
    await EramEngine.migrate({ url: server.url })
    await test({
      server,
      async start(options) {
        const engine = await EramEngine.start({ url: server.url, logger: false, ...options })
        ends.unshift(() => engine.stop({ grace: 0 }))
        /** @type {any[]} */
        const events = []
        engine.on('*', (event) => events.push(event))
        return { engine, events }
      },
      async connect() {
        const connection = await sql(server.url)
        ends.unshift(connection.end)
        return connection
      },
    })
  } finally {
    for (const end of ends) await end()
    await server.stop()
  }
}
