// Registering job classes: names, files, and which class is which.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { EramJob } from '../../index.js'
import { native, registry } from '../../lib/addon/native.js'
import { build, readCall } from '../../lib/enqueue/draft.js'
import { findWorker } from '../../lib/job/registry.js'
import { state } from '../../lib/shared/global-state.js'

const folder = await mkdtemp(join(tmpdir(), 'eram-jobs-'))
after(() => rm(folder, { recursive: true }))

/**
 * A file of the user's that defines a class.
 * @param {string} name
 * @param {string} body
 */
async function file(name, body) {
  const path = join(folder, name)
  const entry = JSON.stringify(new URL('../../index.js', import.meta.url).href)
  await writeFile(path, `import { EramJob } from ${entry}\n${body}`)
  return path
}

/** @param {string} path @param {string} [query] */
const load = (path, query = '') => import(pathToFileURL(path).href + query)

test('a class is known by its name, and has the defaults', () => {
  class Plain extends EramJob {
    static {
      assert.equal(this.register(), this)
    }
    perform() {}
  }
  const entry = findWorker('Plain')
  assert.equal(entry?.type, Plain)
  const { name, filename, queue, max_attempts, priority, tags, transaction, aliases } = entry.registration
  assert.deepEqual(
    { name, filename, queue, max_attempts, priority, tags, transaction, aliases },
    {
      name: 'Plain',
      filename: null,
      queue: 'default',
      max_attempts: 20,
      priority: 0,
      tags: [],
      transaction: false,
      aliases: [],
    },
  )
})

test('registering outside of the class, with a name of its own and aliases', () => {
  class a extends EramJob {
    perform() {}
  }
  a.register({ name: 'Minified', aliases: ['OldName'], queue: 'q', filename: import.meta.filename })
  assert.equal(findWorker('Minified')?.type, a)
  assert.equal(findWorker('OldName')?.type, a)
  assert.equal(findWorker('a'), undefined)
  assert.equal(findWorker('Minified')?.registration.filename, import.meta.filename)
  // The same class may register anew; what it no longer says is forgotten.
  a.register({ name: 'Minified', queue: 'other' })
  assert.equal(findWorker('OldName'), undefined)
  assert.equal(findWorker('Minified')?.registration.queue, 'other')
})

test('a subclass does not inherit the registration', () => {
  class Parent extends EramJob {
    perform() {}
  }
  class Child extends Parent {}
  Parent.register({ queue: 'parents' })
  assert.throws(() => Child.new(), { code: 'ERAM_JOB', message: /^Child: expected a registered job class/ })
  Child.register()
  assert.equal(findWorker('Child')?.registration.queue, 'default')
})

test('two classes of one name are refused, naming both places', async () => {
  const one = await file(
    'one.mjs',
    'export class Twin extends EramJob { static { this.register({ filename: import.meta.filename }) } perform() {} }',
  )
  const two = await file('two.mjs', 'export class Twin extends EramJob {\n  static { this.register() } perform() {} }')
  await load(one)
  await assert.rejects(load(two), (/** @type {any} */ error) => {
    assert.equal(error.code, 'ERAM_JOB')
    assert.match(
      error.message,
      /^Twin\.register: expected one class named "Twin", got two, from .*one\.mjs:2:\d+ and .*two\.mjs:3:\d+; give one of them another name: register\(\{ name: … \}\)$/,
    )
    return true
  })
  const define = () => {
    class Twin extends EramJob {
      perform() {}
    }
    return Twin
  }
  assert.throws(() => define().register(), { code: 'ERAM_JOB', message: /one\.mjs.* and .*register\.test\.js:\d+:\d+/ })
  assert.throws(() => define().register({ name: 'Other', aliases: ['Twin'] }), { message: /expected one class named "Twin", got two/ })
})

test('a file that is loaded again defines its class anew', async () => {
  const again = await file('again.mjs', 'export class Again extends EramJob { static { this.register() } perform() {} }')
  const first = await load(again)
  const second = await load(again, '?t=1')
  assert.notEqual(first.Again, second.Again)
  assert.equal(findWorker('Again')?.type, second.Again)
})

test('the same in CommonJS, after its cache was cleared', async () => {
  const require = createRequire(import.meta.url)
  const path = join(folder, 'again.cjs')
  await writeFile(
    path,
    'module.exports = (EramJob) => { class AgainCjs extends EramJob { perform() {} } AgainCjs.register({ filename: __filename }); return AgainCjs }',
  )
  const first = require(path)(EramJob)
  delete require.cache[path]
  const second = require(path)(EramJob)
  assert.notEqual(first, second)
  assert.equal(findWorker('AgainCjs')?.type, second)
})

test('invalid registrations are refused', () => {
  class Refused extends EramJob {
    perform() {}
  }
  const any = /** @type {any} */ (Refused)
  for (const [options, message] of /** @type {[unknown, RegExp][]} */ ([
    [null, /^Refused\.register: expected an object of options, got null$/],
    [{ queu: 'x' }, /queu.*did you mean "?queue/],
    [{ priority: 11 }, /^Refused\.priority: expected .*, got 11/],
    [{ max_attempts: 0 }, /^Refused\.max_attempts: expected .*, got 0/],
    [{ name: 5 }, /^register: expected the class or options\.name to give a name, got 5$/],
    [{ filename: undefined }, /^Refused\.filename: expected a path, got undefined; import\.meta\.filename needs/],
    [{ filename: './x.js' }, /^Refused\.filename: expected an absolute path or a file: URL, got ".\/x\.js"$/],
    [{ filename: '/no/such/file.js' }, /^Refused\.filename: expected a file that exists, got "\/no\/such\/file\.js"$/],
    [{ filename: 5 }, /^Refused\.filename: expected a path or a file: URL, got 5$/],
    [{ backoff: () => 1 }, /^Refused\.backoff: expected "oban", "exp", "none" or an object, got a function; make it a method/],
    [{ meta: { n: 1n } }, /^Refused\.meta\.n: expected JSON, got a BigInt/],
    [{ isolation: 'thread' }, /^Refused\.isolation: expected /],
  ])) {
    assert.throws(() => any.register(options), { code: 'ERAM_JOB', message })
  }
  assert.equal(findWorker('Refused'), undefined)
  assert.throws(() => /** @type {any} */ (EramJob).register(), { code: 'ERAM_JOB', message: /^EramJob\.register: expected a subclass/ })
  assert.throws(
    () =>
      class extends EramJob {
        perform() {}
      }.register(),
    { code: 'ERAM_JOB', message: /to give a name, got ""/ },
  )
})

test('a file: URL is as good as a path', () => {
  class Located extends EramJob {
    perform() {}
  }
  Located.register({ filename: import.meta.url })
  assert.equal(findWorker('Located')?.registration.filename, import.meta.filename)
  Located.register({ filename: new URL(import.meta.url) })
  assert.equal(findWorker('Located')?.registration.filename, import.meta.filename)
})

test('a job class without perform fails when its job runs', () => {
  // @ts-expect-error nor does it compile
  class Idle extends EramJob {}
  assert.throws(() => new /** @type {any} */ (Idle)().perform(), {
    code: 'ERAM_JOB',
    message: /^Idle\.perform: expected the class to define it/,
  })
})

describe('in a job thread', () => {
  before(() => {
    state.isJobIsolate = true
  })
  after(() => {
    state.isJobIsolate = false
  })

  test('options that the main thread registered are not changed by the file', () => {
    native.register(registry(), JSON.stringify({ name: 'Settled', queue: 'main-says' }))
    class Settled extends EramJob {
      static {
        Settled.register({ queue: 'thread-says', priority: 12 })
      }
      perform() {}
    }
    assert.equal(findWorker('Settled')?.type, Settled)
    assert.equal(findWorker('Settled')?.registration.queue, 'main-says')
  })

  test('a class with a file that only the thread knows is announced', () => {
    class Announced extends EramJob {
      perform() {}
    }
    Announced.register({ filename: import.meta.filename, queue: 'q' })
    assert.equal(JSON.parse(native.worker(registry(), 'Announced') ?? '{}').queue, 'q')
  })

  test('one without a file is not, as no other process could run it, but it can be enqueued', () => {
    class Hidden extends EramJob {
      perform() {}
    }
    Hidden.register({ queue: 'q', tags: ['t'] })
    assert.equal(native.worker(registry(), 'Hidden'), null)
    const { text } = build(readCall(Hidden, {}, { priority: 3 }))
    assert.deepEqual(JSON.parse(text), { worker: 'Hidden', queue: 'q', tags: ['t'], priority: 3, args: {} })
  })
})
