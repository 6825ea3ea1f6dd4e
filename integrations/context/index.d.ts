// eramjs/context: what an AsyncLocalStorage holds, from an enqueue to the job.
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { JsonObject, Middleware } from 'eramjs'

/** Options of {@link contextMiddleware}. */
export interface ContextOptions<Store, Values extends JsonObject = JsonObject> {
  /** The member of `meta.context` of the job. @default 'request' */
  key?: string | undefined
  /** What the job is to get, up to 2 KiB of JSON; undefined for nothing. */
  capture: (store: Store) => Values | undefined
  /** Makes the store of the attempt. */
  restore: (values: Values) => Store
}

/**
 * Middleware that carries what the storage holds where a job is enqueued to where it runs: each attempt
 * runs with what `restore` makes of it. Jobs that a job enqueues get it in turn.
 *
 * Give it to the program that enqueues with `EramEngine.use`, and to what performs in a setup file; a
 * setup file does both.
 *
 * @example
 * const requests = new AsyncLocalStorage<{ id: string }>()
 * const { enqueue, attempt } = contextMiddleware(requests, {
 *   capture: ({ id }) => ({ id }),
 *   restore: ({ id }) => ({ id }),
 * })
 * export default { enqueue, attempt } satisfies Setup
 *
 * @throws {EramError} `ERAM_CONFIG` for anything but a storage and these options. An enqueue rejects
 * with `ERAM_JOB` for what JSON cannot represent, or more than 2 KiB.
 */
export declare function contextMiddleware<Store, Values extends JsonObject = JsonObject>(
  storage: AsyncLocalStorage<Store>,
  options: ContextOptions<Store, Values>,
): Required<Pick<Middleware, 'enqueue' | 'attempt' | 'name'>>
