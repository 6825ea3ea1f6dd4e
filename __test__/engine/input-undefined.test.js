// Options that are undefined count as not given, wherever the declarations take undefined.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { native } from '../../lib/addon/native.js'
import { withSchema } from '../support/database.js'
import { memberNames } from '../support/declarations.js'

class UndefinedJob extends EramJob {
  async perform() {}
}

/** @param {string} type @param {string[]} [except] */
const undefinedOf = (type, except = []) =>
  Object.fromEntries(
    memberNames(type)
      .filter((name) => !except.includes(name))
      .map((name) => [name, undefined]),
  )

test('options that are undefined count as not given', () =>
  withSchema(async ({ url, prefix }) => {
    assert.deepEqual(await EramEngine.migrate({ ...undefinedOf('MigrateOptions'), url, prefix }), await EramEngine.migrate({ url, prefix }))
    await EramEngine.environment({ ...undefinedOf('EnvironmentOptions'), url, prefix })

    /** @param {object} options @param {object} queue */
    const effective = async (options, queue) => {
      const engine = await EramEngine.start({ ...options, url, prefix, queues: { q: queue } })
      const config = JSON.parse(native().config(/** @type {any} */ (engine).id))
      await engine.stop()
      return config
    }
    const plugins = Object.entries({ prune: 'Prune', lifeline: 'Lifeline', stager: 'Stager', metrics: 'Metrics', reindexer: 'Reindexer' })
    const empty = Object.fromEntries(plugins.map(([name]) => [name, {}]))
    const given = Object.fromEntries(plugins.map(([name, type]) => [name, undefinedOf(`${type}Options`)]))
    assert.deepEqual(await effective(undefinedOf('StartOptions'), undefinedOf('QueueOptions')), await effective({}, {}))
    assert.deepEqual(await effective(given, {}), await effective(empty, {}))

    UndefinedJob.register({ ...undefinedOf('RegisterOptions', ['filename']), queue: 'q' })
    const driver = { url, type: undefined, config: undefined, filename: undefined, export: undefined, instance: undefined }
    const engine = await EramEngine.start({ driver: /** @type {any} */ (driver), prefix, queues: { q: 1 } })
    const job = await UndefinedJob.enqueue({}, undefinedOf('EnqueueOptions', ['tx']))
    assert.deepEqual([job.queue, job.conflict], ['q', false])
    const unique = await UndefinedJob.enqueue(
      { a: 1 },
      { unique: undefinedOf('UniqueOptions'), backoff: { base: undefined, max: undefined } },
    )
    assert.equal(unique.conflict, false)
    const [named] = await EramEngine.enqueueAll([{ ...undefinedOf('NamedDraft'), worker: 'UndefinedJob' }], {
      engine: undefined,
      prefix: undefined,
    })
    assert.equal(named?.worker, 'UndefinedJob')
    await engine.drain('q', undefinedOf('DrainOptions'))
    assert.equal((await engine.jobs.list({ ...undefinedOf('JobFilter'), queue: 'q', limit: undefined, before: undefined })).length, 3)
    assert.equal((await engine.jobs.find(job.id, { attempts: undefined }))?.state, 'completed')
    await engine.jobs.update(job.id, { ...undefinedOf('JobChanges'), tags: ['a'] })
    await engine.jobs.cancel({ queue: 'q', id: undefined }, { reason: undefined })
    await engine.scale('q', { limit: 2, node: undefined, force: undefined })
    await engine.pause({ ...undefinedOf('QueueTarget'), queue: 'q' })
    await engine.purge('q', { cancel: undefined })
    await engine.cron.insert({ ...undefinedOf('CronOptions'), schedule: '@daily', job: UndefinedJob, name: 'daily' })
    await engine.cron.update('daily', { ...undefinedOf('CronOptions', ['name']), schedule: undefined, job: undefined, paused: true })
    assert.equal((await engine.cron.next('@daily', { timezone: undefined, count: undefined, after: undefined })).length > 0, true)
    await (await engine.listen('c', () => {}, { scope: undefined }))()
    await engine.notify('c', 1, { scope: undefined })
    await engine.stopQueue('q', { grace: undefined, node: undefined })
    await engine.startQueue('r', { ...undefinedOf('QueueOptions'), node: undefined })
    await engine.stop({ grace: undefined })
  }))
