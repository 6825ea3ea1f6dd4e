// What `npm test` runs: three sections, each a list of programs that exit with 0 when all is well.
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { output, ROOT, run } from '../command.js'
import { Failure } from '../main.js'

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<number>} run returns the exit code
 * @property {boolean} [isLoud] tells by itself how it went
 *
 * @typedef {{ env: Record<string, string | undefined>, filters: string[], flags: string[] }} Given which test files, and how
 * @typedef {{ title: string, steps: Step[] }} Section
 */

const MODULES = path.join(ROOT, 'node_modules')
const TSC = path.join(MODULES, 'typescript', 'bin', 'tsc')
const BIOME = path.join(MODULES, '@biomejs', 'biome', 'bin', 'biome')
const FILE_TIMEOUT_MS = 300_000

/** @returns {Promise<Section>} */
export async function lint() {
  const colors = process.stdout.isTTY ? 'force' : 'off'
  return {
    title: 'Lint',
    steps: [
      await component('rustfmt', ['fmt', '--check', '--', '--color', process.stdout.isTTY ? 'always' : 'never']),
      // Only the library: in Rust's tests nothing calls what JavaScript calls.
      await component('clippy', ['clippy', '--quiet', '--lib', '--', '-D', 'warnings']),
      await component('clippy', ['clippy', '--quiet', '--all-targets', '--no-default-features', '--', '-D', 'warnings'], ' without Node'),
      { name: 'biome', run: () => node([BIOME, 'ci', `--colors=${colors}`, '--error-on-warnings']) },
      { name: 'tsc', run: () => node([TSC, '--project', '.']) },
    ],
  }
}

/**
 * @param {Given} given
 * @returns {Promise<Section>}
 */
export async function rust({ env }) {
  const args = ['test', '--no-default-features', '--quiet']
  return { title: 'Rust', steps: [{ name: 'cargo test', run: () => run('cargo', args, { env }), isLoud: true }] }
}

/**
 * @param {Given} given
 * @returns {Promise<Section>}
 */
export async function javascript({ env, filters, flags }) {
  const all = find('__test__', '.test.js')
  const files = filters.length === 0 ? all : all.filter((file) => filters.some((filter) => isMeant(file, filter)))
  if (files.length === 0) {
    throw new Failure(`npm test: expected a part of a test file's path, got ${filters.join(', ')}; there are:\n  ${all.join('\n  ')}`)
  }
  const concurrency = Math.max(2, Math.min(4, availableParallelism() - 1))
  const args = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, `--test-timeout=${FILE_TIMEOUT_MS}`, ...flags]
  return { title: 'JavaScript', steps: [{ name: 'node --test', run: () => node([...args, ...files], env), isLoud: true }] }
}

/**
 * A path from the project's folder or from where npm was called, or a part of one.
 *
 * @param {string} file
 * @param {string} filter
 */
function isMeant(file, filter) {
  const called = path.relative(ROOT, path.resolve(process.env.INIT_CWD ?? process.cwd(), filter))
  return file === called || file.startsWith(`${called}/`) || file.includes(filter)
}

/**
 * Files below a folder, from the project's folder, that end in this way.
 *
 * @param {string} folder
 * @param {string} ending
 */
function find(folder, ending) {
  if (!existsSync(path.join(ROOT, folder))) return []
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
  return files.map((name) => `${folder}/${name.split(path.sep).join('/')}`).sort()
}

/**
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env]
 */
const node = (args, env) => run(process.execPath, args, { env })

/**
 * A check by a part of Rust that not everybody installs.
 *
 * @param {'rustfmt' | 'clippy'} name
 * @param {string[]} args
 * @param {string} [addition]
 * @returns {Promise<Step>}
 */
async function component(name, args, addition = '') {
  const [command = ''] = args
  if ((await output('cargo', [command, '--version'])) !== null) return { name: name + addition, run: () => run('cargo', args) }
  return {
    name: `${name}${addition} (not installed)`,
    isLoud: true,
    async run() {
      console.log(`– ${name}${addition}: not checked, as it is not installed; \`rustup component add ${name}\``)
      return 0
    },
  }
}
