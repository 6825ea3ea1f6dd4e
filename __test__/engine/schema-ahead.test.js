// A deployment: the schema goes one additive step ahead under engines that do not know of it, they go on, others of the same build
// start on it, and the step is taken back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { sql, until, withSchema } from '../support/database.js'

// What a later version might add. Engines since the first work with it.
const UP = `
  ALTER TABLE eram_jobs ADD COLUMN colour text, ADD COLUMN weight integer NOT NULL DEFAULT 7;
  ALTER TABLE eram_producers ADD COLUMN mood text;
  CREATE TABLE eram_of_the_future (id bigint PRIMARY KEY);
  INSERT INTO eram_migrations (version, name, floor) SELECT max(version) + 1, '900_of_the_future', 1 FROM eram_migrations;`
const DOWN = `
  ALTER TABLE eram_jobs DROP COLUMN colour, DROP COLUMN weight;
  ALTER TABLE eram_producers DROP COLUMN mood;
  DROP TABLE eram_of_the_future;
  DELETE FROM eram_migrations WHERE name = '900_of_the_future';`

test('engines continue through an unknown migration, and through its reversal', () =>
  withJournal(({ file, entries }) =>
    withSchema(async ({ url, prefix, rows, row }) => {
      /** @param {string} name */
      const start = (name) =>
        EramEngine.start({ name, node: name, url, prefix, queues: { journal: { limit: 10, poll_interval: 100 } }, logger: false })
      /** @type {EramEngine[]} */
      const engines = [await start('a'), await start('b')]
      /** @type {any[]} */
      const events = []
      for (const engine of engines) engine.on('*', (event) => events.push(event))
      const [a] = engines
      let [ended, enqueued] = [false, 0]
      const load = (async () => {
        while (!ended) {
          await Promise.all(Array.from({ length: 10 }, () => a?.enqueue(JournalJob, { file, ms: 1 })))
          await a?.enqueueAll(Array.from({ length: 5 }, () => JournalJob.new({ file }, { schedule_in: 0.2 })))
          enqueued += 15
        }
      })()
      const done = async () => (await entries()).length
      /** @param {number} more */
      const goesOn = async (more) => {
        const from = await done()
        await until(async () => assert.ok((await done()) >= from + more))
      }
      try {
        // On a connection of its own, which may wait for its locks.
        const deploy = await sql(url, prefix)
        await goesOn(200)
        for (const round of [1, 2]) {
          await deploy.rows(`BEGIN; ${UP} COMMIT`)
          await goesOn(200)
          // The same build starts on what is ahead of it, and finds nothing to migrate.
          assert.deepEqual((await EramEngine.migrate({ url, prefix })).steps, [])
          engines.push(await start(`c${round}`))
          await goesOn(200)
          await deploy.rows(`BEGIN; ${DOWN} COMMIT`)
          await goesOn(200)
        }
        await deploy.end()
        ended = true
        await load
        await until(async () => assert.equal((await row(`SELECT count(*)::int FROM eram_jobs WHERE state = 'completed'`)).count, enqueued))
        assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE attempt <> 1 OR errors <> '{}' OR meta <> '{}'`), [])
        const jobs = (await entries()).map(({ job }) => job)
        assert.deepEqual([jobs.length, new Set(jobs).size], [enqueued, enqueued])
        assert.deepEqual(
          events.filter(({ event }) => /^(job:lost|job:rescued|job:exception|producer:lost|thread:exit)$/.test(event)),
          [],
        )
        const nodes = await rows('SELECT DISTINCT attempted_by[1] AS node FROM eram_jobs ORDER BY 1')
        assert.deepEqual(
          nodes.map(({ node }) => node),
          ['a', 'b', 'c1', 'c2'],
        )
      } finally {
        ended = true
        await load.catch(() => {})
        await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
      }
    }),
  ))
