/**
 * EramJS: the public contract, written by hand and documented where each type is declared. Tests
 * hold it against the code.
 *
 * Defining jobs
 * - types/job.d.ts          EramJob: register, enqueue, perform, hooks, listeners
 * - types/define-job.d.ts   defineJob: FunctionJob, DefineJobOptions
 * - types/job-options.d.ts  RegisterOptions, JobOptions, Backoff, UniqueOptions, TransactionOptions
 * - types/context.d.ts      JobContext, AnyJobClass, ArgsOf, ResultOf
 * - types/outcomes.d.ts     CancelJob, DiscardJob, SnoozeJob, RetryJob
 *
 * Enqueueing
 * - types/enqueue.d.ts      EnqueueOptions, EnqueueTarget, JobDraft, EnqueuedJob
 * - types/transaction.d.ts  TransactionLike, and Register for the type of your own
 *
 * The engine
 * - types/engine.d.ts       EramEngine
 * - types/engine-queues.d.ts  EngineQueues: its methods for queues, WaitOptions
 * - types/start.d.ts        StartOptions, and the options of the built-in plugins
 * - types/setup.d.ts        Setup, SetupInfo, CreateJob
 * - types/queue.d.ts        QueueOptions, QueueDefaults, QueueStatus, QueueInfo, QueueBacklog
 * - types/driver.d.ts       Driver, CustomDriver
 * - types/adapter.d.ts      DriverAdapter, ok, err
 * - types/cron.d.ts         CronEntry, and engine.cron: Crons, CronRow
 * - types/plugin.d.ts       Plugin, PluginClass, PluginContext
 * - types/schema.d.ts       MigrateOptions, EnvironmentOptions, and their results
 *
 * Observing
 * - types/jobs.d.ts         engine.jobs: Jobs, JobFilter, JobChanges
 * - types/job-row.d.ts      JobRow, EndedJob, JobProgress, JobErrorEntry, JobAttempt
 * - types/events.d.ts       EngineEvents, EventJob, BriefEvent, FinishedJob
 * - types/logger.d.ts       LogOptions, LogRecord, ForeignLogger
 * - types/messages.d.ts     MessageScope, MessageInfo
 * - types/status.d.ts       EngineStatus, NodeInfo, Leader
 * - types/health.d.ts       EngineHealth, HealthOptions, HealthChecks
 * - types/metrics.d.ts      EngineMetrics, Histogram
 *
 * Errors and values
 * - types/errors.d.ts       EramError, EramErrorCode
 * - types/values.d.ts       JobState, Duration, JsonObject, Jsonable
 *
 * Keys of options, members of jobs and columns are snake_case; methods are camelCase. Unknown keys
 * of options are rejected at runtime too, with a suggestion.
 *
 * types/package.json makes the files of types/ CommonJS, which both module systems can import. So
 * `import` (index.d.ts) and `require` (index.d.cts, a generated copy) share one set of types: a
 * class is the same in both, and what you add with `declare module 'eramjs'` holds for both.
 *
 * @packageDocumentation
 */
export * from './types/adapter.js'
export * from './types/context.js'
export * from './types/cron.js'
export * from './types/define-job.js'
export * from './types/driver.js'
export * from './types/engine.js'
export * from './types/engine-queues.js'
export * from './types/enqueue.js'
export * from './types/errors.js'
export * from './types/events.js'
export * from './types/health.js'
export * from './types/job.js'
export * from './types/job-options.js'
export * from './types/job-row.js'
export * from './types/jobs.js'
export * from './types/logger.js'
export * from './types/messages.js'
export * from './types/metrics.js'
export * from './types/outcomes.js'
export * from './types/plugin.js'
export * from './types/queue.js'
export * from './types/schema.js'
export * from './types/setup.js'
export * from './types/start.js'
export * from './types/status.js'
export * from './types/transaction.js'
export * from './types/values.js'
