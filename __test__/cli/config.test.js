// The config file: which one is read, what it may say, and what is said about a wrong one.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { filesOf } from '../../cli/config/glob.js'
import { eramjs } from '../support/cli.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'

const NOWHERE = 'postgres://127.0.0.1:1/nowhere'

/** @type {Record<string, any>} */
const features = process.features
const STRIPS_TYPES = Boolean(features.typescript)
const folderWith = await folders(['eramjs', 'tsx', 'pg'])

/** @param {string} cwd @param {string[]} args @param {Record<string, string>} [env] */
const status = (cwd, args = [], env = {}) => eramjs(['status', ...args], { cwd, env })

describe('url and prefix', () => {
  test('are those of the config, in each of its languages, and of the command line before it', () =>
    withSchema(async ({ prefix }) => {
      const config = JSON.stringify({ url: DATABASE_URL, prefix })
      /** @type {[string, string, string[]][]} */
      const languages = [
        ['eram.config.js', `import { defineConfig } from 'eramjs'\nexport default defineConfig(${config})`, []],
        [
          'eram.config.mjs',
          `export default async ({ command, env }) => ({ url: env.URL, prefix: command === 'status' ? '${prefix}' : 'x' })`,
          [],
        ],
        ['eram.config.cjs', `const { defineConfig } = require('eramjs')\nmodule.exports = defineConfig(${config})`, []],
        [
          'eram.config.ts',
          `import { defineConfig, type EramConfig } from 'eramjs'\nexport default defineConfig(${config} satisfies EramConfig)`,
          ['--import', 'tsx'],
        ],
        ['eram.config.mts', `const config: object = ${config}\nexport default config`, ['--import', 'tsx']],
      ]
      for (const [name, text, args] of languages) {
        const folder = await folderWith({ [name]: text })
        const inner = path.join(folder, 'deep', 'inside')
        mkdirSync(inner, { recursive: true })
        for (const cwd of [folder, inner]) {
          const { code, out, err } = await status(cwd, args, { DATABASE_URL: NOWHERE, URL: DATABASE_URL })
          assert.deepEqual([code, err], [0, ''], name)
          assert.match(out, new RegExp(`^schema "${prefix}" of .*up to date`))
        }
      }
      const folder = await folderWith({ 'eram.config.js': `export default { url: '${NOWHERE}', prefix: 'nowhere' }` })
      assert.equal((await status(folder, ['--url', DATABASE_URL, '--prefix', prefix])).code, 0)
      const other = await folderWith({ 'other.mjs': `export default ${config}`, 'eram.config.js': 'throw new Error()' })
      assert.equal((await status(other, ['--config', 'other.mjs'])).code, 0)
    }))

  test('a driver of the config is the way to the database', () =>
    withSchema(async ({ prefix }) => {
      const text = `import pg from 'pg'
        export default { driver: new pg.Pool({ connectionString: ${JSON.stringify(DATABASE_URL)} }), prefix: '${prefix}' }`
      const folder = await folderWith({ 'eram.config.js': text })
      const { code, out, err } = await status(folder)
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, /of the database of the driver: version \d+, up to date/)
      assert.equal((await eramjs(['queues', '--json'], { cwd: folder, env: {} })).out, '{"queues":[]}\n')
    }))
})

test('a config that is wrong is named with its file, what was expected, and what came', async () => {
  /** @type {[Record<string, string>, RegExp, string[]][]} */
  const cases = [
    [
      { 'eram.config.js': 'export const url = 1' },
      /ERAM_CONFIG: .*eram\.config\.js: expected an object as its default export, or a function that returns one, got only url/,
      [],
    ],
    [{ 'eram.config.js': 'export default 5' }, /got number/, []],
    [{ 'eram.config.js': 'export default () => undefined' }, /got undefined/, []],
    [
      { 'eram.config.js': 'export default () => { throw new TypeError("no secret") }' },
      /expected its function to return a config, got TypeError: no secret/,
      [],
    ],
    [
      { 'eram.config.js': 'import "./missing.js"' },
      /ERAM_LOAD: .*eram\.config\.js: expected a config that can be imported, got .*missing\.js/,
      [],
    ],
    [
      { 'eram.config.js': 'export default { jobs: "jobs/*.js" }' },
      /eram\.config\.js: jobs: expected an array of patterns, such as \['jobs\/\*\.js'\], got jobs\/\*\.js/,
      [],
    ],
    [{ 'eram.config.js': 'export default { http: { prt: 1 } }' }, /http: expected only port, host, got prt/, []],
    [{ 'eram.config.js': '', 'eram.config.mjs': '' }, /expected one config file in .*, got eram\.config\.js and eram\.config\.mjs/, []],
    [{}, /--config: expected a file that exists, got "no\.js"/, ['--config', 'no.js']],
    [{}, /--import: expected a module that can be imported, got "no-such-package": Cannot find module/, ['--import', 'no-such-package']],
  ]
  for (const [files, message, args] of cases) {
    const { code, err } = await status(await folderWith(files), args, { DATABASE_URL })
    assert.equal(code, 2, err)
    assert.match(err, message)
  }
})

test('where Node.js cannot run TypeScript, the error says how to', {
  skip: STRIPS_TYPES ? 'this Node.js strips types' : false,
}, async () => {
  const folder = await folderWith({ 'eram.config.ts': 'const url: string = ""\nexport default { url }' })
  const { code, err } = await status(folder)
  assert.equal(code, 2)
  assert.match(
    err,
    /ERAM_LOAD: .*eram\.config\.ts: .*; Node\.js 22\.18 and later strip types themselves; otherwise npm install --save-dev tsx, and pass --import tsx/,
  )
})

test('patterns match files as shells do, without declarations, tests, node_modules and hidden folders', async () => {
  const names = [
    'a.js',
    'jobs/b.ts',
    'jobs/b.d.ts',
    'jobs/b.test.ts',
    'jobs/deep/er/c.mjs',
    'jobs/deep/d.cjs',
    'jobs/(x)+1.js',
    'other/b.spec.js',
  ]
  const hidden = ['node_modules/x/jobs/a.js', 'jobs/.git/a.js']
  const folder = await folderWith(Object.fromEntries([...names, ...hidden].map((name) => [name, ''])))
  /** @type {[string[], string[], string[]][]} */
  const cases = [
    [['*.js'], ['a.js'], []],
    [['jobs/*.{ts,js}'], ['jobs/(x)+1.js', 'jobs/b.ts'], []],
    [['jobs/**/*.?js'], ['jobs/deep/d.cjs', 'jobs/deep/er/c.mjs'], []],
    [['**/*.{js,mjs,cjs,ts}', '!jobs/deep/**'], ['a.js', 'jobs/(x)+1.js', 'jobs/b.ts'], []],
    [['./jobs/b.ts', 'jobs/b.ts', 'missing/*.js'], ['jobs/b.ts'], ['missing/*.js']],
    [['../*/a.js'], ['a.js'], []],
  ]
  for (const [patterns, expected, unmatched] of cases) {
    const found = filesOf(patterns, folder)
    assert.deepEqual([found.files.map((file) => path.relative(folder, file)), found.unmatched], [expected, unmatched], patterns.join())
  }
  assert.deepEqual(filesOf([path.join(folder, 'jobs/b.*')], '/').files, [path.join(folder, 'jobs/b.ts')])
})
