// An outage of the database after which all nodes look silent for longer than a living node may be.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until } from '../support/until.js'

/** @typedef {import('../../scripts/postgres.js').Postgres} Postgres */

/** Longer than the 20 s after which a silent node counts as gone. */
const SILENCE = 25

/**
 * Registers the tests for an outage of 25 s, or for a shorter one that is made to look as long afterwards.
 *
 * @param {number} seconds
 */
export const testOutageOf = (seconds) =>
  describe(`an outage of ${SILENCE} s`, { concurrency: true }, () => {
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
              ids.push(Number((await engine.enqueue(JournalJob, { file, ms: (seconds + 12) * 1000 })).id))
            }
            const { rows } = await connect()
            await until(async () => assert.equal((await rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`)).length, ids.length))
            assert.equal((await rows('SELECT DISTINCT attempted_by FROM eram_jobs')).length, 2)

            await leave(server)
            await sleep(seconds * 1000)
            await come(server)

            const again = await connect()
            await again.rows('UPDATE eram_producers SET updated_at = updated_at - make_interval(secs => $1)', [SILENCE - seconds])
            await until(async () =>
              assert.equal((await again.rows(`SELECT id FROM eram_jobs WHERE state = 'completed'`)).length, ids.length),
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
