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

/** What Nest looks for on each provider, besides symbols: an engine has none of it. */
export const PROBED = new Set([
  'then',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
])

/** @param {string} name @returns {EramEngine} */
export function engineOf(name) {
  return new Proxy(Object.create(EramEngine.prototype), {
    get(target, key) {
      if (key === 'constructor') return EramEngine
      if (PROBED.has(String(key)) || (typeof key === 'symbol' && !(key in target) && !isRunning(name))) return undefined
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
