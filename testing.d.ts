/**
 * eramjs/testing: what tests of an application assert about its jobs, and run of them, on a real database. For jest, vitest, mocha
 * and node:test.
 *
 * @packageDocumentation
 */
import type { DrainResult, Duration, EramEngine, EramJob, JobRow, JobState, StartOptions } from './index.js'

/**
 * `manual`: enqueues insert, nothing runs. `inline`: an enqueue performs its job in the call and stores nothing. `live`: queues run;
 * plugins only with the clock.
 */
export type TestingMode = 'manual' | 'inline' | 'live'

/** A class with a perform method. */
type JobClass = typeof EramJob & (new (...args: any[]) => EramJob<any, any>)
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

/** Where to look: the transaction that an enqueue would join, else the engine. */
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
 * inside; an SQL error of a job does not end the transaction.
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

/** An engine in a schema of its own. */
export interface TestEngine {
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
 * Starts a test engine before the tests of a file, resets it after each and stops it after all. Finds the hooks of jest, mocha,
 * node:test, and of vitest with `globals: true`.
 */
export function useTestEngine(
  options?: TestEngineOptions,
  hooks?: Partial<Record<'before' | 'beforeAll' | 'after' | 'afterAll' | 'afterEach', (fn: () => Promise<void>) => unknown>>,
): TestEngine
