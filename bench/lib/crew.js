// Nodes that drain one queue together: what they did, and what it cost them.

import { serverClock } from './cpu.js'
import { Party } from './party.js'

/** @import { Client } from 'pg' */
/** @import { Place } from './database.js' */

/**
 * @param {object} what
 * @param {Place} what.place
 * @param {Client} what.client  nobody else uses it meanwhile
 * @param {number} [what.nodes]
 * @param {number} [what.limit]  of the queue on each
 * @param {object} [what.options]  more of their engines
 * @param {() => Promise<number>} what.fill  puts so many jobs into the table while they wait; nothing else is available then
 */
export async function drainedBy({ place, client, nodes = 1, limit = 100, options = {}, fill }) {
  const parties = []
  for (let i = 0; i < nodes; i++) parties.push(await Party.prepare('node', { place, limit, options }))
  const jobs = await fill()
  const clock = await serverClock(client)
  const from = clock()
  const began = performance.now()
  const running = parties.map((party) => party.run())
  /** @type {AbortController} */
  const watch = new AbortController()
  for (const it of running) it.catch(() => watch.abort())
  const ended = await nothingWaits(client, watch.signal)
  const to = clock()
  for (const party of parties) party.stop()
  const figures = await Promise.all(running)
  await Promise.all(parties.map((party) => party.ended()))
  const cpu = figures.reduce((sum, it) => sum + it.cpu, 0)
  return { rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: from === null || to === null ? null : (to - from) / jobs }
}

/**
 * Until all that waited is completed; by what is available, which an index knows, and then by what still runs.
 * @param {Client} client
 * @param {AbortSignal} signal
 * @returns {Promise<number>} as of performance.now()
 */
async function nothingWaits(client, signal) {
  for (const left of [`stage = 1 AND queue = 'default'`, `state = 'executing' AND attempted_at > now() - interval '1 minute'`]) {
    for (;;) {
      const looked = performance.now()
      const { rows } = await client.query(`SELECT EXISTS (SELECT FROM eram_jobs WHERE ${left}) AS some`)
      if (signal.aborted || (!rows[0].some && left.startsWith('state'))) return looked
      if (!rows[0].some) break
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }
  return performance.now()
}
