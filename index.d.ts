/**
 * EramJS: the public contract, written by hand and documented where each type is declared. Tests
 * hold it against the code.
 *
 * Defining jobs
 * - types/job.d.ts          EramJob: register, enqueue, perform, hooks, listeners
 * - types/middleware.d.ts   Middleware, and what its functions get
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
 * - types/engine-monitoring.d.ts  EngineMonitoring: its methods that show what it and the cluster do
 * - types/start.d.ts        StartOptions, IdleOptions
 * - types/plugin-options.d.ts  PruneOptions, MetricsOptions and others of the built-in plugins
 * - types/config.d.ts       defineConfig: EramConfig, of the file that the command line reads
 * - types/setup.d.ts        Setup, SetupInfo, CreateJob
 * - types/queue.d.ts        QueueOptions, QueueDefaults, QueueStatus, QueueInfo, QueueBacklog
 * - types/driver.d.ts       Driver, CustomDriver
 * - types/adapter.d.ts      DriverAdapter, ok, err
 * - types/cron.d.ts         CronEntry, and engine.cron: Crons, CronRow
 * - types/plugin.d.ts       Plugin, PluginClass, PluginContext
 * - types/schema.d.ts       MigrateOptions, EnvironmentOptions, and their results
 *
 * Observing
 * - types/jobs.d.ts         engine.jobs: Jobs, JobFilter, JobWaitOptions
 * - types/job-bulk.d.ts     BulkPreview, BulkOptions, BulkChunk
 * - types/job-changes.d.ts  JobChanges, TouchedJob, ActionRefusal
 * - types/job-profile.d.ts  ProfiledJob, CpuProfile
 * - types/job-row.d.ts      JobRow, EndedJob, JobProgress, JobErrorEntry, JobAttempt
 * - types/events.d.ts       EngineEvents, EventJob, BriefEvent, FinishedJob
 * - types/cluster-events.d.ts  ClusterEvent, ClusterEventKind
 * - types/otel.d.ts         OtelOptions
 * - types/error-report.d.ts  OnError, ErrorContext
 * - types/logger.d.ts       LogOptions, LogRecord, ForeignLogger
 * - types/messages.d.ts     MessageScope, MessageInfo
 * - types/audit.d.ts       AuditRow
 * - types/status.d.ts       EngineStatus, RefusedJob, NodeInfo, Leader
 * - types/warnings.d.ts     WarningEvent
 * - types/health.d.ts       EngineHealth, HealthOptions, HealthChecks
 * - types/insight.d.ts     JobWhy, Attention, JobCounts
 * - types/metrics.d.ts      EngineMetrics, Histogram, HistoryQuery, History, PrometheusOptions
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
export * from './types/audit.js'
export * from './types/cluster-events.js'
export * from './types/config.js'
export * from './types/context.js'
export * from './types/cron.js'
export * from './types/define-job.js'
export * from './types/driver.js'
export * from './types/engine.js'
export * from './types/engine-monitoring.js'
export * from './types/engine-queues.js'
export * from './types/enqueue.js'
export * from './types/error-report.js'
export * from './types/errors.js'
export * from './types/events.js'
export * from './types/health.js'
export * from './types/insight.js'
export * from './types/job.js'
export * from './types/job-bulk.js'
export * from './types/job-changes.js'
export * from './types/job-options.js'
export * from './types/job-profile.js'
export * from './types/job-row.js'
export * from './types/jobs.js'
export * from './types/logger.js'
export * from './types/messages.js'
export * from './types/metrics.js'
export * from './types/middleware.js'
export * from './types/otel.js'
export * from './types/outcomes.js'
export * from './types/plugin.js'
export * from './types/plugin-options.js'
export * from './types/queue.js'
export * from './types/schema.js'
export * from './types/setup.js'
export * from './types/start.js'
export * from './types/status.js'
export * from './types/transaction.js'
export * from './types/values.js'
export * from './types/warnings.js'
