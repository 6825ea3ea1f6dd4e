// CPU time of servers on this machine, which Linux reports in /proc.
import { existsSync, readFileSync } from 'node:fs'

/** @import { Client } from 'pg' */

/** Microseconds of a tick, in which Linux reports the time of processes. */
const TICK = 10_000

/** The postmaster of a connection's server; undefined if that does not run here. @param {Client} client @returns {Promise<number | undefined>} */
export async function postmaster(client) {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid, inet_client_port() AS port')
  const [{ pid, port }] = rows
  // The pid of a backend elsewhere may be that of another process here; the title of a backend names its client's port.
  const isHere = read(`/proc/${pid}/cmdline`).includes(port === null ? '[local]' : `(${port})`)
  return isHere ? stat(pid)[0] : undefined
}

/** Returns what gives the CPU time of a server for each of some jobs since then, in microseconds. @param {number | undefined} pid */
export function serverClock(pid) {
  const before = serverCpu(pid)
  return (/** @type {number} */ jobs) => {
    const after = serverCpu(pid)
    return before === null || after === null ? null : (after - before) / jobs
  }
}

/** Of a server and all its processes; null if they cannot be seen. @param {number | undefined} pid @returns {number | null} */
function serverCpu(pid) {
  const list = `/proc/${pid}/task/${pid}/children`
  if (pid === undefined || !existsSync(list)) return null
  // The server inherits the time of those that have exited.
  const running = read(list).split(' ').filter(Boolean)
  const ticks = [stat(pid).slice(1), ...running.map((child) => stat(child).slice(1, 3))].flat()
  return ticks.reduce((sum, it) => sum + it, 0) * TICK
}

/** The parent of a process, and its time: user, system, and both of its exited children. @param {number | string} pid */
function stat(pid) {
  const text = read(`/proc/${pid}/stat`)
  // The name before it may contain anything, including blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return [1, 11, 12, 13, 14].map((i) => Number(fields[i] ?? 0))
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or the process has just ended.
    return ''
  }
}
