// What the addon of a platform may need from the system that loads it. What needs more is not packed.
import { statSync } from 'node:fs'
import { needsOf } from '../../lib/addon/elf.js'
import { newestGlibc } from '../../lib/addon/failure.js'
import { Failure } from '../main.js'

/** That of CentOS 7 and Amazon Linux 2, from 2012: everything that runs Node 20 has it, or a later one. */
export const MAX_GLIBC = '2.17'

/** Libraries that are part of the C library. */
const LIBRARIES = {
  glibc: /^(lib(c|m|pthread|dl|rt|util)\.so\.\d|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/,
  musl: /^libc\.(so|musl-\w+\.so\.1)$/,
}

/**
 * Returns what there is to say about the file. What this machine's own compiler has built (`isHost`) fits this machine, and is not held
 * to anything else.
 *
 * @param {import('./options.js').Platform} platform @param {string} file @param {{ isHost?: boolean }} [how]
 */
export function checkAddon(platform, file, { isHost = false } = {}) {
  const size = `${(statSync(file).size / 2 ** 20).toFixed(1)} MB`
  if (isHost || platform.os !== 'linux') return size
  const needs = needsOf(file)
  const problem = needs ? problemOf(platform, needs) : 'got a file of another format'
  if (problem) throw new Failure(`${file}: expected an addon for ${platform.name}, ${problem}`)
  const newest = newestGlibc(needs?.versions ?? [])
  return `${size}, needs ${needs?.libraries.join(', ')}${newest ? ` with GLIBC_${newest}` : ''}`
}

/** @param {import('./options.js').Platform} platform @param {import('../../lib/addon/elf.js').Needs} needs */
function problemOf({ cpu, libc }, { machine, libraries, versions }) {
  if (machine !== cpu) return `got one for ${machine}`
  const other = libraries.find((name) => !LIBRARIES[libc ?? 'glibc'].test(name))
  if (other) return `got one that needs ${other}`
  const newest = newestGlibc([...versions, `GLIBC_${MAX_GLIBC}`])
  return newest === MAX_GLIBC ? undefined : `got one that needs GLIBC_${newest}, later than ${MAX_GLIBC}`
}
