// What holds for eramjs/nestjs on each version of NestJS: the files of the guide and those of app/, compiled and run.
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { ROOT } from '../../../scripts/command.js'
import { sql } from '../../support/database.js'
import { stopped } from '../../support/program.js'
import { snippets } from '../../support/snippets.js'
import { application, withoutLog } from '../support/application.js'
import { database } from '../support/database.js'

const APP = path.join(ROOT, '__test__', 'toolchains', 'nest', 'app')

/** What `nest new` writes of options that matter here, with strict checks. */
const OPTIONS = {
  target: 'ES2022',
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
  skipLibCheck: true,
  strict: true,
  strictPropertyInitialization: false,
  types: ['node'],
  typeRoots: [path.join(ROOT, 'node_modules', '@types')],
  outDir: 'dist',
  rootDir: '.',
}

/**
 * How applications of a version are made.
 * @typedef {object} Build
 * @property {string} compiler  a folder of node_modules
 * @property {'commonjs' | 'nodenext'} module
 * @property {boolean} [esm]  the application is an ES module
 */

/** The files of the guide, and those of app/. @returns {Record<string, string>} */
function sources() {
  const guide = snippets('docs/guides/nestjs.md').filter(({ name }) => name !== null)
  const own = readdirSync(APP).map((name) => [name, readFileSync(path.join(APP, name), 'utf8')])
  return Object.fromEntries([...guide.map(({ name, text }) => [String(name), text]), ...own])
}

/** The same as ES modules, as the guide says. @param {string} text */
function asModule(text) {
  return text
    .replace(/((?:from|import\() ?)'(\.\/[\w.-]+)'/g, "$1'$2.js'")
    .replace('filename: __filename', 'filename: import.meta.filename')
    .replace(/require\.resolve\('(\.\/[\w.-]+)'\)/g, "new URL('$1.js', import.meta.url)")
}

/**
 * Makes the application of a version, in this module system.
 * @param {import('node:test').TestContext} t
 * @param {string} area
 * @param {Build} build
 */
async function built(t, area, { compiler, module, esm = false }) {
  const moduleResolution = module === 'commonjs' ? 'node10' : 'nodenext'
  const files = Object.entries(sources()).map(([name, text]) => [name, esm ? asModule(text) : text])
  const app = await application(t, area, {
    ...Object.fromEntries(files),
    'package.json': JSON.stringify({ name: 'app', private: true, type: esm ? 'module' : 'commonjs' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...OPTIONS, module, moduleResolution } }),
  })
  const tsc = path.join(ROOT, 'node_modules', compiler, 'bin', 'tsc')
  const { code, text } = await app.run(process.execPath, [tsc, '-p', '.'])
  assert.equal(code, 0, text)
  return app
}

/** @param {string} area  the folder of the version @param {Build} build */
export function facts(area, build) {
  const kind = build.esm ? 'an ES module' : 'CommonJS'

  describe(`NestJS ${path.basename(area)} in ${kind}`, () => {
    test('injects what jobs need, on every isolate and adapter, and stops with the application', async (t) => {
      const app = await built(t, area, build)
      const url = await database(t)
      for (const adapter of ['express', 'fastify']) {
        const { code, lines, text } = await app.run(process.execPath, ['dist/facts.js'], { DATABASE_URL: url, ADAPTER: adapter })
        assert.equal(code, 0, text)
        check(JSON.parse(withoutLog(lines).at(-1) ?? '{}'), withoutLog(lines))
      }
      const { out, signal } = await stopped(app.folder, ['dist/shutdown.js'], { DATABASE_URL: url }, /^began$/m)
      assert.equal(signal, 'SIGTERM', out)
      assert.match(withoutLog(out.split('\n')).join('\n'), /^began\nended true\nclosed\n$/)
      const client = await sql(url)
      const jobs = await client.rows(`SELECT state, result FROM eram_jobs WHERE worker = 'SlowJob'`)
      await client.end()
      assert.deepEqual(jobs, [{ state: 'completed', result: true }])
    })
  })
}

/** EramModule.forTest(). @param {string} area  the folder of the version @param {Build} build */
export function fakes(area, build) {
  test('forTest records what is enqueued, and performs it with instances from the container', async (t) => {
    const app = await built(t, area, build)
    const env = { DATABASE_URL: 'postgres://nowhere.invalid:1/none' }
    const { code, lines, text } = await app.run(process.execPath, ['dist/fake.js'], env)
    assert.equal(code, 0, text)
    assert.deepEqual(JSON.parse(withoutLog(lines).at(-1) ?? '{}'), {
      recorded: ['a@b.c', 'd@e.f'],
      sent: ['sent to a@b.c', 'sent to d@e.f'],
      missing: 'EramModule.forTest: expected only enqueue and enqueueAll of the engine, got jobs',
      after: 'ERAM_NOT_RUNNING',
    })
  })
}

/** The sources of eramjs/nestjs fit the types of a version. @param {string} area */
export function typeChecks(area) {
  test('the sources of eramjs/nestjs fit its types', async (t) => {
    const app = await application(t, area, {
      'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          ...{ module: 'nodenext', target: 'es2023', allowJs: true, checkJs: true, noEmit: true, strict: true },
          ...{ noUncheckedIndexedAccess: true, types: ['node'], typeRoots: OPTIONS.typeRoots },
        },
        include: ['integrations/nestjs'],
      }),
    })
    cpSync(path.join(ROOT, 'integrations'), path.join(app.folder, 'integrations'), {
      recursive: true,
      filter: (file) => !/\.d?\.?c[jt]s$/.test(file),
    })
    const { text } = await app.run(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
    // Types of NestJS itself are not checked here.
    assert.deepEqual(
      text.split('\n').filter((line) => line.includes('integrations/')),
      [],
    )
  })
}

/** @param {any} found  by app/facts.ts @param {string[]} lines  all of its output */
function check(found, lines) {
  const success = (/** @type {unknown} */ result) => ({ state: 'success', result, error: null })
  const { refused, health, ...rest } = found
  assert.deepEqual(rest, {
    posted: 201,
    main: 'sent to ada@example.com',
    thread: success('sent to 2030-01@reports'),
    process: success('sent to 2030-01@natives'),
    scoped: Array(2).fill(success({ own: true, performed: 1 })),
    failing: { state: 'discard', result: null, error: { kind: 'error', message: 'as asked' } },
    seen: ['FailingJob ID: as asked'],
    plain: success('plain'),
    forgotten: {
      state: 'discard',
      result: null,
      error: { kind: 'load', message: 'ForgottenJob: expected a module that provides it, got none; add it to the providers of a module' },
    },
    circular: success(true),
    early: 'ERAM_NOT_RUNNING',
    engines: ['default', 'second', true],
    status: ['emails'],
    probed: [200, 404],
    metrics: true,
    left_behind: 0,
    ill: [503, 'down'],
    running: 'engine: expected a running engine, got "default"; running: none',
    overridden: ['kept a@b.c', 'replaced'],
  })
  assert.equal(health.status, 'ok')
  assert.equal(health.info.eram.status, 'up')
  const expected = [
    /^setup: .*lacking\.setup\.js to succeed, got EramError: NativeJob: expected LackingModule to provide it, got no such provider; add it to the module of nestSetup$/,
    /expected one class named "FailingJob", got two, from \S+facts\.module\.js:\d+:\d+ and \S+facts\.js:\d+:\d+;/,
    /^EramModule\.forFeature: expected classes with @Job, got PlainJob without$/,
    /^@Job: expected Mailer to extend EramJob, with a method perform, got a class that does not$/,
    /^EramModule\.forRootAsync: expected one of useFactory, useClass, useExisting, got 0$/,
  ]
  for (const [i, message] of expected.entries()) assert.match(refused[i], message)
  // Nothing is logged but what a healthy application logs.
  assert.deepEqual(
    lines
      .slice(0, -1)
      .filter(
        (line) =>
          !/the application shuts down|Health Check has failed|^eramjs: setup: .*LackingModule|ERROR \[Health|"eram"|^[\s{}]*$/.test(line),
      ),
    [],
  )
}
