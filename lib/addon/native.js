// The native addon, loaded once for all copies of this package.

import { state } from '../shared/global-state.js'
import { load } from './load.js'

/** That of the copy of this package that was loaded first. @type {import('./load.js').Native} */
export const native = state.native ?? load()
state.native = native

/** The number of the registry with the classes of this environment. In a job isolate, that of the engine's environment. */
export function registry() {
  state.registry ||= native.newRegistry()
  return state.registry
}
