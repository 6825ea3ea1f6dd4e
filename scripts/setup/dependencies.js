// node_modules: what package-lock.json lists for this machine, of the project itself or of a folder with a manifest of its own.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT, run } from '../command.js'
import { Failure } from '../main.js'
import { recall, remember } from './stamp.js'

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lock */

const PLATFORM = `${process.platform}-${process.arch}`

/** The database libraries that only tests need, and only `npm test` installs. */
const LIBRARIES = '__test__/libraries'
/** The job queues that the benchmarks compare with, and their test. */
const PEERS = 'bench/peers'

/**
 * @param {string} folder where the set-up keeps its own files
 * @returns {import('./index.js').Step}
 */
export const dependencies = (folder) => installation('dependencies', '.', folder)

/**
 * @param {string} folder where the set-up keeps its own files
 * @returns {import('./index.js').Step}
 */
export const libraries = (folder) => installation('libraries', LIBRARIES, folder)

/**
 * @param {string} folder where the set-up keeps its own files
 * @returns {import('./index.js').Step}
 */
export const peers = (folder) => installation('peers', PEERS, folder)

/**
 * @param {string} name
 * @param {string} place of the manifest, from the project's folder
 * @param {string} folder where the set-up keeps its own files
 * @returns {import('./index.js').Step}
 */
function installation(name, place, folder) {
  const stamp = path.join(folder, `${name}.json`)
  return {
    name,
    stale() {
      // npm writes down what it installed. A folder that it did not finish has no such list.
      const installed = path.join(ROOT, place, 'node_modules', '.package-lock.json')
      if (!existsSync(installed)) return 'npm ci (there is no node_modules yet)'
      const { platform = PLATFORM } = recall(stamp) ?? {}
      if (platform !== PLATFORM) return `npm ci (node_modules is for ${platform}, this is ${PLATFORM})`
      const missing = difference(read(path.join(ROOT, place, 'package-lock.json')), read(installed))
      return missing === null ? null : `npm ci (node_modules has no ${missing})`
    },
    async perform() {
      // NODE_ENV=production and `omit` in somebody's configuration must not take the tools away.
      const args = [
        'ci',
        `--prefix=${path.join(ROOT, place)}`,
        '--include=dev',
        '--include=optional',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ]
      const cli = process.env.npm_execpath
      const code = cli?.endsWith('npm-cli.js') ? await run(process.execPath, [cli, ...args]) : await run('npm', args)
      if (code !== 0) throw new Failure(`${name}: expected \`npm ci\` to succeed, got exit code ${code}; its own words are above`)
      remember(stamp, { platform: PLATFORM })
    },
  }
}

/** @param {string} file @returns {Lock} */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'))

/**
 * The first package that is wanted and not installed. Optional ones are for other platforms and come with those that want them.
 *
 * @param {Lock} wanted
 * @param {Lock} installed
 */
function difference(wanted, installed) {
  for (const [place, { version, optional }] of Object.entries(wanted.packages)) {
    if (place === '' || optional || installed.packages[place]?.version === version) continue
    return `${place.replace(/^.*node_modules\//, '')} ${version}`
  }
  return null
}
