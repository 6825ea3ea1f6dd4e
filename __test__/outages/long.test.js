// The database is out of reach for longer than a heart may be silent: nobody who lives is taken for dead.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until } from '../support/until.js'

/** @typedef {import('../../scripts/postgres.js').Postgres} Postgres */

const SILENCE = 25_000

describe('an outage of 25 s', { concurrency: true }, () => {
  for (const [how, leave, come] of /** @type {[string, (server: Postgres) => Promise<void>, (server: Postgres) => Promise<void>][]} */ ([
    ['of a server that was shut down', (server) => server.down(), (server) => server.up()],
    ['of a server that stood still', (server) => server.freeze(), (server) => server.thaw()],
  ])) {
    test(`${how} costs no running job its attempt`, () =>
      withJournal(({ file, entries }) =>
        withServer(async ({ server, start, connect }) => {
          const queues = { journal: 3 }
          const nodes = [await start({ name: `${how} a`, node: 'a', queues }), await start({ name: `${how} b`, node: 'b', queues })]
          const ids = []
          for (const { engine } of [...nodes, ...nodes, ...nodes]) {
            ids.push(Number((await engine.enqueue(JournalJob, { file, ms: SILENCE + 12_000 })).id))
          }
          const { rows } = await connect()
          await until(async () => assert.equal((await rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`)).length, ids.length))
          assert.equal((await rows('SELECT DISTINCT attempted_by FROM eram_jobs')).length, 2)

          await leave(server)
          await sleep(SILENCE)
          await come(server)

          const again = await connect()
          await until(
            async () => assert.equal((await again.rows(`SELECT id FROM eram_jobs WHERE state = 'completed'`)).length, ids.length),
            { timeout: 60_000 },
          )
          const bad = nodes.flatMap(({ events }) =>
            events.filter(({ event }) => /^(job:lost|job:rescued|job:exception|producer:lost)$/.test(event)),
          )
          assert.deepEqual(bad, [])
          assert.deepEqual(await again.rows(`SELECT id FROM eram_jobs WHERE attempt <> 1 OR errors <> '{}'`), [])
          assert.deepEqual((await entries()).map(({ job }) => job).toSorted(), ids)
        }),
      ))
  }
})
