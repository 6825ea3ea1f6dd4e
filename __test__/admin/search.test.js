// engine.jobs.search: jobs by a text, newest first. The conditions are tested beside their SQL, in src/store/search.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** @param {(schema: Schema & { engine: EramEngine }) => Promise<unknown>} scenario */
const withSearch = (scenario) =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix })
    try {
      await scenario({ ...schema, engine })
    } finally {
      await engine.stop()
    }
  })

test('a search finds jobs, newest first, as they are in lists', () =>
  withSearch(async ({ engine }) => {
    const [, second] = await EramEngine.enqueueAll([
      { worker: 'Letter', args: { to: 'ann', text: 'x'.repeat(500) }, tags: ['vip'] },
      { worker: 'Letter', args: { to: 'bob' }, queue: 'letters', priority: 2, schedule_in: 60 },
      { worker: 'Report', args: {} },
    ])
    const { jobs, next } = await engine.jobs.search('worker:Letter')
    assert.equal(next, null)
    assert.deepEqual(
      jobs.map(({ id, state }) => [id, state]),
      [
        [2, 'scheduled'],
        [1, 'available'],
      ],
    )
    const [found, long] = jobs
    assert.ok(found && second)
    const { inserted_at, scheduled_at, ...facts } = found
    assert.deepEqual([inserted_at, scheduled_at], [second.inserted_at, second.scheduled_at])
    assert.deepEqual(facts, {
      id: 2,
      state: 'scheduled',
      queue: 'letters',
      worker: 'Letter',
      attempt: 0,
      max_attempts: 20,
      priority: 2,
      tags: [],
      args: '{"to": "bob"}',
      node: null,
      attempted_at: null,
      finished_at: null,
      error: null,
      is_unique: false,
      crashes: 0,
      is_cancelling: false,
      cron: null,
    })
    assert.equal(long?.args.length, 200)
    assert.deepEqual(
      (await engine.jobs.search('')).jobs.map(({ id }) => id),
      [3, 2, 1],
    )
    assert.deepEqual(
      (await engine.jobs.search('args.to:ann tag:vip')).jobs.map(({ id }) => id),
      [1],
    )
  }))

test('pages follow each other until no jobs are left', () =>
  withSearch(async ({ engine, rows }) => {
    await rows(`INSERT INTO eram_jobs (worker, priority) SELECT 'Sample', n % 3 FROM generate_series(1, 1000) AS n`)
    /** @type {number[]} */
    const ids = []
    let before
    let pages = 0
    do {
      const { jobs, next } = await engine.jobs.search('priority:1', { limit: 100, before })
      ids.push(...jobs.map(({ id }) => id))
      before = next ?? undefined
      pages += 1
    } while (before !== undefined)
    const expected = Array.from({ length: 1000 }, (_, i) => 1000 - i).filter((n) => n % 3 === 1)
    assert.deepEqual(ids, expected)
    assert.equal(pages, 4)
  }))

test('a search with `after` begins with the oldest job, and goes on in pages', () =>
  withSearch(async ({ engine, rows }) => {
    await rows(`INSERT INTO eram_jobs (worker, priority) SELECT 'Sample', n % 3 FROM generate_series(1, 1000) AS n`)
    /** @type {number[]} */
    const ids = []
    /** @type {number | null} */
    let after = 0
    let pages = 0
    while (after !== null) {
      /** @type {import('../../index.js').JobSearchResult} */
      const { jobs, next } = await engine.jobs.search('priority:1', { limit: 100, after })
      ids.push(...jobs.map(({ id }) => id))
      after = next
      pages += 1
    }
    assert.deepEqual(
      ids,
      Array.from({ length: 1000 }, (_, i) => i + 1).filter((n) => n % 3 === 1),
    )
    assert.equal(pages, 4)
    const [oldest] = (await engine.jobs.search('', { after: 0, limit: 1 })).jobs
    assert.deepEqual(oldest, (await engine.jobs.search('id:1')).jobs[0])
  }))

test('a day is one of the time zone', () =>
  withSearch(async ({ engine, rows }) => {
    await rows(`INSERT INTO eram_jobs (worker, inserted_at) VALUES ('Sample', '2025-11-20T23:30:00Z')`)
    const found = async (/** @type {string} */ timezone) => (await engine.jobs.search('inserted:2025-11-21', { timezone })).jobs.length
    assert.deepEqual([await found('Europe/Berlin'), await found('Etc/UTC')], [1, 0])
  }))

test('a search that cannot be read is refused, with the place of the problem', () =>
  withSearch(async ({ engine }) => {
    for (const [text, options, message] of /** @type {[any, any, string][]} */ ([
      ['é states:x', {}, 'jobs.search: "states" (character 3): expected one of state, queue, '],
      ['state:complete', {}, 'jobs.search: "complete" (character 7): expected one of suspended, '],
      [5, {}, 'jobs.search: expected a text, got 5'],
      ['x'.repeat(2001), {}, 'jobs.search: '],
      ['', { before: 9, after: 1 }, 'jobs.search: expected before or after, got both'],
      ['', { limit: 0 }, 'jobs.search: limit: expected 1 to 1000, got 0'],
      ['', { timezone: 'Berlin' }, 'jobs.search: timezone: expected the name of a time zone'],
    ])) {
      await assert.rejects(engine.jobs.search(text, options), (/** @type {any} */ error) => {
        assert.equal(error.code, 'ERAM_CONFIG')
        assert.ok(error.message.startsWith(message), error.message)
        return true
      })
    }
    await assert.rejects(engine.jobs.search('states:x'), { message: /, did you mean "state"\?$/ })
  }))
