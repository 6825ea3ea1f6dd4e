// CPU time, in microseconds: of this process with all its threads, and of a store on this machine with all its processes.
import { readdirSync, readFileSync } from 'node:fs'

/** @import { Client } from 'pg' */
/** @import { Stores } from './stores.js' */
/** @typedef {() => number | null} Clock null if the processes cannot be seen */

/** Microseconds of a tick, in which Linux reports the time of processes. */
const TICK = 10_000

/** @returns {number} since the process started */
export function ownCpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** @param {'postgresql' | 'redis'} store @param {Client} client @param {Stores} stores @returns {Promise<Clock>} */
export async function storeClock(store, client, { redisPid }) {
  if (store === 'postgresql') return serverClock(client)
  return () => {
    const redis = redisPid === undefined ? undefined : processOf(redisPid)
    return redis ? redis.own * TICK : null
  }
}

/** @param {Client} client @returns {Promise<Clock>} */
export async function serverClock(client) {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const backend = processOf(rows[0].pid)
  if (!backend || !isOurs(backend.pid, client)) return () => null
  return () => serverTime(backend.parent)
}

/**
 * The pid of a backend in a container or on another machine may be that of an unrelated process here; the title of a backend names its
 * client's port.
 * @param {number} pid @param {any} client
 */
function isOurs(pid, client) {
  const port = client.connection.stream.localPort
  return (read(`/proc/${pid}/cmdline`) ?? '').includes(port === undefined ? '[local]' : `(${port})`)
}

/** The postmaster, its running children, and its exited ones, whose time it inherits. @param {number} postmaster */
function serverTime(postmaster) {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const it = processOf(name)
    if (it?.pid === postmaster) ticks += it.own + it.inherited
    else if (it?.parent === postmaster) ticks += it.own
  }
  return ticks * TICK
}

/** @param {number | string} pid */
function processOf(pid) {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name before it may contain anything, including blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [parent = 0, user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = [1, 11, 12, 13, 14].map((i) => Number(fields[i]))
  return { pid: Number(pid), parent, own: user + system, inherited: childrenUser + childrenSystem }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or the process has just ended.
    return undefined
  }
}
