// Processes of this machine: signals, descendants, identity, and the reaper that cleans up after this process.
// Plain Node: the scripts need it before anything is installed.
import { execFileSync, fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Sends a signal; false if the process does not exist.
 * @param {number} pid negative for a process group @param {NodeJS.Signals | 0} signal
 */
export function kill(pid, signal) {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // EPERM: it exists, and belongs to another account.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' && signal === 0
  }
}

/** @param {number} pid */
export const isAlive = (pid) => kill(pid, 0) && !row(pid)?.state.startsWith('Z')

/** When a process started: distinguishes it from a later process with the same pid. @param {number} pid */
export const startTime = (pid) => row(pid)?.started ?? ''

/** The children of a process, their children, and so on; parents come first. @param {number} pid */
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
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (proc(Number(name)) ?? []) : []))
}

/** @param {number} pid */
const row = (pid) => (process.platform === 'linux' ? proc(pid) : ps(['-p', String(pid)])[0])

/** @param {number} pid @returns {Row | undefined} */
function proc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses, which may contain blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, parent: Number(fields[1]), state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/** @param {string[]} which @returns {Row[]} */
function ps(which) {
  try {
    const text = execFileSync('ps', [...which, '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' })
    const rows = text.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/gm)
    return [...rows].map(([, pid, parent, state = '', started = '']) => ({ pid: Number(pid), parent: Number(parent), state, started }))
  } catch {
    return []
  }
}

/** @type {{ child: import('node:child_process').ChildProcess, ready: Promise<unknown> } | undefined} */
let running

/** The reaper of this process, started at the first call. It is the last to exit. */
export function reaper() {
  if (running) return running
  const child = fork(fileURLToPath(new URL('./reaper.js', import.meta.url)), {
    // A session of its own: Ctrl-C in the terminal must not end it before us.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ready = new Promise((resolve) => {
    for (const event of ['message', 'exit', 'error']) child.once(event, resolve)
  }).then(() => {
    child.unref()
    child.channel?.unref()
  })
  running = { child, ready }
  return running
}

/**
 * Has the reaper end a process, or remove a folder, if this process is gone without having released it.
 *
 * @param {number | string} what a pid, negative for a process group, or the path of a folder
 * @param {NodeJS.Signals} [signal] that ends the process
 */
export const guard = (what, signal = 'SIGTERM') => send({ guard: what, signal })

/** @param {number | string} what */
export const release = (what) => send({ release: what })

/** @param {object} message */
function send(message) {
  const { child } = reaper()
  if (child.connected) child.send(message, () => {})
}
