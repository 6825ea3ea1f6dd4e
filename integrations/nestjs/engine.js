// The engine as providers get it. They are created before the engine starts, so they get a stand-in that finds the running engine
// on each use.

import { EramEngine } from 'eramjs'

/**
 * The injection token of an engine.
 * @param {string} [name]
 */
export function getEngineToken(name = 'default') {
  return `EramEngine:${name}`
}

/** Members that only a running engine has. */
const FIELDS = ['jobs', 'cron']

/** @param {string} name @returns {EramEngine} */
export function engineOf(name) {
  return new Proxy(Object.create(EramEngine.prototype), {
    get(target, key) {
      if (key === 'constructor') return EramEngine
      // Nest looks for hooks, and for `then`, before the engine runs.
      if (!(key in target) && !FIELDS.includes(String(key)) && !isRunning(name)) return undefined
      const engine = EramEngine.get(name)
      const value = Reflect.get(engine, key)
      return typeof value === 'function' ? value.bind(engine) : value
    },
    has: (target, key) => key in (isRunning(name) ? EramEngine.get(name) : target),
  })
}

/** @param {string} name */
function isRunning(name) {
  try {
    return EramEngine.get(name) !== undefined
  } catch {
    return false
  }
}
