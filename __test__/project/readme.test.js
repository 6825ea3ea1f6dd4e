// README.md, the first guides and the reference of options do what they say: their programs run in an empty project with the package
// as `npm pack` makes it, compiled by the newest and by the oldest supported TypeScript; their fragments run on a live engine; their
// tables list the options of index.d.ts with the defaults that are in effect.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { native, registry } from '../../lib/addon/native.js'
import { fileOf as addonOf } from '../../lib/addon/platforms.js'
import { MAX_ARGS_BYTES } from '../../lib/shared/draft.js'
import { current } from '../../scripts/package/options.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'
import { memberNames } from '../support/declarations.js'
import { fileOf, finished, fragments, GLOBALS, LIBRARIES, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { read } from '../support/sources.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {Awaited<ReturnType<typeof project>>} Project */

const README = 'README.md'
const QUICK_START = 'docs/guides/getting-started.md'
const OPTIONS = 'docs/reference/options.md'
const ADDON = path.join(ROOT, 'lib', addonOf(current()))

/** Pages whose fragments run on a live engine. */
const RUN = [README, QUICK_START, 'docs/guides/transactions.md']

/** A file of a document's, one of several in a snippet too: each begins with its name. @param {string} document @param {string} name */
function file(document, name) {
  const all = snippets(document).flatMap((snippet) => (snippet.name ? snippet.text.split(/^(?=\/\/ [\w./-]+\.\w+$)/m) : []))
  const found = all.find((text) => text.startsWith(`// ${name}\n`))
  assert.ok(found, `${document}: expected a snippet that begins with // ${name}`)
  return found
}

/** Of npm, whichever runs us. @param {string[]} args @param {string} cwd */
async function npm(args, cwd) {
  const cli = process.env.npm_execpath
  const [program, first] = cli?.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []]
  const { code, out } = await finished(program, [...first, ...args], { cwd })
  assert.equal(code, 0, out)
  return out
}

/** The package, as users get it. @type {string} */
let tarball

before(async () => {
  assert.ok(existsSync(path.join(ROOT, 'index.cjs')), 'expected index.cjs, which `npm run setup` makes')
  const { folder } = await project()
  // What prepack would build is here; it would be built anew for publishing, which takes minutes.
  await npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT)
  tarball = path.join(folder, `eramjs-${JSON.parse(read('package.json')).version}.tgz`)
})

/** @param {object} manifest */
async function installed(manifest) {
  const own = await project(manifest)
  await npm(['install', tarball, '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], own.folder)
  // Not published, hence not installable: the package of this platform.
  cpSync(ADDON, path.join(own.folder, 'node_modules', 'eramjs', 'lib', path.basename(ADDON)))
  await own.link(...LIBRARIES)
  return own
}

/** The schema of the test in place of the default one. @param {string} code */
const inSchema = (code) => code.replaceAll('EramEngine.start({', 'EramEngine.start({ prefix: process.env.PREFIX,')

/**
 * Runs a program until its job is done, and ends it as a terminal does.
 *
 * @param {Project} own
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(out: string) => unknown} done throws until the output, and what else there is to see, are as expected
 */
async function runs({ folder }, args, env, done) {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    out += chunk
  })
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    await until(async () => {
      assert.equal(child.exitCode, null, out)
      await done(out)
    })
    child.kill('SIGTERM')
    assert.equal(await ended, 0, out)
  } finally {
    child.kill('SIGKILL')
  }
}

/** Applies the migrations with the command that the package brings. @param {Project} own @param {string} prefix */
async function migrate({ folder }, prefix) {
  const eramjs = path.join(folder, 'node_modules', '.bin', 'eramjs')
  const { code, out } = await finished(eramjs, ['migrate', '--prefix', prefix], { cwd: folder, env: { DATABASE_URL } })
  assert.equal(code, 0, out)
}

test('the listing of the README: a row and a job commit together, and the job runs', () =>
  withSchema(
    async ({ url, prefix, rows }) => {
      const own = await installed({ type: 'module' })
      await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
      for (const name of ['job.ts', 'main.ts']) await own.write(name, inSchema(file(README, name)))
      await own.compile()
      await migrate(own, prefix)
      await rows('CREATE TABLE users (email text)')
      const database = new URL(url)
      database.searchParams.set('options', `-c search_path=${prefix}`)
      const env = { DATABASE_URL: database.href.replaceAll('+', '%20'), PREFIX: prefix }
      await runs(own, ['dist/main.js'], env, async (out) => {
        assert.match(out, /^a mail to ada@example\.com, attempt 1$/m)
        assert.deepEqual(await rows('SELECT worker, state, result FROM eram_jobs'), [
          { worker: 'EmailUserJob', state: 'completed', result: { sent: true } },
        ])
      })
      assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'ada@example.com' }])
    },
    { migrate: false },
  ))

describe('the quick start', () => {
  /** @param {string} out */
  const done = (out) => {
    assert.match(out, /^a mail to ada@example\.com$/m)
    assert.match(out, /^EmailUserJob \d+ is completed { sent: true }$/m)
  }

  test('runs in TypeScript, from npm install to a job that is done', () =>
    withSchema(
      async ({ prefix }) => {
        const own = await installed({ type: 'module' })
        for (const name of ['tsconfig.json', 'job.ts', 'main.ts']) await own.write(name, inSchema(file(QUICK_START, name)))
        await own.compile()
        await migrate(own, prefix)
        await runs(own, ['dist/main.js'], { DATABASE_URL, PREFIX: prefix }, done)
      },
      { migrate: false },
    ))

  test('runs in CommonJS, also where require() takes no ES module', () =>
    withSchema(async ({ prefix }) => {
      const own = await installed({})
      for (const name of ['job.cjs', 'main.cjs']) await own.write(name, inSchema(file(QUICK_START, name)))
      await own.write('tsconfig.json', JSON.stringify({ ...TSCONFIG, include: ['*.cjs'] }))
      await own.compile('--allowJs', '--checkJs', '--noEmit')

      const old = '--no-experimental-require-module'
      const entry = await finished(process.execPath, [old, '-p', `require.resolve('eramjs')`], { cwd: own.folder })
      assert.equal(entry.out.trim(), path.join(own.folder, 'node_modules', 'eramjs', 'index.cjs'))
      for (const flags of [[], [old]]) await runs(own, [...flags, 'main.cjs'], { DATABASE_URL, PREFIX: prefix }, done)
    }))
})

test('the fragments compile, and run on a live engine', () =>
  withSchema(async (schema) => {
    const own = await installed({ type: 'module' })
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    await own.write('globals.d.ts', GLOBALS)
    await own.write('job.ts', file(QUICK_START, 'job.ts'))
    const all = RUN.flatMap(fragments)
    for (const fragment of all) await own.write(fileOf(fragment), `${fragment.text}\nexport {}\n`)
    await own.write('run.ts', runner(all.map(fileOf)))
    await own.compile()
    await schema.rows('CREATE TABLE users (email text)')
    const { code, out } = await finished(process.execPath, ['dist/run.js'], {
      cwd: own.folder,
      env: { DATABASE_URL, PREFIX: schema.prefix },
    })
    assert.equal(code, 0, out)
    assert.deepEqual(await schema.rows('SELECT email FROM users'), Array(2).fill({ email: 'ada@example.com' }))
    const jobs = await schema.rows('SELECT state, count(*)::int FROM eram_jobs GROUP BY state ORDER BY state::text')
    assert.ok(jobs.find(({ state }) => state === 'completed')?.count > 5, JSON.stringify(jobs))

    // The form for programs in other languages.
    const [, statement = ''] = /`(SELECT \* FROM eram_enqueue_job\(.*?\))`/.exec(read(QUICK_START)) ?? []
    const inserted = await schema.row(statement)
    assert.deepEqual([inserted.state, inserted.queue, inserted.conflict], ['available', 'emails', false])
  }))

/** A program that gives the fragments what they take for granted. @param {string[]} files */
const runner = (files) => `import pg from 'pg'
import { DataSource } from 'typeorm'
import * as eram from 'eramjs'
import { EmailUserJob } from './job.js'

const url = String(process.env.DATABASE_URL)
const options = \`-c search_path=\${process.env.PREFIX}\`
Object.assign(globalThis, eram, {
  EmailUserJob,
  email: 'ada@example.com',
  pool: new pg.Pool({ connectionString: url, options }),
  dataSource: await new DataSource({ type: 'postgres', url, extra: { options } }).initialize(),
  engine: await eram.EramEngine.start({ url, prefix: String(process.env.PREFIX), queues: { emails: 5, imports: 5 } }),
  signUp: async (email: string) => void (await EmailUserJob.enqueue({ email })),
})
for (const file of ${JSON.stringify(files.map((name) => `./${name.replace(/ts$/, 'js')}`))}) await import(file)
await engine.drain('emails')
await Promise.all([engine.stop(), pool.end(), dataSource.destroy()])
`

describe('the tables of options', () => {
  /** The rows of the table below a heading: name without ticks → its default. @param {string} heading @returns {Map<string, string>} */
  const rowsBelow = (heading) => {
    const [, rest = ''] = read(OPTIONS).split(`\n## ${heading}\n`)
    const [table = ''] = /^\|(?:.*\n)(?:\|.*\n)*/m.exec(rest) ?? []
    assert.match(table, /^\| option \| type \| default \| meaning \|\n\|---\|---\|---\|---\|\n/, heading)
    const rows = [...table.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|[^|]+\|$/gm)]
    assert.equal(rows.length, table.trim().split('\n').length - 2, `${heading}: expected rows of four cells`)
    return new Map(rows.map(([, name = '', fallback = '']) => [name, fallback.replaceAll('`', '').trim()]))
  }

  /** @param {string} name @param {string} parent what another table lists */
  const without = (name, parent) => memberNames(name).filter((member) => !memberNames(parent).includes(member))

  for (const [heading, names] of /** @type {[string, string[]][]} */ ([
    ['Engine', memberNames('StartOptions')],
    ['Queue', memberNames('QueueOptions')],
    ['Idle', memberNames('IdleOptions')],
    ['Stager', memberNames('StagerOptions')],
    ['Lifeline', memberNames('LifelineOptions')],
    ['Pruner', memberNames('PruneOptions')],
    ['Reindexer', memberNames('ReindexerOptions')],
    ['Cron', without('CronOptions', 'JobOptions')],
    ['Driver', [...new Set(['ConfiguredDriver', 'ExportedDriver', 'LiveDriver'].flatMap(memberNames))]],
    ['Job registration', memberNames('RegisterOptions')],
    ['Enqueue options', without('EnqueueOptions', 'JobOptions')],
  ])) {
    test(`${heading}: every option of types/, and no other`, () => {
      assert.deepEqual([...rowsBelow(heading).keys()].sort(), names.sort())
    })
  }

  test('the defaults are those that are in effect', () =>
    withSchema(async ({ url, prefix }) => {
      /** @param {object} options */
      const effective = async (options) => {
        const engine = await EramEngine.start({ url, prefix, queues: { q: {} }, ...options })
        const config = JSON.parse(native().config(/** @type {any} */ (engine).id))
        await engine.stop()
        return config
      }
      const plain = await effective({})
      const { reindexer } = await effective({ reindexer: {} })
      const { stager, lifeline, prune, metrics } = plain
      assert.equal(MAX_ARGS_BYTES, plain.max_args_bytes)
      const plugins = { stager: true, lifeline: true, prune: true, metrics: true }
      for (const plugin of [stager, lifeline, prune, metrics, reindexer]) assert.equal(typeof plugin, 'object')
      for (const [heading, values] of /** @type {[string, any][]} */ ([
        ['Engine', { ...plain, ...plugins, prefix: 'public', queues: {}, signals: false, force: false, otel: false }],
        ['Queue', { ...plain.queues.q, isolation: 'thread' }],
        ['Stager', stager],
        ['Lifeline', lifeline],
        ['Pruner', prune],
        ['Reindexer', reindexer],
        ['Job registration', JSON.parse(native().register(registry(), '{"name":"OfDefaults"}'))],
      ])) {
        for (const [name, stated] of rowsBelow(heading)) {
          if (!/^('[^']*'|\d+|true|false|\[\]|\{\})$/.test(stated)) continue
          assert.deepEqual(values[name], JSON.parse(stated.replaceAll("'", '"')), `${heading}: ${name}`)
        }
      }
    }))
})
