// Finds the native addon of this platform and loads it: the only file that loads an addon. A checkout has it in lib/, an application
// as an npm package. What napi-rs would generate does the same, but cannot explain a failure; see docs/decisions. The build makes load.cjs of this file.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { missing, notLoading, notThere, otherVersion, unsupported } from './failure.js'
import { currentPlatform, fileOf, packageOf } from './platforms.js'

/** @typedef {typeof import('../native.d.cts')} Native */
/** @typedef {import('./platforms.js').Platform} Platform */

/** @returns {Native} */
export function load() {
  /** @type {{ version: string }} */
  const { version } = createRequire(import.meta.url)('../../package.json')
  const { file, open } = find(version)
  const addon = opened(open, file)
  const actual = addon.version()
  // An addon of another version would fail later, and strangely.
  if (actual !== version) throw otherVersion(file, version, actual)
  return addon
}

/**
 * Where the addon is, and what loads it.
 * @param {string} version  of eramjs
 * @returns {{ file: string, open: () => Native }}
 */
function find(version) {
  const require = createRequire(import.meta.url)
  const at = (/** @type {string} */ file) => ({ file, open: () => require(file) })
  // What napi-rs calls it: for distributions that build the addon themselves.
  const given = process.env.NAPI_RS_NATIVE_LIBRARY_PATH
  if (given && !existsSync(given)) throw notThere(given)
  if (given) return at(given)
  const { platform, ...system } = currentPlatform()
  if (!platform) throw unsupported(system)
  const built = fileURLToPath(new URL(`../${fileOf(platform)}`, import.meta.url))
  if (existsSync(built)) return at(built)
  const installed = resolved(require, packageOf(platform))
  if (installed === undefined) throw missing(platform, version, (other) => resolved(require, `${packageOf(other)}/package.json`))
  return { file: installed, open: () => required(require, platform) }
}

/** @param {NodeRequire} require @param {string} name @returns {string | undefined} */
function resolved(require, name) {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}

/**
 * Names are spelled out, so that tools that copy what an application needs (Next.js, Vercel) find the packages.
 * @param {NodeRequire} require @param {Platform} platform
 */
function required(require, { name }) {
  switch (name) {
    case 'linux-x64-gnu':
      return require('eramjs-linux-x64-gnu')
    case 'linux-arm64-gnu':
      return require('eramjs-linux-arm64-gnu')
    case 'linux-x64-musl':
      return require('eramjs-linux-x64-musl')
    case 'linux-arm64-musl':
      return require('eramjs-linux-arm64-musl')
    case 'darwin-x64':
      return require('eramjs-darwin-x64')
    case 'darwin-arm64':
      return require('eramjs-darwin-arm64')
    case 'win32-x64-msvc':
      return require('eramjs-win32-x64-msvc')
  }
}

/** @param {() => Native} open @param {string} file @returns {Native} */
function opened(open, file) {
  try {
    return open()
  } catch (cause) {
    throw notLoading(file, cause)
  }
}
