// How the declarations are laid out, and what an application sees of them by import and by require, under each way that
// TypeScript resolves modules.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { DECLARATIONS } from '../support/declarations.js'
import { finished, LIBRARIES, project, ROOT, TSCONFIG } from '../support/snippets.js'
import { files, read } from '../support/sources.js'

// Lines.
const LONGEST = 300
const FILES = DECLARATIONS.filter((file) => file !== 'index.d.ts')

/** The files that a declaration file imports by a statement. @param {string} file */
const importsOf = (file) => [...read(file).matchAll(/^(?:import|\}).* from '\.\/([\w-]+)\.js'$/gm)].map(([, name]) => `types/${name}.d.ts`)

describe('the layout', () => {
  test('index.d.ts lists and exports every file', () => {
    const entry = read('index.d.ts')
    const listed = [...entry.matchAll(/^ \* - (types\/[\w-]+\.d\.ts) {2,}\S/gm)].map(([, file = '']) => file)
    const exported = [...entry.matchAll(/^export \* from '\.\/(types\/[\w-]+)\.js'$/gm)].map(([, file]) => `${file}.d.ts`)
    assert.deepEqual(listed.sort(), FILES)
    assert.deepEqual(exported.sort(), FILES)
  })

  test('index.d.ts names types in the file that declares them', () => {
    for (const [, file = '', names = ''] of read('index.d.ts').matchAll(/^ \* - (types\/[\w-]+\.d\.ts) +(.*)$/gm)) {
      for (const name of names.match(/\b[A-Z]\w+/g) ?? []) {
        assert.match(read(file), new RegExp(`^export (declare )?(abstract )?(interface|type|class) ${name}\\b`, 'm'), `${file}: ${name}`)
      }
    }
  })

  test('imports form no cycle, but for two inline ones', () => {
    /** @type {Set<string>} */
    const done = new Set()
    /** @param {string} file @param {string[]} path */
    const visit = (file, path) => {
      assert.ok(!path.includes(file), `a cycle: ${[...path, file].join(' → ')}`)
      if (done.has(file)) return
      for (const each of importsOf(file)) visit(each, [...path, file])
      done.add(file)
    }
    for (const file of FILES) visit(file, [])
    assert.ok(importsOf('types/engine.d.ts').length > 5)
    const inline = FILES.flatMap((file) =>
      (read(file).match(/(?<!\* .*)import\('\.\/[^)]*'\)\.\w+/g) ?? []).map((text) => `${file}: ${text}`),
    )
    assert.deepEqual(inline, [
      `types/enqueue.d.ts: import('./engine.js').EramEngine`,
      `types/plugin.d.ts: import('./engine.js').EramEngine`,
    ])
  })

  test(`each file says what it holds, and has at most ${LONGEST} lines`, () => {
    for (const file of FILES) {
      assert.match(read(file), /^\/\/ [A-Z]/, file)
      assert.ok(read(file).split('\n').length <= LONGEST + 1, file)
    }
  })

  test('the package holds them', () => {
    const { files: packed } = JSON.parse(read('package.json'))
    for (const each of ['index.d.ts', 'index.d.cts', 'types']) assert.ok(packed.includes(each), each)
    assert.deepEqual(JSON.parse(read('types/package.json')), { type: 'commonjs' })
    assert.deepEqual(files('types', ''), [...FILES, 'types/package.json'].sort())
  })
})

/** The code of the @example tags of a file. @param {string} file */
function examplesOf(file) {
  const blocks = read(file).matchAll(/^ *\* @example\n((?: *\*(?! @| *\/)(?: .*)?\n)+)/gm)
  return [...blocks].map(([, lines = '']) => lines.replace(/^ *\* ?/gm, ''))
}

/** What an application has in scope beside the contract. */
const APPLICATION = `import type * as eram from 'eramjs'
import type { Client, Pool, PoolClient } from 'pg'
import type { DataSource, EntityManager } from 'typeorm'

declare global {
  class EmailUserJob extends eram.EramJob {
    perform(args: { email: string }): Promise<{ sent: boolean }>
  }
  class ReportJob extends eram.EramJob {
    perform(args: { kind?: string }): void
  }
  var args: { input: string; output: string }
  var client: Client
  var compute: (args: unknown) => Promise<string>
  var ctx: eram.JobContext
  var dataSource: DataSource
  var email: string
  var emails: string[]
  var engine: eram.EramEngine
  var form: { email: string }
  var id: number
  var manager: EntityManager
  var pg: typeof import('pg')
  var pool: Pool
  var response: Response
  var send: (email: string, options: { signal: AbortSignal }) => Promise<void>
  var service: { signUp(form: { email: string }): Promise<void> }
  var spawn: typeof import('node:child_process').spawn
  var tx: EntityManager
  var url: string
  var withClient: <T>(pool: Pool, fn: (client: PoolClient) => Promise<T>) => Promise<T>
}
`

test('every example compiles', async () => {
  const own = await project({ type: 'module' })
  await own.link('eramjs', ...LIBRARIES)
  await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
  await own.write('application.d.ts', APPLICATION)
  await own.write('my-database.ts', 'export type Transaction = { run(sql: string): Promise<void> }')
  const names = FILES.flatMap((file) =>
    [...read(file).matchAll(/^export .*?(?:interface|type|class|function) (\w+)/gm)].map(([, name = '']) => name),
  )
  const examples = FILES.flatMap((file) => examplesOf(file).map((code, i) => ({ name: path.basename(file, '.d.ts') + i, code })))
  assert.equal(examples.length, FILES.map(read).join().split('@example').length - 1)
  for (const { name, code } of examples) {
    const used = [...new Set(names)].filter((each) => new RegExp(`(?<![.'])\\b${each}\\b(?!')`).test(code))
    await own.write(`${name}.ts`, `import { ${used.join(', ')} } from 'eramjs'\n${code}\nexport {}\n`)
  }
  await own.compile('--noEmit')
})

describe('an application', () => {
  before(() => assert.ok(existsSync(path.join(ROOT, 'index.d.cts')), 'expected index.d.cts, which `npm run setup` makes'))

  // Types that it adds, from an ES module.
  const ADDED = `
declare module 'eramjs' {
  interface Register {
    tx: { mine: 1 }
  }
  interface TransactionTypes {
    mine: { run: 2 }
  }
}
`
  const USED = `
export class Mail extends EramJob {
  async perform(args: { email: string }, ctx: JobContext) {
    const mine: 1 = ctx.tx.mine
    // @ts-expect-error it is what was added
    void ctx.tx.other
    return [args.email, mine]
  }
}
export const added = Mail.enqueue({ email: 'a@b.c' }, { tx: { run: 2 } })
// @ts-expect-error not what was added
export const wrong = Mail.enqueue({ email: 'a@b.c' }, { tx: { run: 3 } })
// @ts-expect-error not part of the contract
export type Inner = import('eramjs').NotJson
export const isOurs = (error: unknown) => error instanceof EramError && error.code === 'ERAM_JOB'
`
  // What CommonJS code in the same program sees of it, and gives to it.
  const REQUIRED = `
import eram = require('eramjs')
class Report extends eram.EramJob {
  perform(_args: { id: number }, ctx: eram.JobContext) {
    const mine: 1 = ctx.tx.mine
    return mine
  }
}
declare const engine: eram.EramEngine
export = { Report, engine }
`
  const SHARED = `
import { EramEngine } from 'eramjs'
import { Mail } from './mail.mjs'
import other from './report.cjs'
const engine: EramEngine = other.engine
export const both = [Mail.enqueue({ email: 'a@b.c' }, { engine: other.engine }), engine.enqueue(other.Report, { id: 1 })]
`
  const IMPORT = `import { EramError, EramJob, type JobContext } from 'eramjs'\n`

  /** @param {string} compiler @param {Record<string, string>} sources @param {object} options */
  async function compiles(compiler, sources, options) {
    const own = await project({ type: 'module' })
    await own.link('eramjs')
    for (const [name, text] of Object.entries(sources)) await own.write(name, text)
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...options,
    }
    await own.write('tsconfig.json', JSON.stringify({ compilerOptions, files: Object.keys(sources) }))
    const tsc = path.join(ROOT, 'node_modules', compiler, 'bin', 'tsc')
    const { code, out } = await finished(process.execPath, [tsc, '-p', '.'], { cwd: own.folder })
    assert.equal(code, 0, out)
  }

  for (const compiler of ['typescript', 'typescript-5.4']) {
    test(`shares types between import and require, with ${compiler}`, () =>
      compiles(
        compiler,
        { 'mail.mts': IMPORT + ADDED + USED, 'report.cts': REQUIRED, 'shared.mts': SHARED },
        { module: 'nodenext', esModuleInterop: true },
      ))

    const oldest = compiler === 'typescript-5.4' ? [['commonjs', 'node10']] : []
    for (const [module, moduleResolution] of [['esnext', 'bundler'], ...oldest]) {
      test(`sees them with ${compiler} and moduleResolution ${moduleResolution}`, () =>
        compiles(compiler, { 'mail.ts': IMPORT + ADDED + USED }, { module, moduleResolution }))
    }
  }
})
