// Registering job classes: names, files, and which class is which.
import assert from 'node:assert/strict'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { EramJob } from '../../index.js'
import { native, registry } from '../../lib/addon/native.js'
import { build, readCall } from '../../lib/job/draft.js'
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

test('a class that moved in its file replaces the former one', async () => {
  const require = createRequire(import.meta.url)
  const path = join(folder, 'edited.cjs')
  /** @param {string} before @param {number} result */
  const source = (before, result) =>
    `module.exports = (EramJob) => { ${before}class Edited extends EramJob { perform() { return ${result} } } Edited.register(); return Edited }`
  await writeFile(path, source('', 1))
  const first = require(path)(EramJob)
  delete require.cache[path]
  await writeFile(path, source('/* moved */ ', 2))
  const soon = new Date(Date.now() + 60_000)
  await utimes(path, soon, soon)
  const second = require(path)(EramJob)
  assert.notEqual(first, second)
  assert.equal(findWorker('Edited')?.type, second)
})

describe('two chunks of a bundle', () => {
  const source = `export class ChunkedJob extends EramJob {
    static { this.register({ queue: 'mail', name: 'ChunkedJob' }) }
    async perform(args) { return mails.send(args.to, \`a mail to \${args.to}\`, 3) }
  }`
  const eramjs = JSON.stringify(new URL('../../index.js', import.meta.url).href)
  let chunks = 0

  /** Registers a class twice, from a file for each text; the second must replace the first. @param {string} one @param {string} two */
  async function register(one, two) {
    const [first, second] = [await file(`chunk-${++chunks}.mjs`, one), await file(`chunk-${++chunks}.mjs`, two)]
    state.workers.delete('ChunkedJob')
    await load(first)
    const former = findWorker('ChunkedJob')?.type
    await load(second)
    assert.notEqual(findWorker('ChunkedJob')?.type, former)
  }

  test('that have one source have one class', () => register(source, source))

  test('may have renamed it', () => register(source, `// jobs.js\n${source.replace('class ChunkedJob', 'class ChunkedJob2')}`))

  test('may have different formats', () =>
    register(source, `import * as eramjs_1 from ${eramjs}\n${source.replace('extends EramJob', 'extends eramjs_1.EramJob')}`))

  test('may be minified', () =>
    register(
      `let e = EramJob; class r extends e{static{this.register({name:"ChunkedJob"})}async perform(t){return n.send(t.to,\`a mail to \${t.to}\`,3)}}`,
      `let o = EramJob; class t extends o{static{this.register({name:"ChunkedJob"})}async perform(r){return i.send(r.to,\`a mail to \${r.to}\`,3)}}`,
    ))

  for (const [what, from, to] of /** @type {[string, string, string][]} */ ([
    ['options', "queue: 'mail'", "queue: 'letters'"],
    ['methods', 'async perform', 'backoff() {} async perform'],
    ['parameters', 'perform(args)', 'perform(args, ctx)'],
    ['functions', '.send(', '.post('],
    ['objects', 'mails.', 'letters.'],
    ['texts', 'a mail to', 'a letter to'],
    ['numbers', ', 3)', ', 4)'],
  ])) {
    test(`do not hide two classes with different ${what}`, () =>
      assert.rejects(register(source, source.replace(from, to)), {
        code: 'ERAM_JOB',
        message: /expected one class named "ChunkedJob", got two/,
      }))
  }
})

test('one source twice in one file has one class, and two sources have two', async () => {
  /** @param {string} text */
  const layer = (text) => `{ class LayeredJob extends EramJob { static { this.register() } perform() { return ${text} } } }\n`
  await load(await file('layers.mjs', layer('1') + layer('1')))
  await assert.rejects(load(await file('mixed.mjs', layer('2') + layer('3'))), {
    message: /expected one class named "LayeredJob", got two/,
  })
  await load(await file('main.f00d.hot-update.mjs', layer('4')))
  const { type } = findWorker('LayeredJob') ?? {}
  assert.equal(new /** @type {any} */ (type)().perform(), 4)
})

test('classes of unknown origin are known by their name', () => {
  const define = (/** @type {string} */ text) =>
    vm.runInThisContext(`(EramJob) => { class Evaluated extends EramJob { perform() { ${text} } } return Evaluated.register() }`)(EramJob)
  const first = define('return 1')
  assert.equal(findWorker('Evaluated')?.type, first)
  const second = define('return 2')
  assert.equal(findWorker('Evaluated')?.type, second)
})

test('a name that a tool made up is refused with the reason, unless a name is given', () => {
  for (const name of [
    'r',
    't2',
    'default',
    '_default',
    'default_1',
    'jobs_default',
    '__WEBPACK_DEFAULT_EXPORT__',
    '__TURBOPACK__default__export__',
    '_class',
  ]) {
    const { [name]: type } = {
      [name]: class extends EramJob {
        perform() {}
      },
    }
    const reason =
      name.length < 3 ? 'which is that of a minifier and may differ in the next build' : 'which is that of a class without a name'
    assert.throws(() => type?.register(), {
      code: 'ERAM_JOB',
      message: `register: expected the class or options.name to give a name, got "${name}", ${reason}; give it one that lasts: register({ name: 'EmailUserJob' })`,
    })
    type?.register({ name: `Named ${name}` })
    assert.equal(findWorker(`Named ${name}`)?.type, type)
  }
})

test('an anonymous default class is refused', async () => {
  const path = await file('anonymous.mjs', 'export default class extends EramJob { static { this.register() } perform() {} }')
  await assert.rejects(load(path), { code: 'ERAM_JOB', message: /got "default", which is that of a class without a name/ })
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
    [
      { filename: undefined },
      /^Refused\.filename: expected a path, got undefined; import\.meta\.filename needs .*; in a bundle, .* a second entry point, or null if it only enqueues$/,
    ],
    [{ filename: './x.js' }, /^Refused\.filename: expected an absolute path or a file: URL, got ".\/x\.js"$/],
    [{ filename: '/no/such/file.js' }, /^Refused\.filename: expected a file that exists, got "\/no\/such\/file\.js"; in a bundle, /],
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
    { code: 'ERAM_JOB', message: /to give a name, got "";/ },
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
    native().register(registry(), JSON.stringify({ name: 'Settled', queue: 'main-says' }))
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
    assert.equal(JSON.parse(native().worker(registry(), 'Announced') ?? '{}').queue, 'q')
  })

  test('one without a file is not, as no other process could run it, but it can be enqueued', () => {
    class Hidden extends EramJob {
      perform() {}
    }
    Hidden.register({ queue: 'q', tags: ['t'] })
    assert.equal(native().worker(registry(), 'Hidden'), null)
    const { text } = build(readCall(Hidden, {}, { priority: 3 }))
    assert.deepEqual(JSON.parse(text), { worker: 'Hidden', queue: 'q', tags: ['t'], priority: 3, args: {} })
  })
})
