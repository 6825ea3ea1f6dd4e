// CPU time of servers on this machine, which Linux reports in /proc.
import { readFileSync } from 'node:fs'

/** @import { Client } from 'pg' */

/** Microseconds of a tick, in which Linux reports the time of processes. */
const TICK = 10_000

/** The postmaster of a connection's server; undefined if that does not run here. @param {Client} client @returns {Promise<number | undefined>} */
export async function postmaster(client) {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid, inet_client_port() AS port')
  const [{ pid, port }] = rows
  // The pid of a backend elsewhere may be that of another process here; the title of a backend names its client's port.
  const isHere = read(`/proc/${pid}/cmdline`).includes(port === null ? '[local]' : `(${port})`)
  return isHere ? fields(pid)[1] : undefined
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
  const [, , ...own] = pid === undefined ? [] : fields(pid)
  if (own.length === 0) return null
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)
  // Of running children; the server inherits the time of those that have exited.
  const running = children.map((child) => fields(Number(child)).slice(2, 4))
  return [own, ...running].flat().reduce((sum, ticks) => sum + ticks, 0) * TICK
}

/** The pid, the parent, and the time of a process: user, system, and that of its exited children. @param {number} pid @returns {number[]} */
function fields(pid) {
  const text = read(`/proc/${pid}/stat`)
  // The name before it may contain anything, including blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return text === '' ? [] : [pid, ...[1, 11, 12, 13, 14].map((i) => Number(fields[i]))]
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
