// A wrong clock for nodes or for a server, as if that of their machine had been set.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const folder = mkdtempSync(path.join(tmpdir(), 'eram-clock-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const clock = path.join(folder, 'shift')
const library = path.join(folder, 'shift.so')

/** The environment of a node whose clock can be set. */
export const SHIFTED = { LD_PRELOAD: library, CLOCK_SHIFT: clock }

/** Lets a server that runs as another user read what is preloaded. */
export const openToAll = () => {
  chmodSync(folder, 0o755)
  for (const file of [library, clock]) chmodSync(file, 0o755)
}

/** Sets the clock of the nodes that have the library, in seconds. @param {number} seconds */
export const setClock = (seconds) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(seconds))
  writeFileSync(clock, bytes, { flag: 'r+' })
}

/** Stops the clock now, shifted by this many seconds, or lets it go on. @param {boolean} stopped @param {number} [seconds] */
export const stopClock = (stopped, seconds = 0) => {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64LE(BigInt(seconds))
  if (stopped) bytes.writeBigInt64LE(BigInt(Math.floor(Date.now() / 1000) + seconds), 8)
  writeFileSync(clock, bytes, { flag: 'r+' })
}

/** Why a clock cannot be set here, or false. */
export function cannotShift() {
  if (process.platform !== 'linux') return 'preloading a clock is done on Linux only'
  writeFileSync(clock, Buffer.alloc(16))
  try {
    const source = path.join(import.meta.dirname, 'programs/shift.c')
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' })
    return false
  } catch (error) {
    return `no C compiler: ${/** @type {Error} */ (error).message}`
  }
}
