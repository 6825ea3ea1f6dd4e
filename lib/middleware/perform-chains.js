// Composes the middleware of a job class for its attempts and for perform: once for each class and engine, until it changes.

import { state } from '../shared/global-state.js'
import { headline } from '../shared/serialize.js'
import { layersOfClass, layersOfEngine, nameOf, once } from './layers.js'

/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { Entry, Middleware } from '../shared/middleware.js' */

/** @typedef {(args: unknown, ctx: unknown, perform: () => unknown) => unknown} PerformChain */
/**
 * Begins the attempt, whatever the middleware does, and settles when both have ended; never rejects.
 * @typedef {(ctx: unknown, begin: () => Promise<any>, warn: (problem: string, thrown?: unknown) => void) => Promise<any>} AttemptChain
 */
/** @typedef {{ attempt: AttemptChain | undefined, perform: PerformChain | undefined }} Chains */
/** @typedef {Map<string | undefined, { of: readonly Entry[] | undefined, chains: Chains | undefined }>} Composed  by engine */

/**
 * What surrounds the attempts of a class; undefined if nothing does.
 * @param {Pick<LoadedClass, 'name' | 'use' | 'composed'>} jobClass
 * @param {string | undefined} engine  its name
 * @returns {Chains | undefined}
 */
export function chainsOf(jobClass, engine) {
  const found = jobClass.composed.get(engine)
  if (found !== undefined && found.of === state.middleware) return found.chains
  const chains = compose(jobClass, engine)
  jobClass.composed.set(engine, { of: state.middleware, chains })
  return chains
}

/** @param {Pick<LoadedClass, 'name' | 'use'>} jobClass @param {string | undefined} engine @returns {Chains | undefined} */
function compose({ name, use }, engine) {
  const attempts = [...layersOfEngine('attempt', engine), ...layersOfClass('attempt', name, use)]
  const performs = [...layersOfEngine('perform', engine), ...layersOfClass('perform', name, use)]
  const attempt = attempts.length > 0 ? attemptChain(attempts) : undefined
  const perform = performs.length > 0 ? performChain(performs) : undefined
  return attempt || perform ? { attempt, perform } : undefined
}

/** @param {Middleware[]} layers @returns {PerformChain} */
function performChain(layers) {
  return layers.reduceRight(
    (inner, layer) => (args, ctx, perform) =>
      layer.perform?.(
        args,
        ctx,
        once(layer, 'perform', () => inner(args, ctx, perform)),
      ),
    /** @type {PerformChain} */ ((_args, _ctx, perform) => perform()),
  )
}

/** @param {Middleware[]} layers @returns {AttemptChain} */
function attemptChain(layers) {
  return layers.reduceRight(
    (inner, layer) => (ctx, begin, warn) => observe(layer, ctx, () => inner(ctx, begin, warn), warn),
    /** @type {AttemptChain} */ ((_ctx, begin) => begin()),
  )
}

/**
 * Calls one attempt middleware. It only observes: the attempt begins although it throws or does not call next().
 * @param {Middleware} layer
 * @param {unknown} ctx
 * @param {() => Promise<any>} go
 * @param {(problem: string, thrown?: unknown) => void} warn
 */
async function observe(layer, ctx, go, warn) {
  /** @type {Promise<any> | undefined} */
  let going
  const next = once(layer, 'attempt', () => {
    going ??= go()
    return going
  })
  try {
    await layer.attempt?.(ctx, next)
    if (going === undefined) warn(`${nameOf(layer, 'attempt')}: expected it to call next(), it did not; the attempt begins without it`)
  } catch (thrown) {
    warn(`${nameOf(layer, 'attempt')} threw ${headline(thrown)}`, thrown)
  }
  going ??= go()
  return going
}
