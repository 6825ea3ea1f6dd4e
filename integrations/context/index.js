// eramjs/context: carries what an AsyncLocalStorage holds from where a job is enqueued to where it runs.

import { EramError } from 'eramjs'

/** @import { AsyncLocalStorage } from 'node:async_hooks' */
/** @import { JsonObject, Middleware } from 'eramjs' */

/**
 * @template Store
 * @param {AsyncLocalStorage<Store>} storage
 * @param {{ key?: string | undefined, capture: (store: Store) => JsonObject | undefined, restore: (values: any) => Store }} options
 * @returns {Required<Pick<Middleware, 'enqueue' | 'attempt' | 'name'>>}
 */
export function contextMiddleware(storage, options) {
  const { key = 'request', capture, restore } = options ?? {}
  if (typeof storage?.run !== 'function' || typeof storage.getStore !== 'function') throw wrong('an AsyncLocalStorage first')
  if (typeof key !== 'string' || key === '') throw wrong('a key that is a text')
  if (typeof capture !== 'function' || typeof restore !== 'function') throw wrong('functions capture and restore')
  return {
    name: `context ${key}`,

    async enqueue({ drafts }, next) {
      const store = storage.getStore()
      const values = store === undefined ? undefined : capture(store)
      if (values !== undefined) for (const draft of drafts) draft.context({ [key]: values })
      return next()
    },

    attempt(ctx, next) {
      const values = /** @type {any} */ (ctx.job.meta).context?.[key]
      return values === undefined ? next() : storage.run(restore(values), next)
    },
  }
}

/** @param {string} expected */
function wrong(expected) {
  return new EramError('ERAM_CONFIG', `contextMiddleware: expected ${expected}; contextMiddleware(storage, { key, capture, restore })`)
}
