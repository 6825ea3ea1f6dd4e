// What the file of a job class must not do in a job thread or job process: start an engine, or enqueue while it is imported.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const ENTRY = JSON.stringify(new URL('../../index.js', import.meta.url).href)
const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-files-'))
after(() => rm(folder, { recursive: true }))

let files = 0

/** A file of the user's. @param {string} source @param {string} [name] */
async function file(source, name = `file-${++files}.mjs`) {
  const filename = path.join(folder, name)
  await writeFile(filename, `import { EramEngine, EramJob } from ${ENTRY}\n${source}`)
  return filename
}

/** A class that this thread only registers. @param {string} name @param {string} filename @param {object} options */
function register(name, filename, options) {
  const type = class extends EramJob {
    perform() {}
  }
  type.register({ name, filename, ...options })
  return type
}

/** @param {string} name */
const classNamed = (name) => `export class ${name} extends EramJob { async perform() {} }\n`

for (const isolation of /** @type {const} */ (['thread', 'process'])) {
  describe(`in a job ${isolation}`, () => {
    /** @type {[string, string][]} */
    const programs = [
      ['awaits it', `await EramEngine.start(); await EramEngine.enqueue('OtherJob')`],
      ['does not await it', `EramEngine.start().then(() => EramEngine.enqueue('OtherJob'))`],
      ['catches the error', `await EramEngine.start().catch(() => {}); await EramEngine.enqueue('OtherJob').catch(() => {})`],
      ['ends its process then', `await EramEngine.start().catch(() => process.exit(1))`],
    ]
    for (const [how, program] of programs) {
      test(`a file that starts an engine and ${how} is refused, and named`, () =>
        withSchema(async ({ url, prefix, rows }) => {
          const name = `Program${++files}`
          const filename = await file(`${classNamed(name)}${program}`)
          register(name, filename, { queue: name, isolation })
          await assert.rejects(EramEngine.start({ url, prefix, queues: { [name]: 1 } }), {
            code: 'ERAM_LOAD',
            message:
              `EramEngine.start: expected to be called outside of job threads, got a call in ${filename}, the file of ${name}, which each ` +
              'job thread imports; give job classes a file that starts no engine, in a bundle a second entry point: ' +
              `register({ filename: new URL('./jobs.js', import.meta.url) })`,
          })
          assert.deepEqual(await rows('SELECT worker FROM eram_jobs'), [])
        }))
    }

    test('the file that starts an engine is named, and the job file that imports it', () =>
      withSchema(async ({ url, prefix }) => {
        const name = `Importing${++files}`
        const program = await file('await EramEngine.start()')
        const filename = await file(`import ${JSON.stringify(program)}\n${classNamed(name)}`)
        register(name, filename, { queue: name, isolation })
        await assert.rejects(EramEngine.start({ url, prefix, queues: { [name]: 1 } }), (/** @type {Error} */ { message }) => {
          assert.ok(message.includes(`got a call in ${program}, which ${filename} imports, the file of ${name}, which`), message)
          return true
        })
      }))

    test('a file that enqueues while it is imported is refused, and named', () =>
      withSchema(async ({ url, prefix, rows }) => {
        const name = `Enqueuing${++files}`
        const filename = await file(`${classNamed(name)}await EramEngine.enqueueAll([{ worker: 'OtherJob' }]).catch(() => {})`)
        register(name, filename, { queue: name, isolation })
        await assert.rejects(EramEngine.start({ url, prefix, queues: { [name]: 1 } }), {
          code: 'ERAM_JOB',
          message:
            'enqueue: expected to be called by the program or in perform, got a call while a job thread imports ' +
            `${filename}, the file of ${name}; each job thread would enqueue again`,
        })
        assert.deepEqual(await rows('SELECT worker FROM eram_jobs'), [])
      }))

    test('a job may enqueue, and learns that EramEngine.get() is its engine', () => {
      const name = `Starting${++files}`
      return withEngine({ queues: { [name]: 2, main: 1 } }, async ({ runToCompletion, schema }) => {
        const filename = await file(
          `export class ${name} extends EramJob {
            async perform() {
              await EramEngine.enqueue('NextJob', {}, { queue: 'next' })
              const refused = await EramEngine.start().catch((error) => error)
              return [refused.code, refused.message, EramEngine.get().prefix]
            }
          }`,
        )
        const { result } = await runToCompletion(register(name, filename, { queue: name, isolation }), {})
        assert.deepEqual(result, [
          'ERAM_LOAD',
          `EramEngine.start: expected to be called outside of job threads, got a call in ${filename}; EramEngine.get() returns the engine that is running`,
          schema.prefix,
        ])
        assert.equal((await schema.rows(`SELECT id FROM eram_jobs WHERE worker = 'NextJob'`)).length, 1)
      })
    })
  })
}

test('a file that is loaded later and enqueues fails its job, while other jobs enqueue', () => {
  const [first, late] = [`First${++files}`, `Late${++files}`]
  return withEngine({ queues: { [first]: 2 } }, async ({ runToCompletion, schema }) => {
    const type = register(
      first,
      await file(`export class ${first} { async perform(args, ctx) { await ctx.enqueue('NextJob', {}, { queue: 'next' }) } }`),
      {
        queue: first,
      },
    )
    await runToCompletion(type, {})
    const filename = await file(`${classNamed(late)}await EramEngine.enqueue('OtherJob')`)
    const { state, errors } = await runToCompletion(register(late, filename, { queue: first }), {})
    assert.equal(state, 'retryable')
    assert.match(errors[0].message, /^enqueue: expected to be called by the program or in perform, got a call while a job thread imports/)
    await runToCompletion(type, {})
    assert.deepEqual(await schema.rows(`SELECT worker, count(*)::int FROM eram_jobs WHERE worker <> '${first}' GROUP BY 1 ORDER BY 1`), [
      { worker: late, count: 1 },
      { worker: 'NextJob', count: 2 },
    ])
  })
})
