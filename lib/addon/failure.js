// Says why no addon could be loaded: what is there, why that does not load here, and what helps.

import { existsSync } from 'node:fs'
import { EramError } from '../shared/errors.js'
import { needsOf } from './elf.js'
import { currentPlatform, glibcVersion, PLATFORMS, packageOf } from './platforms.js'

/** @typedef {import('./platforms.js').Platform} Platform */

/** @param {{ os: string, cpu: string, libc?: string | undefined }} system */
export function unsupported({ os, cpu, libc }) {
  const names = PLATFORMS.map(({ name }) => name).join(', ')
  const got = `${os}-${cpu}${libc ? ` with ${libc}` : ''}, Node ${process.versions.node}`
  return failure(`a platform that there is an addon for (${names})`, got, 'build one from the sources, see docs/guides/installation.md')
}

/**
 * The package of this platform is not installed.
 *
 * @param {Platform} platform
 * @param {string} version
 * @param {(platform: Platform) => unknown} isInstalled
 */
export function missing(platform, version, isInstalled) {
  const name = packageOf(platform)
  const others = PLATFORMS.filter((each) => each !== platform && isInstalled(each)).map(packageOf)
  const got = others.length === 0 ? 'no such package' : `only ${others.join(' and ')}, as node_modules was made for another platform`
  return failure(`the package ${name} ${version} for ${here()}`, got, isCheckout() ? 'run `npm run build`' : remedies(platform))
}

/** @param {string} file that NAPI_RS_NATIVE_LIBRARY_PATH names */
export const notThere = (file) =>
  failure('NAPI_RS_NATIVE_LIBRARY_PATH to name an addon', `${file}, which is not there`, 'correct it, or unset it')

/** @param {string} file an addon that is there @param {unknown} cause */
export function notLoading(file, cause) {
  const reason = mismatch(file) ?? (cause instanceof Error ? cause.message.split('\n')[0] : String(cause))
  const hint = isCheckout() ? 'run `npm run build`' : 'install eramjs on a system like this one, see docs/guides/installation.md'
  return failure(`an addon for ${here()}`, `one that does not load: found ${file}, but ${reason}`, hint, cause)
}

/** @param {string} file @param {string} version @param {string} actual */
export function otherVersion(file, version, actual) {
  const hint = isCheckout() ? 'run `npm run build`' : 'install eramjs again, with its optional dependencies'
  return failure(`an addon of version ${version}, as eramjs has`, `${actual} (${file})`, hint)
}

/** Why a library of Linux cannot be loaded by this process; undefined if nothing is known to be wrong. @param {string} file */
function mismatch(file) {
  const needs = needsOf(file)
  if (!needs) return undefined
  const { os, cpu, libc } = currentPlatform()
  if (os !== 'linux') return `it is for Linux`
  if (needs.machine !== cpu) return `it is for ${needs.machine ?? 'another processor'}`
  const wanted = libcOf(needs.libraries)
  if (wanted && wanted !== libc) return `it is for ${wanted}`
  const newest = newestGlibc(needs.versions)
  return newest && compare(newest, glibcVersion() ?? newest) > 0 ? `it needs GLIBC_${newest}` : undefined
}

/** The C library among those that a file needs. @param {string[]} libraries */
function libcOf(libraries) {
  if (libraries.includes('libc.so.6')) return 'glibc'
  return libraries.some((name) => /^libc\.(so$|musl-)/.test(name)) ? 'musl' : undefined
}

/** The newest version of glibc among versions of symbols, such as `2.17`. @param {string[]} versions */
export function newestGlibc(versions) {
  const all = versions.flatMap((version) => /^GLIBC_(\d[\d.]*)$/.exec(version)?.[1] ?? [])
  return all.sort(compare).at(-1)
}

/** @param {string} a @param {string} b */
const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true })

/** What helps where the package of a platform is missing. @param {Platform} platform */
function remedies({ os, cpu, libc }) {
  return `one of these installs it:
  npm install --include=optional                         if optional dependencies were left out
  rm -rf node_modules package-lock.json && npm install   if the lock file was made on another platform
  npm install --os=${os} --cpu=${cpu}${libc ? ` --libc=${libc}` : ''}   on the machine that makes node_modules for this one
pnpm and Yarn: supportedArchitectures, see docs/guides/installation.md`
}

/** Such as `linux-x64 with glibc 2.36, Node 22.23.5`. */
function here() {
  const { os, cpu, libc } = currentPlatform()
  const library = libc === 'glibc' ? ` with glibc ${glibcVersion() ?? ''}` : libc ? ` with ${libc}` : ''
  return `${os}-${cpu}${library.trimEnd()}, Node ${process.versions.node}`
}

const isCheckout = () => existsSync(new URL('../../Cargo.toml', import.meta.url))

/** @param {string} expected @param {string} got @param {string} hint @param {unknown} [cause] */
function failure(expected, got, hint, cause) {
  return new EramError('ERAM_ADDON', `native addon: expected ${expected}, got ${got}; ${hint}`, { cause })
}
