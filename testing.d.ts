/**
 * eramjs/testing: what tests of an application assert about its jobs, and run of them, on a real database. For jest, vitest, mocha
 * and node:test.
 *
 * @packageDocumentation
 */
import type {
  Backoff,
  CreateJob,
  DrainResult,
  Duration,
  EramEngine,
  JobErrorEntry,
  JobRow,
  JobState,
  JsonObject,
  LogLevel,
  StartOptions,
} from './index.js'

/**
 * `manual`: enqueues insert, nothing runs. `inline`: an enqueue performs its job in the call and stores nothing. `live`: queues run;
 * plugins only with the clock.
 */
export type TestingMode = 'manual' | 'inline' | 'live'

type Disposal = SymbolConstructor extends { readonly dispose: infer Dispose extends symbol } ? { [Key in Dispose]: () => void } : {}
type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { [Key in Dispose]: () => Promise<void> }
  : {}

/** A class with a perform method. */
type JobClass = new (...args: any[]) => { perform(args: any, ...rest: any[]): unknown }
type ArgsOf<C> = C extends new (...args: any[]) => { perform(args: infer Args, ...rest: any[]): unknown } ? Args : any

/**
 * A value, or part of an object; or in its place a matcher of a test runner, a RegExp for a text, or a function that says whether a
 * value is right. `undefined`: the member must be absent.
 */
export type Matching<T> =
  | (T extends readonly (infer Item)[] ? readonly Matching<Item>[] : T extends object ? { readonly [K in keyof T]?: Matching<T[K]> } : T)
  | RegExp
  | { asymmetricMatch(value: unknown): boolean }
  | ((value: any) => boolean)
  | undefined

/** The job that an assertion expects; members that are left out may be anything. */
export interface Expected<C = any> {
  worker?: C | string
  queue?: string
  args?: Matching<ArgsOf<C>>
  meta?: Matching<Record<string, unknown>>
  tags?: readonly string[]
  priority?: number
  /** @default available, scheduled or suspended */
  state?: JobState | readonly JobState[]
  scheduled_at?: Date
  /** Counted from `inserted_at`; a bare number is in milliseconds. */
  scheduled_in?: Duration
  /** How far `scheduled_at` may be off. @default 1 second */
  within?: Duration
  /** Exactly so many jobs. @default at least one */
  count?: number
}

/** Where to look: an active {@link fake}, else the transaction that an enqueue would join, else the engine. */
export interface Place {
  tx?: unknown
  engine?: EramEngine | string
  prefix?: string
}

export interface AssertOptions extends Place {
  /** How long to try again; a bare number is in milliseconds. @default 0 */
  wait?: Duration
}

/**
 * Fails unless a job is enqueued as expected; resolves to the newest such job. With a function, only the jobs count that it adds.
 *
 * @example
 * await assertEnqueued(EmailUserJob, { to: 'a@b.c' })
 * await assertEnqueued({ worker: EmailUserJob, count: 2 }, () => signUp(users))
 */
export function assertEnqueued<C extends JobClass>(
  worker: C,
  args?: Matching<ArgsOf<C>>,
  options?: AssertOptions,
): Promise<JobRow<ArgsOf<C>>>
export function assertEnqueued<C extends JobClass>(worker: C, block: () => unknown, options?: AssertOptions): Promise<JobRow<ArgsOf<C>>>
export function assertEnqueued<C>(expected: Expected<C>, options?: AssertOptions): Promise<JobRow<ArgsOf<C>>>
export function assertEnqueued<C>(expected: Expected<C>, block: () => unknown, options?: AssertOptions): Promise<JobRow<ArgsOf<C>>>

/** Fails if such a job is enqueued. */
export function refuteEnqueued<C extends JobClass>(worker: C, args?: Matching<ArgsOf<C>>, options?: AssertOptions): Promise<void>
export function refuteEnqueued<C extends JobClass>(worker: C, block: () => unknown, options?: AssertOptions): Promise<void>
export function refuteEnqueued<C>(expected: Expected<C>, options?: AssertOptions): Promise<void>
export function refuteEnqueued<C>(expected: Expected<C>, block: () => unknown, options?: AssertOptions): Promise<void>

/** All such jobs, oldest first; without arguments all that wait. */
export function allEnqueued<C extends JobClass>(worker: C, args?: Matching<ArgsOf<C>>, options?: Place): Promise<JobRow<ArgsOf<C>>[]>
export function allEnqueued<C>(expected?: Expected<C>, options?: Place): Promise<JobRow<ArgsOf<C>>[]>

export interface DrainOptions extends Place {
  queue?: string | readonly string[]
  /** Only jobs of these classes. */
  only?: readonly JobClass[]
  /** Also jobs that are not due, or due until then; failed ones again, until they are out of attempts. @default false */
  with_scheduled?: boolean | Date
  /** Also jobs that are enqueued meanwhile. @default true */
  with_recursion?: boolean
  /** The most attempts; more are `ERAM_TIMEOUT`. @default 10000 */
  limit?: number
  /** Whether the error of a failed job is thrown, after it was recorded. @default false */
  throws?: boolean
}

/** Attempts by how they ended, and the jobs. */
export interface DrainedJobs extends DrainResult {
  jobs: JobRow[]
}

/**
 * Runs every job that can run, one at a time by priority, due time and id, in the calling thread. In a transaction all of it happens
 * inside; an SQL error of a job does not end the transaction. An engine in mode `live` runs them itself, in its queues; of the options
 * it takes `queue` and `with_scheduled: true`, and counts and jobs are those of all jobs of the queues that were attempted.
 */
export function drain(options?: DrainOptions): Promise<DrainedJobs>

/**
 * Resolves to a job once it is in a state; `'final'`: completed, cancelled or discarded. After `timeout`, `ERAM_TIMEOUT`.
 */
export function waitFor(
  job: number | { id: number } | Expected | JobClass,
  state?: JobState | 'final',
  options?: Place & {
    /** A bare number is in milliseconds. @default 5 seconds */
    timeout?: Duration
  },
): Promise<JobRow>

/** Runs `fn`, and jobs that it enqueues in this mode; `off` and `manual` insert them. Scopes nest. */
export function withTestingMode<T>(mode: 'manual' | 'inline' | 'off', fn: () => T): T

/** What a stored result is: what JSON makes of it, and null for none. */
type Stored<R> = unknown extends R ? R : R extends object | string | number | boolean ? R : null
type ResultOf<C> = C extends new (...args: any[]) => { perform(...args: any[]): infer R } ? Stored<Awaited<R>> : any

/** A job that was enqueued and not inserted. */
export interface RecordedJob<Args = any> extends JobRow<Args> {
  /** The transaction that it was enqueued in, or null. */
  tx: unknown
}

export interface PerformOptions {
  /** Number of the attempt, from 1. @default 1 */
  attempt?: number
  max_attempts?: number
  meta?: JsonObject
  tags?: readonly string[]
  priority?: number
  queue?: string
  /** @default a number */
  id?: number
  /** The error entries of earlier attempts. @default [] */
  errors?: readonly JobErrorEntry[]
  /** @default now */
  scheduled_at?: Date
  /** Milliseconds, or a duration. @default that of the class */
  timeout?: Duration | false
  backoff?: Backoff
  /** What `ctx.tx` is, for jobs with `transaction: true` and `ctx.transaction()`: a transaction, or what stands for one. */
  tx?: unknown
  /** Makes the instance. @default `resolve` of `setup`, else that of the running engine, else `new Class()` */
  resolve?: CreateJob
  /** Setup files, which are started before the attempt and stopped after it. */
  setup?: StartOptions['setup']
  /** A running engine, whose setup and driver the job gets. @default the only one, or the one named "default" */
  engine?: EramEngine | string
  /** Aborts the attempt, as a cancel does; with the reason `'timeout'` or `'shutdown'` as those do. */
  signal?: AbortSignal
  /** Whether the promise rejects with what the job threw. @default true */
  throws?: boolean
  /** Whether jobs that it enqueues are recorded, or enqueued as elsewhere. @default 'record' */
  enqueue?: 'record' | 'real'
}

/** What became of an attempt. */
export interface Performed<Result = any> {
  state: 'completed' | 'retryable' | 'discarded' | 'cancelled' | 'snoozed' | 'released'
  /** As it would be stored: what JSON makes of it, null for none. */
  result: Result | null
  /** What the job threw, with `throws: false`. */
  error: unknown
  /** That of a cancel, a discard or a requested retry. */
  reason?: string
  /** Seconds to the next attempt, without the random part of a backoff; null if there is none. */
  delay: number | null
  /** Calls of `ctx.log`. */
  logs: { level: LogLevel; message: string; fields?: Record<string, unknown> }[]
  /** What an engine would report as `job:warning`. */
  warnings: string[]
  /** Jobs that it enqueued, with `enqueue: 'record'`. */
  enqueued: RecordedJob[]
  duration_ms: number
}

/**
 * Performs one attempt of a job in the calling thread, without a database and without the native addon: args and result go through
 * JSON, and `backoff`, the after… methods, `ctx` and outcomes are as in production. Rejects with what the job throws. A result that
 * cannot be stored is `ERAM_JOB`.
 *
 * @example
 * const { result, enqueued } = await performJob(EmailUserJob, { to: 'a@b.c' })
 * const { state, delay } = await performJob(EmailUserJob, { to: 'nowhere' }, { attempt: 3, throws: false })
 */
export function performJob<C extends JobClass>(
  worker: C,
  ...rest: {} extends ArgsOf<C> ? [args?: ArgsOf<C>, options?: PerformOptions] : [args: ArgsOf<C>, options?: PerformOptions]
): Promise<Performed<ResultOf<C>>>

export interface FakePerformOptions extends Omit<DrainOptions, keyof Place> {
  /** What `ctx.tx` is. @default the transaction that the job was enqueued in */
  tx?: unknown
  resolve?: CreateJob
  setup?: StartOptions['setup']
}

/**
 * Records what is enqueued. The assertions of this module look there, too, while it is active. `using jobs = fake()` ends it at the
 * end of the block, where the runtime has `Symbol.dispose`.
 */
export interface Fake extends Disposal {
  /** What was enqueued, oldest first. */
  readonly jobs: RecordedJob[]
  assertEnqueued: typeof assertEnqueued
  refuteEnqueued: typeof refuteEnqueued
  allEnqueued: typeof allEnqueued
  /** The next enqueue of this class resolves to a job with these members and `conflict: true`, and is not recorded. */
  conflict<C extends JobClass>(worker: C, job?: Partial<JobRow<ArgsOf<C>>>): void
  /** Performs what was recorded and can run, and what that enqueues, as {@link drain} does. */
  perform(options?: FakePerformOptions): Promise<DrainResult & { jobs: RecordedJob[] }>
  /** Forgets what was recorded. */
  clear(): void
  /** Runs `fn`, whose enqueues are recorded here whatever holds around it. */
  run<T>(fn: () => T): T
  /** Ends it: enqueues insert again. */
  restore(): void
}

/**
 * From now on, enqueues are recorded in place of being inserted: no database is needed, and any object passes as `tx`. Enqueues
 * within {@link withTestingMode} `'off'`, and those of `eramjs/enqueue`, are not. Unique jobs are recorded each time.
 *
 * @example
 * const jobs = fake()
 * await signUp('a@b.c')
 * await jobs.assertEnqueued(EmailUserJob, { to: 'a@b.c' })
 * jobs.restore()
 */
export function fake(options?: {
  /** Whether options and `tx` are checked as an engine checks them, by the native addon. @default false */
  strict?: boolean
}): Fake

/** The clock of a test schema. It follows the server's until it is moved. */
export interface Clock {
  now(): Promise<Date>
  /** Moves on from one due moment to the next; a bare number is in milliseconds. Returns how many jobs became due, and ticks. */
  advance(duration: Duration): Promise<{ staged: number; ticks: number }>
  set(at: Date): Promise<{ staged: number; ticks: number }>
  /** Back to the time of the server; jobs keep their times. */
  reset(): Promise<void>
}

export interface TestEngineOptions extends StartOptions {
  /** @default 'manual' */
  mode?: TestingMode
  /** Whether the schema gets a clock. @default true */
  clock?: boolean
  /** @default a new schema, dropped when the engine stops */
  prefix?: string
  /** Keeps the schema of `withTestEngine` when its function fails. */
  keep?: 'on-failure'
}

/**
 * An engine in a schema of its own. `await using t = await startTestEngine()` stops it at the end of the block, where the runtime has
 * `Symbol.asyncDispose`.
 */
export interface TestEngine extends AsyncDisposal {
  readonly engine: EramEngine
  readonly prefix: string
  readonly clock: Clock
  /** Deletes all jobs, and takes the clock back. */
  reset(): Promise<void>
  /** Keeps the schema when the engine stops. */
  keep(): void
  stop(): Promise<void>
}

/** Migrates a new schema and starts an engine on it. */
export function startTestEngine(options?: TestEngineOptions): Promise<TestEngine>

/** Runs `fn` with a test engine, which is stopped afterwards. */
export function withTestEngine<T>(options: TestEngineOptions, fn: (test: TestEngine) => T | Promise<T>): Promise<T>

/**
 * Fails if something is left: an engine that runs, with where it was started, a job thread of an engine that was stopped, a scope of
 * `withTransaction()` that is open, an enqueue that was not awaited.
 */
export function assertNoLeaks(): Promise<void>

/**
 * Matchers for `expect` of jest and vitest: `expect.extend(matchers)`. `import 'eramjs/testing/jest'` or `'eramjs/testing/vitest'` does
 * that, and declares their types.
 */
export const matchers: {
  [M in keyof JobMatchers]: (received: unknown, ...args: any[]) => Promise<{ pass: boolean; message: () => string }>
}

/** What the matchers add to `expect`. Each is to be awaited. */
export interface JobMatchers<R = unknown> {
  /** Of a test engine, an engine, a fake, what `performJob` gave, or a transaction. */
  toHaveEnqueued<C extends JobClass>(worker: C, args?: Matching<ArgsOf<C>>): Promise<R>
  toHaveEnqueued<C>(expected: Expected<C>): Promise<R>
  /** Of a job, which is looked up again, or of what `performJob` gave; so are the others. */
  toHaveCompleted(): Promise<R>
  toBeDiscarded(expected?: { reason?: Matching<string> }): Promise<R>
  toBeCancelled(expected?: { reason?: Matching<string> }): Promise<R>
  /** `delay`: seconds to the next attempt. */
  toBeRetried(expected?: { delay?: Matching<number>; reason?: Matching<string> }): Promise<R>
  toBeSnoozed(expected?: { delay?: Matching<number> }): Promise<R>
}

/**
 * Starts a test engine before the tests of a file, resets it after each and stops it after all. Finds the hooks of jest, mocha,
 * node:test, and of vitest with `globals: true`. A test fails that leaves an enqueue or a scope of `withTransaction()` behind, and a file
 * that leaves an engine or a job thread.
 */
export function useTestEngine(
  options?: TestEngineOptions,
  hooks?: Partial<Record<'before' | 'beforeAll' | 'after' | 'afterAll' | 'afterEach', (fn: () => Promise<void>) => unknown>>,
): TestEngine
