// The engines of the process as a job thread or child process sees them: started elsewhere, used from here.

import { setPort, state } from '../shared/global-state.js'
import { EramEngine } from './engine.js'

/** @import { Port } from '../shared/global-state.js' */

/**
 * What is told of an engine.
 * @typedef {object} EngineFacts
 * @property {number} id
 * @property {string} name
 * @property {string} node
 * @property {string} prefix
 * @property {string | null} version
 * @property {number} max_args_bytes
 * @property {boolean} notifies  its enqueues wake those who sleep
 * @property {string | null} [refused]  why it may only enqueue
 */

/**
 * @typedef {object} Way
 * @property {EngineFacts[]} engines
 * @property {Port} port
 * @property {(engine: number, method: string, words: unknown[]) => any} call  a function of the addon
 * @property {(engine: number, grace: number | undefined) => void} stop  asks for an engine to be stopped where it was started
 */

/** @param {Way} way */
export function attach({ engines, port, call, stop }) {
  state.thread = true
  setPort(port)
  /** @type {(() => void)[]} */
  let waiting = []

  /** @param {EngineFacts[]} facts */
  const update = (facts) => {
    const names = new Set(facts.map(({ name }) => name))
    for (const name of state.engines.keys()) if (!names.has(name)) state.engines.delete(name)
    for (const each of facts) {
      if (state.engines.get(each.name)?.id === each.id) continue
      const engine = new EramEngine(each, {
        call,
        listeners: undefined,
        stop: (grace) =>
          new Promise((resolve) => {
            waiting.push(resolve)
            stop(each.id, grace)
          }),
      })
      state.engines.set(each.name, engine)
    }
  }

  update(engines)
  return {
    update,
    stopped() {
      for (const resolve of waiting) resolve()
      waiting = []
    },
  }
}
