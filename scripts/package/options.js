// The options of npm run package.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { currentPlatform, PLATFORMS } from '../../lib/addon/platforms.js'
import { ROOT } from '../command.js'
import { Failure } from '../main.js'

/** @typedef {import('../../lib/addon/platforms.js').Platform} Platform */

/** Of the set-up. */
const PROFILES = ['dev', 'release', 'publishing']

/**
 * `platforms` are those named, else all for Linux. `--host`: that of this machine, built by its own compiler; the only way for macOS
 * and Windows. `--profile`: one of Cargo.toml, with `--host` one of the set-up. `--out`: the folder, `dist` by default.
 *
 * @param {string[]} args
 * @returns {{ platforms: Platform[], isHost: boolean, profile: string, out: string }}
 */
export function options(args) {
  const known = /** @type {const} */ ({ host: { type: 'boolean' }, profile: { type: 'string' }, out: { type: 'string' } })
  const { values, positionals } = parseArgs({ args, options: known, allowPositionals: true })
  const { host: isHost = false, profile = 'publishing', out = 'dist' } = values
  const platforms = isHost ? [current()] : positionals.length > 0 ? positionals.map(named) : PLATFORMS.filter(isLinux)
  const other = platforms.find((each) => !isHost && !isLinux(each))
  if (other) throw new Failure(`${other.name}: expected a platform of Linux, got one that only its own system builds; use --host there`)
  if (isHost && !PROFILES.includes(profile))
    throw new Failure(`--profile: expected one of ${PROFILES.join(', ')} with --host, got ${profile}`)
  return { platforms, isHost, profile, out: path.resolve(ROOT, out) }
}

/** @param {Platform} platform */
const isLinux = ({ os }) => os === 'linux'

/** The platform of this machine. */
export function current() {
  const { platform, ...system } = currentPlatform()
  if (platform) return platform
  throw new Failure(`--host: expected one of ${list()}, got ${Object.values(system).join('-')}`)
}

/** @param {string} name */
function named(name) {
  const platform = PLATFORMS.find((each) => each.name === name)
  if (platform) return platform
  throw new Failure(`npm run package: expected one of ${list()}, got ${name}`)
}

const list = () => PLATFORMS.map(({ name }) => name).join(', ')
