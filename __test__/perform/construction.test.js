// A class whose constructor wants arguments is refused before its first job, wherever its jobs run.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { findWorker } from '../../lib/job/index.js'
import { withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-constructors-'))
after(() => rm(folder, { recursive: true }))

class WantingJob extends EramJob {
  /** @param {{ send: () => void }} mailer */
  constructor(mailer) {
    super()
    this.mailer = mailer
  }
  perform() {
    this.mailer.send()
  }
}

class HeirJob extends WantingJob {}

/** Without its type, which refuses it too. @param {Function} type @returns {any} */
const untyped = (type) => type

const REFUSED =
  'WantingJob.constructor: expected no parameters, as each attempt is made by new WantingJob(), got 1; ' +
  'make instances with create: (JobClass, ctx) => …, in job threads with resolve of a setup file, or give the parameters defaults'

test('at start, if the engine runs its jobs on the main thread', () =>
  withSchema(async ({ url, prefix }) => {
    untyped(WantingJob).register({ queue: 'wanting' })
    await assert.rejects(EramEngine.start({ url, prefix, queues: { wanting: 1 } }), { code: 'ERAM_JOB', message: REFUSED })
    untyped(HeirJob).register({ queue: 'heirs' })
    await assert.rejects(EramEngine.start({ url, prefix, queues: { heirs: 1 } }), {
      code: 'ERAM_JOB',
      message: /^HeirJob\.constructor: .*, got some;/,
    })
  }))

test('at register, if such an engine is running', () =>
  withEngine({ queues: { others: 1, late: 1 } }, async ({ runToCompletion }) => {
    class LateWantingJob extends WantingJob {}
    assert.throws(() => untyped(LateWantingJob).register({ queue: 'late' }), {
      code: 'ERAM_JOB',
      message: /^LateWantingJob\.constructor: /,
    })
    assert.equal(findWorker('LateWantingJob'), undefined)
    // Another process may run it.
    untyped(LateWantingJob).register({ queue: 'elsewhere' })
    class ReadyJob extends WantingJob {
      constructor(mailer = { send() {} }) {
        super(mailer)
      }
    }
    assert.equal((await runToCompletion(ReadyJob.register({ queue: 'others' }), {})).state, 'completed')
  }))

for (const isolation of /** @type {const} */ (['thread', 'process'])) {
  test(`at start, if a job ${isolation} loads its class`, () =>
    withSchema(async ({ url, prefix }) => {
      const name = `Wanting${isolation}`
      const filename = path.join(folder, `${isolation}.mjs`)
      await writeFile(filename, `export class ${name} { constructor(mailer) { this.mailer = mailer } perform() {} }`)
      const type = class extends EramJob {
        perform() {}
      }
      type.register({ name, filename, queue: name, isolation })
      await assert.rejects(EramEngine.start({ url, prefix, queues: { [name]: 1 } }), {
        code: 'ERAM_JOB',
        message: REFUSED.replaceAll('WantingJob', name),
      })
    }))
}
