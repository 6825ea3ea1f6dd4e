// The platforms that EramJS has an addon for, each in an npm package of its own, and the one that this process runs on.

import { interpreterOf } from './elf.js'

/**
 * @typedef {object} Platform
 * @property {string} name      as in the package `eramjs-<name>` and in its file `eram.<name>.node`
 * @property {NodeJS.Platform} os
 * @property {NodeJS.Architecture} cpu
 * @property {'glibc' | 'musl'} [libc]  on Linux
 * @property {string} target    what Rust calls it
 */

/** @type {readonly Platform[]} */
export const PLATFORMS = [
  { name: 'linux-x64-gnu', os: 'linux', cpu: 'x64', libc: 'glibc', target: 'x86_64-unknown-linux-gnu' },
  { name: 'linux-arm64-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc', target: 'aarch64-unknown-linux-gnu' },
  { name: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl', target: 'x86_64-unknown-linux-musl' },
  { name: 'linux-arm64-musl', os: 'linux', cpu: 'arm64', libc: 'musl', target: 'aarch64-unknown-linux-musl' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', target: 'x86_64-apple-darwin' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', target: 'aarch64-apple-darwin' },
  { name: 'win32-x64-msvc', os: 'win32', cpu: 'x64', target: 'x86_64-pc-windows-msvc' },
]

/** @param {{ name: string }} platform */
export const packageOf = ({ name }) => `eramjs-${name}`

/** @param {{ name: string }} platform */
export const fileOf = ({ name }) => `eram.${name}.node`

/** What this process runs on; `platform` is undefined if there is no addon for it. */
export function currentPlatform() {
  const { platform: os, arch: cpu } = process
  const libc = os === 'linux' ? currentLibc() : undefined
  return { os, cpu, libc, platform: PLATFORMS.find((each) => each.os === os && each.cpu === cpu && each.libc === libc) }
}

/** The C library of this process, by the dynamic linker that its program names. */
function currentLibc() {
  // A program that was started through the linker itself (`ld-musl-x86_64.so.1 node`) has that as its path.
  const linker = interpreterOf(process.execPath) ?? process.execPath
  if (/\bld-musl-/.test(linker)) return 'musl'
  if (/\bld-linux\b|\bld64\b|\bld\.so\b/.test(linker)) return 'glibc'
  return glibcVersion() ? 'glibc' : 'musl'
}

/** The version of glibc that this process uses, such as `2.36`; undefined with another C library. Takes some milliseconds. */
export function glibcVersion() {
  const diagnostics = /** @type {NodeJS.ProcessReport & { excludeNetwork: boolean }} */ (process.report)
  const { excludeNetwork } = diagnostics
  // Without this, the report looks up the names of the machine's addresses.
  diagnostics.excludeNetwork = true
  const { header } = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (diagnostics.getReport())
  diagnostics.excludeNetwork = excludeNetwork
  return header?.glibcVersionRuntime
}
