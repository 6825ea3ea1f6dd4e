// npm run test:matrix [-- <part of a name> …]: tests every version of versions.js as `npm run test:slow` tests the newest. Each is
// installed into a folder of its own, next to copies of the files that open its transactions. Needs the npm registry.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { interruptedCode, npm, output, ROOT, run } from '../../scripts/command.js'
import { bold, Failure, heading, main, seconds } from '../../scripts/main.js'
import { withDatabase } from '../../scripts/postgres.js'
import { setup } from '../../scripts/setup/index.js'
import { VERSIONS } from './versions.js'

/** @typedef {import('./versions.js').Set} Set */

/** What a set has copies of, because they import its packages; and what it shares with the checkout. */
const COPIES = ['adapters', 'prisma.js', 'row.js']
const SHARED = ['index.js', 'lib', '__test__/support', '__test__/support/fixtures', '__test__/crash']

await main(async () => {
  const filters = process.argv.slice(2)
  const sets = VERSIONS.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
  if (sets.length === 0)
    throw new Failure(
      `test:matrix: expected a part of a name, got ${filters.join(', ')}; there are: ${VERSIONS.map(({ name }) => name).join(', ')}`,
    )
  await setup({ packages: filters.length === 0 ? ['__test__/libraries', 'bench'] : [] })
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-matrix-'))
  try {
    const newest = await newestNode(path.join(folder, 'node'))
    return await withDatabase((url) => all(sets, { folder, newest, url, whole: filters.length === 0 }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/**
 * @param {Set[]} sets
 * @param {{ folder: string, newest: string | undefined, url: string, whole: boolean }} where
 */
async function all(sets, { folder, newest, url, whole }) {
  heading('Matrix')
  let passed = 0
  /** @type {string[]} */
  const failed = []
  /** @param {string} name @param {() => Promise<number>} step */
  const report = async (name, step) => {
    const began = performance.now()
    const code = await step()
    if (interruptedCode()) throw new Failure(`Interrupted in: ${name}`)
    console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds(began)})`)
    if (code === 0) passed++
    else failed.push(name)
  }
  for (const set of sets) {
    if (set.newest && !newest) {
      console.log(`– ${set.name}: not run, as the newest Node could not be installed`)
      continue
    }
    await report(`${set.name}${set.newest ? ' on the newest Node' : ''}`, () =>
      row(set, folder, set.newest ? newest : process.execPath, url),
    )
  }
  if (whole && newest) {
    const names = readdirSync(path.join(ROOT, '__test__'), { recursive: true, encoding: 'utf8' })
    const files = names
      .filter((name) => name.endsWith('.test.js') && !name.includes('node_modules'))
      .map((name) => path.join('__test__', name))
    await report('the whole suite on the newest Node', () => tests(newest, files, ROOT, { DATABASE_URL: url }))
  }
  if (failed.length > 0) console.log(`\n${bold(`Failed: ${failed.join(', ')}`)}`)
  console.log(`\n${passed} passed, ${failed.length} failed (${seconds(0)})`)
  return failed.length
}

/**
 * @param {Set} set
 * @param {string} folder
 * @param {string | undefined} node
 * @param {string} url
 */
async function row({ name, library, packages }, folder, node = process.execPath, url) {
  const own = path.join(folder, name.replace(/[^\w.-]+/g, '-'))
  const libraries = path.join(own, '__test__', 'libraries')
  mkdirSync(libraries, { recursive: true })
  const manifest = { name: 'eramjs-matrix', private: true, type: 'module', dependencies: packages }
  writeFileSync(path.join(libraries, 'package.json'), JSON.stringify(manifest))
  writeFileSync(path.join(own, 'package.json'), JSON.stringify({ type: 'module' }))
  for (const each of COPIES) cpSync(path.join(ROOT, '__test__', 'libraries', each), path.join(libraries, each), { recursive: true })
  for (const each of SHARED) symlinkSync(path.join(ROOT, each), path.join(own, each))
  const code = await install(['--legacy-peer-deps', '--no-package-lock'], libraries)
  if (code !== 0) return code
  return tests(node, [path.join(libraries, 'row.js')], libraries, { DATABASE_URL: url, ERAM_ROW: library, ERAM_ROW_NAME: name })
}

/**
 * Prints nothing unless a test failed.
 *
 * @param {string} node
 * @param {string[]} files
 * @param {string} cwd
 * @param {Record<string, string>} env
 */
async function tests(node, files, cwd, env) {
  /** @type {string[]} */
  const lines = []
  const args = ['--test', '--test-reporter=spec', '--test-concurrency=2', '--test-timeout=240000', ...files]
  const code = await run(node, args, { env: { ...env, PWD: cwd }, line: (line) => void lines.push(line) })
  if (code !== 0) console.log(lines.slice(lines.findIndex((line) => line.includes('failing tests:'))).join('\n'))
  return code
}

/** @param {string[]} args @param {string} folder */
function install(args, folder) {
  return npm(['install', '--ignore-scripts', ...args, `--prefix=${folder}`, '--no-audit', '--no-fund', '--loglevel=error'])
}

/**
 * The binary that the npm package `node` fetches for this platform.
 *
 * @param {string} folder
 */
async function newestNode(folder) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }')
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  if ((await install([`${name}@latest`], folder)) !== 0) return undefined
  const binary = path.join(folder, 'node_modules', name, 'bin', 'node')
  const version = await output(binary, ['--version'])
  if (version !== null) console.log(`The newest Node is ${version.trim()}`)
  return version === null ? undefined : binary
}
