// How many threads of each queue are in each state: what JavaScript knows of an engine and the engine does not.

import { engineNamed } from '../shared/global-state.js'
import { invalidOption } from '../shared/validate.js'
import { hostOf } from './perform.js'

/** @import { EngineHost } from './operation.js' */

const STATES = /** @type {const} */ (['starting', 'running', 'waiting'])

/**
 * The thread counts of an engine, and of others of this process, by the numbers of the engines.
 * @param {EngineHost} host
 * @param {unknown} others  their names
 */
export async function threadCounts(host, others = []) {
  const names = typeof others === 'string' ? [others] : others
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    throw invalidOption('prometheus.engines', 'names of engines', others)
  }
  const hosts = [host, ...names.map((name) => hostOf(engineNamed(name)))]
  return Object.fromEntries(await Promise.all(hosts.map(async (each) => [each.id, await countsOf(each)])))
}

/** @param {EngineHost} host @returns {Promise<[queue: string, state: string, number: number][]>} */
async function countsOf(host) {
  /** @type {{ queues: string[] }} */
  const { queues } = await host.call('health')
  return queues.flatMap((queue) => {
    const threads = host.threads(queue) ?? []
    if (threads.length === 0) return []
    return STATES.map(
      (state) => /** @type {[string, string, number]} */ ([queue, state, threads.filter((it) => it.state === state).length]),
    )
  })
}
