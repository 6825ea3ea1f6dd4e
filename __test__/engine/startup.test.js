// The statements that start() waits for, by the log of a server of its own.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql } from '../support/database.js'

/** Round trips: the schema, its numbers and environment, commands, the producers, the settings of queues, the job classes. */
const MOST = 7

/** Statements that start() does not wait for: fetches and what they claimed in vain, the connection that listens, the election, the heartbeat. */
const BESIDE =
  /^(SELECT j\.id|WITH released|SELECT CASE|LISTEN|SELECT pg_backend_pid|SELECT pg_catalog\.set_config|SELECT s\.snapshot|WITH won|WITH RECURSIVE)/

/** On a busy machine their first statements could come before start() has resolved. */
const WITHOUT_PLUGINS = { stager: false, lifeline: false, prune: false, metrics: false, cron: /** @type {false} */ (false) }

/** @param {number} count */
const queuesOf = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [i === 0 ? 'thread' : `queue-${i}`, 5]))

describe('start()', () => {
  /** @type {Awaited<ReturnType<typeof startPostgres>>} */
  let server
  /** @type {Awaited<ReturnType<typeof sql>>} */
  let own

  before(async () => {
    server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%a|' } })
    own = await sql(server.url)
    await EramEngine.migrate({ url: server.url })
  })
  after(async () => {
    await own.end()
    await server.stop()
  })

  test('runs as many statements for ten queues as for one, and for a long table as for an empty one', async (t) => {
    const one = await started(1)
    const ten = await started(10)
    await own.rows(`INSERT INTO eram_jobs (worker, state, queue) SELECT 'Noop', 'completed', 'old' FROM generate_series(1, 20000)`)
    const long = await started(10)
    t.diagnostic(`${one.join('\n')}`)
    assert.ok(one.length > 0 && one.length <= MOST, `${one.length} statements:\n${one.join('\n')}`)
    for (const other of [ten, long]) assert.deepEqual(other.toSorted(), one.toSorted())
  })

  /** The statements that a start waits for: those between two marks in the log. @param {number} count of queues */
  async function started(count) {
    const from = await mark()
    const engine = await EramEngine.start({
      url: server.url,
      node: `start-${count}`,
      queues: queuesOf(count),
      logger: false,
      ...WITHOUT_PLUGINS,
    })
    const to = await mark()
    await engine.stop()
    const log = await readFile(server.logFile, 'utf8')
    const [, between = ''] = log.slice(0, log.indexOf(to)).split(from)
    return [...between.matchAll(/^([^|\n]*)\|LOG: {2}(?:execute [^:]+|statement): (.*(?:\n\t.*)*)/gm)]
      .filter(([, application]) => application !== 'eram test')
      .map(([, , text = '']) => text.replaceAll('"public".', '').replace(/\s+/g, ' ').slice(0, 60))
      .filter((text) => !BESIDE.test(text))
  }

  let marks = 0

  /** Writes a mark into the server's log. */
  async function mark() {
    const text = `mark-${++marks};`
    await own.rows(`SELECT '${text}'`)
    return text
  }
})
