// Connections are cut off again and again, as by a failing network.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import '../crash/programs/journal.js'
import { until, withSchema } from '../support/database.js'

const JOBS = 5000
const CUTS = 40

test('an engine whose connections are cut off repeatedly runs each job once', (t) =>
  withJournal(({ file, entries }) =>
    withSchema(async ({ url, prefix, rows, row }) => {
      await rows(`SELECT FROM eram_enqueue_jobs($1::jsonb)`, [
        JSON.stringify(Array(JOBS).fill({ worker: 'JournalJob', queue: 'journal', args: { file, ms: 2 } })),
      ])
      const address = new URL(url)
      address.searchParams.set('application_name', prefix)
      const engine = await EramEngine.start({ url: address.href, prefix, queues: { journal: 10 }, logger: false })
      try {
        /** @type {any[]} */
        const events = []
        engine.on('*', (event) => events.push(event))
        const done = async () => (await row(`SELECT count(*)::int AS done FROM eram_jobs WHERE state = 'completed'`)).done
        let cuts = 0
        for (; cuts < CUTS && (await done()) < JOBS; cuts++) {
          await sleep(50)
          await rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, $1)', [prefix])
        }
        t.diagnostic(`cut off ${cuts} times before ${await done()} jobs were done`)
        assert.ok(cuts > 5)
        await until(async () => assert.equal(await done(), JOBS))
        assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE attempt <> 1 OR errors <> '{}' OR meta <> '{}'`), [])
        const jobs = (await entries()).map(({ job }) => job)
        assert.equal(jobs.length, JOBS)
        assert.equal(new Set(jobs).size, JOBS)
        assert.deepEqual(
          events.filter(({ event }) => /^(job:lost|job:rescued|producer:lost|thread:exit)$/.test(event)),
          [],
        )
        assert.equal(events.filter(({ event }) => event === 'job:stop').length, JOBS)
      } finally {
        await engine.stop({ grace: 0 })
      }
      assert.deepEqual(await rows('SELECT uuid FROM eram_producers'), [])
    }),
  ))
