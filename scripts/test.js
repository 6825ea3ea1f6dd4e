// npm test [-- <file, folder or part of a path> …] [-- <option of node --test> …]: sets up the checkout and runs every check but the
// slow tests, or only those test files. npm run test:slow runs the slow ones. All share one database.
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { interruptedCode, output, ROOT, run } from './command.js'
import { bold, Failure, heading, main, seconds } from './main.js'
import { withDatabase } from './postgres.js'
import { setup } from './setup/index.js'

/** A program that exits with 0 if all is well; loud: it reports by itself. @typedef {{ name: string, run: () => Promise<number>, isLoud?: boolean }} Step */
/** @typedef {{ files: string[], flags: string[], timeout: number, env: Record<string, string> }} Run */

const MODULES = path.join(ROOT, 'node_modules')
/** How long one test file may take, in milliseconds, on a machine that is busy. */
const FILE_TIMEOUT_MS = 600_000
const SLOW_FILE_TIMEOUT_MS = 900_000

/** In the order in which they run; the summary of node:test comes last. @type {Record<string, (run: Run) => Promise<Step[]>>} */
const SECTIONS = { lint, rust, js }

/** Tests of these folders are slow, as they install much from the npm registry. */
const SLOW_FOLDERS = ['__test__/libraries/', '__test__/loggers/', '__test__/toolchains/']

/** @param {string} file */
const isSlow = (file) => file.endsWith('.slow.test.js') || SLOW_FOLDERS.some((folder) => file.startsWith(folder))

/** The folders with manifests of their own that a test needs: the one it is in, and what it takes along. @param {string} file */
function packagesOf(file) {
  if (isSlow(file) && file.startsWith('__test__/bench/')) return ['bench']
  const folders = file.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))
  const own = folders.filter((folder) => folder && existsSync(path.join(ROOT, folder, 'package-lock.json')))
  return file.startsWith('__test__/toolchains/') ? [...own, '__test__/toolchains/nodes'] : own
}

await main(async () => {
  const argv = process.argv.slice(2)
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const options = /** @type {const} */ ({ only: { type: 'string' }, slow: { type: 'boolean' } })
  const { values, positionals: filters } = parseArgs({ args: argv.slice(0, end), options, allowPositionals: true })
  const flags = argv.slice(end + 1)
  const isPart = filters.length + flags.length > 0 || values.slow
  const names = isPart ? ['js'] : values.only ? [values.only] : Object.keys(SECTIONS)
  const unknown = names.find((name) => !(name in SECTIONS))
  if (unknown) throw new Failure(`--only: expected one of ${Object.keys(SECTIONS).join(', ')}, got "${unknown}"`)
  const files = names.includes('js') ? chosen(filters, values.slow ?? false) : []
  heading('Set-up')
  // Cargo builds what Rust's own tests need.
  if (names.every((name) => name === 'rust')) await setup({ only: 'dependencies' })
  else await setup({ packages: new Set(files.flatMap(packagesOf)) })
  const timeout = files.some(isSlow) ? SLOW_FILE_TIMEOUT_MS : FILE_TIMEOUT_MS
  if (names.every((name) => name === 'lint')) return check(names, { files, flags, timeout, env: {} })
  return withDatabase((url) => check(names, { files, flags, timeout, env: { DATABASE_URL: url } }))
})

/** The test files that match the filters, else all that are slow or all that are not. @param {string[]} filters @param {boolean} slow */
function chosen(filters, slow) {
  const names = readdirSync(path.join(ROOT, '__test__'), { recursive: true, encoding: 'utf8' })
  const tests = names.filter((name) => name.endsWith('.test.js') && !name.includes('node_modules'))
  const all = tests.map((name) => `__test__/${name.split(path.sep).join('/')}`).sort()
  // A path relative to the project's folder or to where npm was called, or a part of one.
  const matches = (/** @type {string} */ file) =>
    filters.some((filter) => {
      const called = path.relative(ROOT, path.resolve(process.env.INIT_CWD ?? process.cwd(), filter))
      return file === called || file.startsWith(`${called}/`) || file.includes(filter)
    })
  const files = all.filter((file) => (filters.length > 0 ? matches(file) && (!slow || isSlow(file)) : isSlow(file) === slow))
  if (files.length > 0) return files
  throw new Failure(`npm test: expected a part of a test file's path, got ${filters.join(', ')}; there are:\n  ${all.join('\n  ')}`)
}

/** @param {string[]} names @param {Run} given */
async function check(names, given) {
  let passed = 0
  /** @type {string[]} */
  const failed = []
  for (const name of names) {
    heading({ lint: 'Lint', rust: 'Rust', js: 'JavaScript' }[name] ?? name)
    for (const step of await (SECTIONS[name] ?? lint)(given)) {
      const began = performance.now()
      const code = await step.run()
      if (interruptedCode()) throw new Failure(`Interrupted in: ${step.name}`)
      if (code !== 0) console.log(`✖ ${step.name}: failed (exit code ${code})`)
      else if (!step.isLoud) console.log(`✔ ${step.name} (${seconds(began)})`)
      if (code === 0) passed++
      else failed.push(step.name)
    }
  }
  if (failed.length > 0) console.log(`\n${bold(`Failed: ${failed.join(', ')}`)}`)
  // After JavaScript tests that passed, the summary of node:test is the last output.
  if (failed.length > 0 || !names.includes('js')) console.log(`\n${passed} passed, ${failed.length} failed`)
  return failed.length
}

async function lint() {
  const isTTY = process.stdout.isTTY
  const biome = [
    path.join(MODULES, '@biomejs', 'biome', 'bin', 'biome'),
    'ci',
    `--colors=${isTTY ? 'force' : 'off'}`,
    '--error-on-warnings',
  ]
  const tsc = (/** @type {string} */ project) => [path.join(MODULES, 'typescript', 'bin', 'tsc'), '--project', project]
  return [
    await component('rustfmt', ['fmt', '--check', '--', '--color', isTTY ? 'always' : 'never']),
    // Only the library: Rust's tests do not call what JavaScript calls.
    await component('clippy', ['clippy', '--quiet', '--lib', '--', '-D', 'warnings']),
    await component('clippy', ['clippy', '--quiet', '--all-targets', '--no-default-features', '--', '-D', 'warnings'], ' without Node'),
    { name: 'biome', run: () => run(process.execPath, biome) },
    { name: 'tsc', run: () => run(process.execPath, tsc('.')) },
    { name: 'tsc web', run: () => run(process.execPath, tsc('web')) },
    { name: 'tsc __test__/dashboard', run: () => run(process.execPath, tsc('__test__/dashboard')) },
  ]
}

/** @param {Run} given */
async function rust({ env }) {
  return [{ name: 'cargo test', run: () => run('cargo', ['test', '--no-default-features', '--quiet'], { env }), isLoud: true }]
}

/** @param {Run} given */
async function js({ files, flags, timeout, env }) {
  const concurrency = Math.max(2, Math.min(4, availableParallelism() - 1))
  const args = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, `--test-timeout=${timeout}`, ...flags, ...files]
  return [{ name: 'node --test', run: () => run(process.execPath, args, { env }), isLoud: true }]
}

/**
 * A check by a component of Rust that may not be installed.
 * @param {'rustfmt' | 'clippy'} name @param {string[]} args @param {string} [suffix] @returns {Promise<Step>}
 */
async function component(name, args, suffix = '') {
  if ((await output('cargo', [String(args[0]), '--version'])) !== null) return { name: name + suffix, run: () => run('cargo', args) }
  const skip = async () => {
    console.log(`– ${name}${suffix}: not checked, as it is not installed; \`rustup component add ${name}\``)
    return 0
  }
  return { name: `${name}${suffix} (not installed)`, isLoud: true, run: skip }
}
