// Operating-system processes: which descend from which, and the termination of a whole tree of them.

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { setTimeout } from './timers.js'

const run = promisify(execFile)

/** @typedef {{ pid: number, parent: number, born: string }} Process  `born` distinguishes it from a later process with the same id */

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It exists and belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * A process and its descendants, descendants first.
 * @param {number} pid
 * @returns {Promise<Process[]>}
 */
async function treeOf(pid) {
  const all = await list()
  const tree = all.filter((process) => process.pid === pid)
  if (tree.length === 0) tree.push({ pid, parent: 0, born: '' })
  // The list grows while it is walked: children, then theirs.
  for (const { pid: parent } of tree) {
    tree.push(...all.filter((process) => process.parent === parent && !tree.includes(process)))
  }
  return tree.reverse()
}

/**
 * Sends SIGTERM to a process and its descendants, and SIGKILL to those that remain after the grace period. Without one, SIGKILL
 * at once.
 * @param {number} pid
 * @param {number} grace  milliseconds
 */
export async function endTree(pid, grace) {
  // The tree is read before any process ends, because orphans get another parent.
  const tree = await treeOf(pid)
  if (grace > 0) {
    await signalAll(tree, 'SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, grace).unref())
  }
  await signalAll(tree, 'SIGKILL')
}

/**
 * Sends a signal to the processes of a tree, except to later processes that reuse their ids.
 * @param {Process[]} tree
 * @param {NodeJS.Signals} signal
 */
async function signalAll(tree, signal) {
  for (const { pid, born } of tree) {
    if (born === '' || (await bornOf(pid)) === born) kill(pid, signal)
  }
}

/**
 * Sends a signal without waiting. Does nothing if the process has ended.
 * @param {number} pid  negative: a whole process group
 * @param {NodeJS.Signals} [signal]
 */
export function kill(pid, signal = 'SIGKILL') {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

/**
 * When a process began, in a unit of the system's; '' where that is not available, 'gone' if the process does not exist.
 * @param {number} pid
 * @returns {Promise<string>}
 */
export async function bornOf(pid) {
  if (process.platform !== 'linux') return ''
  try {
    const { state, born } = parse(await readFile(`/proc/${pid}/stat`, 'utf8'))
    // A zombie has ended and waits to be reaped by its parent.
    return state === 'Z' ? 'gone' : born
  } catch {
    return 'gone'
  }
}

/**
 * The fields of /proc/<pid>/stat. The second is the name, in parentheses, and may contain blanks and parentheses itself.
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
    // Not available, as on Windows: then only the process itself is known.
    return []
  }
}

async function fromProc() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
      // It ended between the two reads.
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
