// Nodes that drain one queue together: what they did, and what it cost them.

import { serverClock } from './cpu.js'
import { pause } from './database.js'
import { perJob } from './drained.js'
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
  const ended = await completed(client, jobs, watch.signal)
  const to = clock()
  for (const party of parties) party.stop()
  const figures = await Promise.all(running)
  await Promise.all(parties.map((party) => party.ended()))
  const cpu = figures.reduce((sum, it) => sum + it.cpu, 0)
  return { rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: perJob(from, to, jobs) }
}

/**
 * Until the last so many jobs are completed. Looks at the very last only until those are done, and by their ids: a look at a long
 * table would take its share of what is measured.
 * @param {Client} client
 * @param {number} jobs
 * @param {AbortSignal} signal
 * @returns {Promise<number>} as of performance.now()
 */
async function completed(client, jobs, signal) {
  const { rows: ids } = await client.query('SELECT max(id)::int8 AS last FROM eram_jobs')
  let looked = performance.now()
  for (const few of [100, 5000, jobs]) {
    for (;;) {
      looked = performance.now()
      // No parameter: its plan would not know that these are few.
      const { rows } = await client.query(
        `SELECT EXISTS (SELECT FROM eram_jobs WHERE id > ${Number(ids[0].last) - Math.min(few, jobs)} AND state <> 'completed') AS some`,
      )
      if (signal.aborted || !rows[0].some) break
      await pause(3)
    }
  }
  return looked
}
