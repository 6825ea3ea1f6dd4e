// README.md does what it says: its quick start in an empty project with the package as `npm pack` makes it, compiled by the newest
// and by the oldest supported TypeScript, run as ES modules and as CommonJS; its fragments on a live engine; its tables.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { native } from '../../lib/addon/native.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'
import { fileOf, finished, fragments, GLOBALS, LIBRARIES, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { read } from '../support/sources.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {Awaited<ReturnType<typeof project>>} Project */

const README = 'README.md'

/** @param {string} name */
function file(name) {
  const found = snippets(README).find((snippet) => snippet.name === name)
  assert.ok(found, `${README}: expected a snippet that begins with // ${name}`)
  return found.text
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
 * @param {Schema} schema
 */
async function runs({ folder }, args, { prefix }) {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, DATABASE_URL, PREFIX: prefix } })
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
    await until(() => {
      assert.equal(child.exitCode, null, out)
      assert.match(out, /^a mail to ada@example\.com$/m)
      assert.match(out, /^EmailUserJob \d+ is completed { sent: true }$/m)
    })
    child.kill('SIGTERM')
    assert.equal(await ended, 0, out)
  } finally {
    child.kill('SIGKILL')
  }
}

describe('the quick start', () => {
  test('runs in TypeScript, from npm install to a job that is done', () =>
    withSchema(
      async (schema) => {
        const own = await installed({ type: 'module' })
        for (const name of ['tsconfig.json', 'job.ts', 'main.ts']) await own.write(name, inSchema(file(name)))
        await own.compile()
        const eramjs = path.join(own.folder, 'node_modules', '.bin', 'eramjs')
        const { code, out } = await finished(eramjs, ['migrate', '--prefix', schema.prefix], { cwd: own.folder, env: { DATABASE_URL } })
        assert.equal(code, 0, out)
        await runs(own, ['dist/main.js'], schema)
      },
      { migrate: false },
    ))

  test('runs in CommonJS, also where require() takes no ES module', () =>
    withSchema(async (schema) => {
      const own = await installed({})
      for (const name of ['job.cjs', 'main.cjs']) await own.write(name, inSchema(file(name)))
      await own.write('tsconfig.json', JSON.stringify({ ...TSCONFIG, include: ['*.cjs'] }))
      await own.compile('--allowJs', '--checkJs', '--noEmit')

      const old = '--no-experimental-require-module'
      const entry = await finished(process.execPath, [old, '-p', `require.resolve('eramjs')`], { cwd: own.folder })
      assert.equal(entry.out.trim(), path.join(own.folder, 'node_modules', 'eramjs', 'index.cjs'))
      for (const flags of [[], [old]]) await runs(own, [...flags, 'main.cjs'], schema)
    }))
})

test('the fragments compile, and run on a live engine', () =>
  withSchema(async (schema) => {
    const own = await installed({ type: 'module' })
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    await own.write('globals.d.ts', GLOBALS)
    await own.write('job.ts', file('job.ts'))
    const all = fragments(README)
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
    const [, statement = ''] = /`(SELECT \* FROM eram_enqueue_job\(.*?\))`/.exec(read(README)) ?? []
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
for (const file of ${JSON.stringify(files.map((name) => `../${name.replace(/ts$/, 'js')}`))}) await import(file)
await engine.drain('emails')
await Promise.all([engine.stop(), pool.end(), dataSource.destroy()])
`

describe('the tables of options', () => {
  /** The rows of the table below a heading: name without ticks → its default. @param {string} heading @returns {Map<string, string>} */
  const rowsBelow = (heading) => {
    const [, rest = ''] = read(README).split(heading)
    const [table = ''] = /^\|(?:.*\n)(?:\|.*\n)*/m.exec(rest) ?? []
    const rows = [...table.matchAll(/^\| `([\w.]+)` \|[^|]*\|([^|]*)\|/gm)]
    return new Map(rows.map(([, name = '', fallback = '']) => [name, fallback.replaceAll('`', '').trim()]))
  }

  /** The members of an interface of index.d.ts, with those it extends. @param {string} name @returns {string[]} */
  const membersOf = (name) => {
    const [, parents = '', body = ''] =
      new RegExp(`^export interface ${name} (?:extends ([\\w, ]+) )?\\{\\n(.*?)^\\}`, 'ms').exec(read('index.d.ts')) ?? []
    assert.ok(body, `index.d.ts: expected interface ${name}`)
    const own = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member = '']) => member)
    return [...parents.split(', ').filter(Boolean).flatMap(membersOf), ...own].sort()
  }

  const PLUGINS = ['PruneOptions', 'LifelineOptions', 'StagerOptions', 'ReindexerOptions']
  const plugin = (/** @type {string} */ name) => name.replace('Options', '').toLowerCase()

  for (const [heading, names] of /** @type {[string, string[]][]} */ ([
    [
      '### `EramEngine.start(options)`',
      [
        ...membersOf('StartOptions').filter((name) => !PLUGINS.map(plugin).includes(name)),
        ...PLUGINS.flatMap((name) => membersOf(name).map((member) => `${plugin(name)}.${member}`)),
      ],
    ],
    ['### A queue:', membersOf('QueueOptions')],
    ['### A job class:', membersOf('RegisterOptions')],
  ])) {
    test(`${heading.slice(4)}: every option of index.d.ts, and no other`, () => {
      assert.deepEqual([...rowsBelow(heading).keys()].sort(), names.sort())
    })
  }

  test('the defaults are those that are in effect', () =>
    withSchema(async ({ url, prefix }) => {
      const engine = await EramEngine.start({ url, prefix, queues: { q: {} }, reindexer: {} })
      const effective = JSON.parse(native.config(/** @type {any} */ (engine).id))
      await engine.stop()
      const registered = JSON.parse(native.register('{"name":"OfDefaults"}'))
      const engineKeys = { ...effective, prefix: 'public', queues: {}, signals: false }
      for (const [heading, values] of /** @type {[string, any][]} */ ([
        ['### `EramEngine.start(options)`', engineKeys],
        ['### A queue:', { ...effective.queues.q, isolation: 'thread' }],
        ['### A job class:', registered],
      ])) {
        for (const [name, told] of rowsBelow(heading)) {
          if (!/^('.*'|\d+|true|false|\[\]|\{\})$/.test(told)) continue
          const value = name.split('.').reduce((at, key) => at[key], values)
          assert.deepEqual(value, JSON.parse(told.replaceAll("'", '"')), name)
        }
      }
    }))
})
