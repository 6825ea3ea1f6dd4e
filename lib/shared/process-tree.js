// Operating-system processes: who descends from whom, and how to end a whole tree of them.

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** @typedef {{ pid: number, parent: number, born: string }} Process  `born` tells a process from a later one with its number */

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and somebody else's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * The process and everything it started, itself last, so that no parent is there to start a child again.
 * @param {number} pid
 * @returns {Promise<Process[]>}
 */
async function familyOf(pid) {
  const all = await list()
  const family = all.filter((process) => process.pid === pid)
  if (family.length === 0) family.push({ pid, parent: 0, born: '' })
  // The list grows while it is walked: children, then theirs.
  for (const { pid: parent } of family) {
    family.push(...all.filter((process) => process.parent === parent && !family.includes(process)))
  }
  return family.reverse()
}

/**
 * Asks a process and its descendants to end, and ends those that are left after the grace.
 * @param {number} pid
 * @param {number} grace milliseconds
 */
export async function endTree(pid, grace) {
  // The family is looked up before anybody dies: afterwards orphans belong to somebody else.
  const family = await familyOf(pid)
  if (grace > 0) {
    await signalAll(family, 'SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, grace).unref())
  }
  await signalAll(family, 'SIGKILL')
}

/**
 * Sends a signal to those of a family that are still the processes they were.
 * @param {Process[]} family
 * @param {NodeJS.Signals} signal
 */
async function signalAll(family, signal) {
  for (const { pid, born } of family) {
    if (born === '' || (await bornOf(pid)) === born) kill(pid, signal)
  }
}

/**
 * At once, without waiting and without failing.
 * @param {number} pid  negative: a whole process group
 * @param {NodeJS.Signals} [signal]
 */
export function kill(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself meanwhile.
  }
}

/**
 * When a process began, in whatever unit the system counts; '' where it does not say, or when there is none.
 * @param {number} pid
 * @returns {Promise<string>}
 */
export async function bornOf(pid) {
  if (process.platform !== 'linux') return ''
  try {
    const { state, born } = parse(await readFile(`/proc/${pid}/stat`, 'utf8'))
    // A zombie has ended; only its parent has not asked yet.
    return state === 'Z' ? 'gone' : born
  } catch {
    return 'gone'
  }
}

/**
 * The fields of /proc/<pid>/stat. The second is the name, in brackets, and may hold blanks and brackets itself.
 * @param {string} stat
 */
function parse(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], parent: Number(fields[1]), born: fields[19] ?? '' }
}

/** @returns {Promise<Process[]>} */
async function list() {
  try {
    return process.platform === 'linux' ? await fromProc() : await fromPs()
  } catch {
    // No way to ask, as on Windows: then the process alone is what we know of.
    return []
  }
}

async function fromProc() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
      // It ended between the two readings.
      if (stat === undefined) return []
      const { parent, born } = parse(stat)
      return [{ pid: Number(pid), parent, born }]
    }),
  )
  return read.flat()
}

async function fromPs() {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number)
      return { pid, parent, born: '' }
    })
}
