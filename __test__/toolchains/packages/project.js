// A project of a user's, outside the checkout: its files, what a package manager does in it, and the quick start.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileOf as addonOf, PLATFORMS, packageOf } from '../../../lib/addon/platforms.js'
import { until } from '../../support/database.js'
import { snippets } from '../../support/snippets.js'
import { environment, MANAGERS, manage } from './managers.js'

const QUICK_START = 'docs/guides/getting-started.md'

/** The files of the quick start, in JavaScript of both kinds. @returns {Record<string, string>} */
export function quickStartFiles() {
  const named = snippets(QUICK_START).filter(({ name }) => name !== null)
  const commonjs = named.filter(({ name }) => name?.endsWith('.cjs')).map(({ name, text }) => [String(name), text])
  // The same program as ES modules: the guide has it in TypeScript.
  const modules = commonjs.map(([name = '', text = '']) => [name.replace('.cjs', '.mjs'), asModule(text)])
  return Object.fromEntries([...commonjs, ...modules])
}

/** @param {string} text */
const asModule = (text) =>
  text
    .replace(
      /const (\{.*\}) = require\('(.*?)(\.cjs)?'\)/g,
      (_, names, from, ending) => `import ${names} from '${from}${ending ? '.mjs' : ''}'`,
    )
    .replace('__filename', 'import.meta.filename')
    .replace(/module\.exports = (.*)/, 'export $1')

/**
 * @param {import('node:test').TestContext} t
 * @param {{ url: string }} registry
 * @param {{ files?: Record<string, string>, dependencies?: Record<string, string> }} [options]
 */
export function project(t, { url }, { files = {}, dependencies = { eramjs: '*' } } = {}) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'eram-installed-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const write = (/** @type {string} */ name, /** @type {string} */ text) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  write('package.json', JSON.stringify({ name: 'project', version: '1.0.0', private: true, dependencies }))
  for (const [name, text] of Object.entries({ ...quickStartFiles(), ...files })) write(name, text)
  const where = { folder, url }
  return {
    folder,
    write,
    /** @param {keyof typeof MANAGERS} manager @param {string[]} args */
    async fails(manager, ...args) {
      const { code, text } = await manage(MANAGERS[manager], args, where)
      assert.notEqual(code, 0, text)
      return text
    },
    /** @param {keyof typeof MANAGERS} manager @param {string[]} args */
    async does(manager, ...args) {
      const { code, text } = await manage(MANAGERS[manager], args, where)
      assert.equal(code, 0, `${manager} ${args.join(' ')}:\n${text}`)
      return text
    },
    /** The platforms whose packages are in node_modules, with an addon or not. */
    installed() {
      const modules = path.join(folder, 'node_modules')
      const isThere = (/** @type {import('../../../lib/addon/platforms.js').Platform} */ it) =>
        existsSync(path.join(modules, packageOf(it), addonOf(it)))
      return PLATFORMS.filter(isThere).map(({ name }) => name)
    },
    /** The error of loading the addon with this Node, as the first use of eramjs does; 'loaded' if there is none. */
    async failure() {
      const use = `({ EramEngine }) => EramEngine.migrate({ prefix: '-' })`
      // With the addon, the option is refused.
      const outcome = `({ code, message }) => console.log(code === 'ERAM_CONFIG' ? 'loaded' : message)`
      const code = `import('eramjs').then(${use}).catch(${outcome})`
      return (await manage('-e', [code], where)).text
    },
    remove: (/** @type {string[]} */ ...names) => {
      for (const name of names) rmSync(path.join(folder, name), { recursive: true, force: true })
    },
    has: (/** @type {string} */ name) => readdirSync(folder).includes(name),
    /**
     * The quick start: migrates, runs the program until its job is done, and ends it as a terminal does.
     * @param {string} database @param {{ migrate: [keyof typeof MANAGERS, ...string[]], run: string[] }} commands
     */
    async quickStart(database, { migrate: [manager, ...args], run }) {
      const env = { DATABASE_URL: database }
      const { code, text } = await manage(MANAGERS[manager], args, { ...where, env })
      assert.equal(code, 0, text)
      await untilDone(spawn(process.execPath, run, { cwd: folder, env: { ...process.env, ...environment(where), ...env }, detached: true }))
    },
  }
}

/** What Yarn started may outlive Yarn. @param {number} group */
function end(group) {
  try {
    process.kill(group, 'SIGKILL')
  } catch {}
}

/** Waits until the job of the quick start is done, and ends the program. @param {import('node:child_process').ChildProcess} child */
export async function untilDone(child) {
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      out += chunk
    })
  }
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const group = -(/** @type {number} */ (child.pid))
  try {
    await until(() => {
      assert.equal(child.exitCode, null, out)
      assert.match(out, /^EmailUserJob \d+ is completed { sent: true }$/m)
    })
    process.kill(group, 'SIGTERM')
    await ended
  } finally {
    end(group)
  }
}
