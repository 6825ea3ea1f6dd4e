// node_modules: what a package-lock.json lists for this machine, in the project's folder or in one with its own manifest.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npm, ROOT } from '../command.js'
import { Failure, log } from '../main.js'
import { recall, remember } from './stamp.js'

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lock */

const PLATFORM = `${process.platform}-${process.arch}`
export const LIBRARIES = '__test__/libraries'
const LIBPQ = path.join(ROOT, LIBRARIES, 'node_modules', 'libpq')

/**
 * @param {string} name
 * @param {string} place of the manifest, relative to the project's folder
 * @param {string} folder of the set-up's own files
 * @returns {import('./index.js').Step}
 */
export function installation(name, place, folder) {
  const stamp = path.join(folder, `${name.replaceAll('/', '-')}.json`)
  return {
    name,
    stale() {
      // npm lists what it installed. A folder that it did not finish has no list.
      const installed = path.join(ROOT, place, 'node_modules', '.package-lock.json')
      if (!existsSync(installed)) return 'npm ci (there is no node_modules yet)'
      const { platform = PLATFORM } = recall(stamp) ?? {}
      if (platform !== PLATFORM) return `npm ci (node_modules is for ${platform}, this is ${PLATFORM})`
      const missing = difference(read(path.join(ROOT, place, 'package-lock.json')), read(installed))
      return missing === null ? null : `npm ci (node_modules has no ${missing})`
    },
    async perform() {
      // NODE_ENV=production and a configured `omit` must not leave out the tools.
      const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
      const code = await npm(['ci', `--prefix=${path.join(ROOT, place)}`, ...flags])
      if (code !== 0) throw new Failure(`${name}: expected \`npm ci\` to succeed, got exit code ${code}; its output is above`)
      remember(stamp, { platform: PLATFORM })
    },
  }
}

/** @param {string} file @returns {Lock} */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'))

/**
 * The first package that is wanted and not installed. Optional ones may be for other platforms.
 * @param {Lock} wanted @param {Lock} installed
 */
function difference(wanted, installed) {
  for (const [place, { version, optional }] of Object.entries(wanted.packages)) {
    if (place === '' || optional || installed.packages[place]?.version === version) continue
    return `${place.replace(/^.*node_modules\//, '')} ${version}`
  }
  return null
}

/** Compiles the addon of pg-native where libpq is installed. Elsewhere its tests are skipped. @returns {import('./index.js').Step} */
export function pgNative() {
  // Lives in the package's folder, so that a new installation is tried again.
  const tried = path.join(LIBPQ, '.tried')
  return {
    name: 'pg-native',
    stale() {
      if (!existsSync(LIBPQ) || existsSync(tried) || existsSync(path.join(LIBPQ, 'build', 'Release', 'addon.node'))) return null
      const folders = (process.env.PATH ?? '').split(path.delimiter)
      return folders.some((folder) => existsSync(path.join(folder, 'pg_config'))) ? 'compiling for the libpq of this machine' : null
    },
    async perform() {
      writeFileSync(tried, '')
      /** @type {string[]} */
      const lines = []
      const args = ['rebuild', 'libpq', '--ignore-scripts=false', `--prefix=${path.join(ROOT, LIBRARIES)}`, '--loglevel=error']
      const code = await npm(args, { line: (line) => void lines.push(line) })
      const error = lines.find((line) => /error/i.test(line)) ?? ''
      if (code !== 0) log('pg-native', `could not be compiled, so its tests are skipped: ${error}`)
    },
  }
}
