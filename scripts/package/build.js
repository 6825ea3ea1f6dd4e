// Builds the addon of one platform.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileOf } from '../../lib/addon/platforms.js'
import { ROOT, run } from '../command.js'
import { Failure, log, seconds } from '../main.js'
import { MAX_GLIBC } from './check.js'

/** Not the folder of other builds, which have other flags. */
const TARGET = path.join(ROOT, 'target', 'package')

/**
 * Returns the file: with the tools, what they build; without, what the set-up has built for this machine.
 *
 * @param {import('./options.js').Platform} platform
 * @param {{ tools?: import('./toolchain.js').Tools | undefined, profile?: string }} how
 */
export async function buildAddon(platform, { tools, profile = 'publishing' }) {
  if (!tools) return path.join(ROOT, 'lib', fileOf(platform))
  const { target, libc } = platform
  const began = performance.now()
  /** @type {string[]} */
  const lines = []
  const suffix = libc === 'glibc' ? `.${MAX_GLIBC}` : ''
  const args = ['zigbuild', '--lib', '--locked', '--profile', profile, '--target', target + suffix, '--target-dir', TARGET]
  const env = { ...tools.env, ...flags(target, libc), CARGO_TERM_COLOR: 'never' }
  const code = await run(tools.cargoZigbuild, args, { env, line: (line) => void lines.push(line) })
  const file = path.join(TARGET, target, profile === 'dev' ? 'debug' : profile, 'liberam.so')
  if (code !== 0 || !existsSync(file)) {
    console.error(lines.join('\n'))
    throw new Failure(`${platform.name}: expected cargo-zigbuild to build it, got exit code ${code}; its output is above`)
  }
  log(platform.name, `built in ${seconds(began)}`)
  return file
}

/** A library for musl uses the musl of the system, which Rust otherwise includes. @param {string} target @param {string | undefined} libc */
function flags(target, libc) {
  if (libc !== 'musl') return {}
  return { [`CARGO_TARGET_${target.toUpperCase().replaceAll('-', '_')}_RUSTFLAGS`]: '-C target-feature=-crt-static' }
}
