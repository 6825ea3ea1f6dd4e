// What the operating system says about processes: who lives, when they began, who descends from whom.
// Plain Node, because it runs before anything is installed.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Sends a signal; says whether there was anybody to receive it.
 *
 * @param {number} pid negative for a process group
 * @param {NodeJS.Signals | 0} signal
 */
export function signalled(pid, signal) {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // EPERM: it lives, under an account that is not ours.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' && signal === 0
  }
}

/** @param {number} pid */
export const isAlive = (pid) => signalled(pid, 0) && !row(pid)?.state.startsWith('Z')

/**
 * A text that tells this process from a later one that was given the same number.
 *
 * @param {number} pid
 */
export const birth = (pid) => row(pid)?.started ?? ''

/**
 * The children of a process, their children, and so on; parents come first.
 *
 * @param {number} pid
 */
export function descendants(pid) {
  const rows = table()
  const found = [pid]
  for (const parent of found) {
    for (const row of rows) if (row.parent === parent) found.push(row.pid)
  }
  return found.slice(1)
}

/** @typedef {{ pid: number, parent: number, state: string, started: string }} Row */

/** @returns {Row[]} */
function table() {
  if (process.platform !== 'linux') return ps(['-A'])
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.map(proc).filter((row) => row !== undefined)
}

/**
 * @param {number} pid
 * @returns {Row | undefined}
 */
const row = (pid) => (process.platform === 'linux' ? proc(pid) : ps(['-p', String(pid)])[0])

/**
 * @param {number} pid
 * @returns {Row | undefined}
 */
function proc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in brackets and may hold anything, also blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(fields[1]), state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/**
 * @param {string[]} which
 * @returns {Row[]}
 */
function ps(which) {
  try {
    const text = execFileSync('ps', [...which, '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' })
    return text.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line)
      return match ? [{ pid: Number(match[1]), parent: Number(match[2]), state: match[3] ?? '', started: match[4] ?? '' }] : []
    })
  } catch {
    return []
  }
}
