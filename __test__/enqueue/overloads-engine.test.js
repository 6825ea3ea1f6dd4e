// An engine on a schema in which another role has created operators and overloads calls none of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { until } from '../support/database.js'
import { hostileSchema } from '../support/hostile.js'

const SEARCHES =
  `state:retryable,discarded|state:final|queue:def*|worker:~ost|node:x|cron:often|tag:t|id:1..60|priority:<3|attempt:>0|max_attempts:1|
  args.n:1|args.n:>1|args.n:~x|meta.a:b|has:args.n|error:~once|inserted:>-1h|scheduled:<now|attempted:today|finished:2026-11-20|duration:>30s|wait:>5m|
  is:orphaned|is:rescued|is:crashed|is:snoozed|is:retried|is:last-attempt|is:unique|is:cron|is:cancelling`.split(/\|\s*/)

test('an engine runs, stages, retries, cancels, searches and deletes jobs by its own functions', async () => {
  const own = await hostileSchema()
  const { prefix, rows } = own
  const runs = { failed: 0, done: 0 }
  class Hostile extends EramJob {
    static {
      Hostile.register({ name: 'Hostile', max_attempts: 2, backoff: 'none' })
    }
    /** @param {{ fail?: boolean }} args @param {any} ctx */
    async perform({ fail }, ctx) {
      ctx.log.info('a line')
      if (fail && ctx.attempt === 1) {
        runs.failed++
        throw new Error('once')
      }
      runs.done++
      return { r: 1 }
    }
  }
  /** @type {string[]} */
  const said = []
  const logger = {
    warn: (/** @type {any[]} */ ...it) => said.push(it.join(' ')),
    error: (/** @type {any[]} */ ...it) => said.push(it.join(' ')),
  }
  await rows('TRUNCATE eram_jobs')
  const url = `${process.env.DATABASE_URL}?options=${encodeURIComponent(`-c search_path=${prefix}`)}`
  const engine = await EramEngine.start({
    url,
    prefix,
    queues: { default: 5 },
    cron: [['0 0 1 1 *', 'Hostile', {}, { name: 'often' }]],
    logger,
  })
  try {
    for (let n = 0; n < 5; n++) await engine.enqueue('Hostile', { n, fail: n === 0 }, { priority: n })
    await engine.enqueueAll(
      Array.from({ length: 30 }, (_, n) => ({ worker: 'Hostile', args: { n: n + 100 }, ...(n % 3 === 0 && { schedule_in: 1 }) })),
    )
    await until(() => assert.equal(runs.done, 35, said.join('\n')))
    const later = await engine.enqueue('Hostile', {}, { schedule_in: 3600, tags: ['t'] })
    for (const part of SEARCHES) await engine.jobs.search(part)
    await engine.jobs.list({ state: ['scheduled'], tags: ['t'] })
    await engine.cron.run('often')
    await engine.cron.pause('often')
    await engine.jobs.cancel(later.id)
    await engine.jobs.retry(later.id)
    await engine.queues()
    await engine.nodes()
    await engine.backlog()
    await until(() => assert.equal(runs.done, 37))
    await engine.jobs.delete(later.id)
    assert.equal(runs.failed, 1)
  } finally {
    await engine.stop()
    await own.drop()
  }
  // The start names who put them there.
  const [named, ...others] = said.filter((it) => /^start: operator .* expected none of role/.test(it))
  assert.ok(named && others.length === 0, said.join('\n'))
  const rest = said.filter((it) => !it.startsWith('start: ')).join('\n')
  assert.doesNotMatch(rest, /hijacked|operator|does not exist/)
})
