// What becomes of the enqueues of the calling code: they are recorded, performed at once, or inserted. The innermost scope decides,
// else a fake, else the mode of the engine. All copies of the kit in one JavaScript environment share this.

import { AsyncLocalStorage } from 'node:async_hooks'
import { runningEngine, state } from '../shared/global-state.js'
import { performInline } from './inline.js'
import { plainHead } from './memory/plain.js'

/** @import { Recorder } from './memory/recorder.js' */

/** @typedef {'manual' | 'inline' | 'off'} Mode */
/** @typedef {{ mode?: Mode, recorder?: Recorder }} Scope */

const own = {
  /** @type {AsyncLocalStorage<Scope>} */
  scopes: new AsyncLocalStorage(),
  /** @type {Recorder[]} */
  fakes: [],
  /** @param {string} name @param {any} jobClass @param {Record<string, unknown>} options */
  head(name, jobClass, options) {
    const recorder = currentRecorder()
    return recorder && !recorder.strict ? plainHead(name, jobClass, options) : undefined
  },
  /** @param {string} draft @param {import('../job/draft.js').EnqueueTarget} target */
  intercept(draft, target) {
    const recorder = currentRecorder()
    if (recorder) return recorder.record(draft, target)
    const mode = kit.scopes.getStore()?.mode ?? runningEngine(target.engine)?.testing
    return mode === 'inline' ? performInline(draft, target) : undefined
  },
  takesAnyTransaction: () => currentRecorder()?.strict === false,
  /** What has begun and not ended, with where. @type {Set<{ what: string, stack: string }>} */
  open: new Set(),
  /**
   * @template T
   * @param {string} what
   * @param {Promise<T>} promise
   */
  watch(what, promise) {
    const end = begun(`enqueue of ${what}`)
    promise.then(end, end)
    return promise
  },
  openScope: () => begun('scope of withTransaction()'),
}

state.testing ??= own
const kit = /** @type {typeof own} */ (state.testing)

/**
 * @template T
 * @param {Scope} scope
 * @param {() => T} fn
 * @returns {T}
 */
export function within(scope, fn) {
  return kit.scopes.run(scope, fn)
}

/** What records the enqueues of the calling code, if anything does. @returns {Recorder | undefined} */
export function currentRecorder() {
  const scope = kit.scopes.getStore()
  if (scope?.recorder) return scope.recorder
  return scope?.mode === 'off' ? undefined : kit.fakes.at(-1)
}

/** From now on, enqueues outside of scopes are recorded there. @param {Recorder} recorder */
export function activate(recorder) {
  kit.fakes.push(recorder)
}

/** @param {Recorder} recorder */
export function deactivate(recorder) {
  const at = kit.fakes.lastIndexOf(recorder)
  if (at >= 0) kit.fakes.splice(at, 1)
}

/** Something has begun; returns what to call at its end. @param {string} what */
function begun(what) {
  const { stack = '' } = new Error(what)
  const entry = { what, stack }
  kit.open.add(entry)
  return () => {
    kit.open.delete(entry)
  }
}

/** What has begun and not ended. */
export function unended() {
  return [...kit.open]
}
