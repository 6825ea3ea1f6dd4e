/**
 * The entry `eramjs/enqueue`: enqueues jobs without the addon, in plain JavaScript, for web
 * processes, serverless functions, edge runtimes and browsers' workers. The engine that performs
 * them runs elsewhere.
 *
 * - types/producer.d.ts     enqueue, statement, defineJob, ProducerClient
 * - types/enqueue.d.ts      DraftOptions, NamedDraft, EnqueuedJob
 *
 * Drafts, their checks and the errors are those of the engine.
 *
 * @packageDocumentation
 */
export type { ConflictingJob, DraftOptions, EnqueuedJob, InsertedJob, JobDraft, NamedDraft } from './types/enqueue.js'
export type { EramErrorCode } from './types/errors.js'
export { EramError } from './types/errors.js'
export type { Backoff, JobOptions, UniqueOptions } from './types/job-options.js'
export * from './types/producer.js'
export type { Duration, Jsonable, JsonObject } from './types/values.js'
