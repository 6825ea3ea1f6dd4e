// The engines of the process as a job thread or job process sees them: started in another isolate, used from this one.

import { EramEngine } from '../engine/index.js'
import { refusedStart } from '../loading/index.js'
import { equip } from '../operations/index.js'
import { setTransport, state } from '../shared/global-state.js'

/** @import { EngineInfo } from '../engine/engine.js' */
/** @import { EnqueueTransport } from '../shared/global-state.js' */

/**
 * @typedef {object} AttachOptions
 * @property {number} registry
 * @property {EngineInfo[]} engines
 * @property {EnqueueTransport} transport
 * @property {(engine: number, method: string, args: unknown[]) => any} call  calls a function of the addon
 * @property {(engine: number, grace: number | undefined) => void} stop  asks the isolate that started the engine to stop it
 * @property {(error: Error) => void} refused  told what a job file must not do and does
 */

/** @param {AttachOptions} options */
export function attach({ registry, engines, transport, call, stop, refused }) {
  state.isJobIsolate = true
  state.registry = registry
  state.refused = refused
  state.refusedStart = refusedStart
  setTransport(transport)
  /** Callers of stop(). @type {(() => void)[]} */
  let stopping = []

  /** @param {EngineInfo[]} infos */
  const update = (infos) => {
    const names = new Set(infos.map(({ name }) => name))
    for (const name of state.engines.keys()) if (!names.has(name)) state.engines.delete(name)
    for (const info of infos) {
      const known = state.engines.get(info.name)
      if (known?.id === info.id) {
        known.queue_defaults = info.queue_defaults
        continue
      }
      const engine = new EramEngine(info, {
        call,
        listeners: undefined,
        equip,
        stop: (grace) =>
          new Promise((resolve) => {
            stopping.push(resolve)
            stop(info.id, grace)
          }),
      })
      state.engines.set(info.name, engine)
    }
  }

  update(engines)
  return {
    update,
    stopped() {
      for (const resolve of stopping) resolve()
      stopping = []
    },
  }
}
