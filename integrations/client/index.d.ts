// eramjs/client: calls the HTTP API of eramjs/web. The methods follow from the table of operations;
// `UPDATE_DOCS=1 node --test __test__/web/client.test.js` and `npm run format` write them.
import type {
  Attention,
  AuditRow,
  BulkChunk,
  BulkPreview,
  CpuProfile,
  CronChanges,
  CronDetails,
  CronEntry,
  CronRow,
  Duration,
  EngineHealth,
  EngineMetrics,
  EngineStatus,
  EnqueuedJob,
  History,
  HistoryFilter,
  JobAttempt,
  JobChanges,
  JobCounts,
  JobFailures,
  JobFilter,
  JobRow,
  JobSearchResult,
  JobSuggestions,
  JobWhy,
  JsonObject,
  Leader,
  NodeInfo,
  ProfiledJob,
  QueueBacklog,
  QueueInfo,
  TouchedJob,
  UniqueOptions,
} from 'eramjs'

/** A value as it is sent: Dates are texts in ISO 8601. */
export type Sent<T> = 0 extends 1 & T
  ? T
  : T extends Date
    ? string
    : T extends (...args: any[]) => any
      ? never
      : T extends { toJSON(): infer J }
        ? J
        : T extends readonly (infer U)[]
          ? Sent<U>[]
          : T extends object
            ? { [Key in keyof T]: Sent<T[Key]> }
            : T

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** Where `eramjs/web` is mounted, such as `'https://ops.example.com/eram'`. */
  url: string | URL
  /** Of each request, such as `authorization`; or a function that returns them. @default {} */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>) | undefined
  /** @default globalThis.fetch */
  fetch?: ((url: string, init: any) => Promise<Response>) | undefined
  /** Parses answers. One that keeps large numbers exact replaces it. @default JSON.parse */
  parse?: ((text: string) => any) | undefined
}

/** Of one call. */
export interface CallOptions {
  /** Gives up when it is aborted. */
  signal?: AbortSignal | undefined
}

/** An answer that is an error. */
export declare class ApiError extends Error {
  /** Such as `'FORBIDDEN'` or `'ERAM_NOT_FOUND'`: see docs/guides/api.md. */
  readonly code: string
  readonly status: number
  /** The option that is wrong. */
  readonly field: string | undefined
  /** The permission that is missing. */
  readonly permission: string | undefined
  /** Of a job that has changed since it was read, `'ERAM_CHANGED'`: its state. */
  readonly state: string | undefined
  constructor(
    status: number,
    error: {
      code?: string | undefined
      message?: string | undefined
      field?: string | undefined
      permission?: string | undefined
      state?: string | undefined
      hint?: string | undefined
    },
  )
}

/** What can be asked of an engine, each with one object of options. */
export interface Client {
  /** Stops nodes from fetching jobs of a queue; running jobs go on. */
  pause(options: { queue: string; node?: string | undefined; force?: boolean | undefined }, call?: CallOptions): Promise<void>
  /** Ends the pause of a queue. */
  resume(options: { queue: string; node?: string | undefined; force?: boolean | undefined }, call?: CallOptions): Promise<void>
  /** Sets how many jobs of a queue a node runs at once. */
  scale(
    options: { queue: string; node?: string | undefined; force?: boolean | undefined; limit: number },
    call?: CallOptions,
  ): Promise<void>
  /** Removes what pause, resume and scale have set for a queue. */
  resetQueue(options: { queue: string; node?: string | undefined; force?: boolean | undefined }, call?: CallOptions): Promise<void>
  /** Stops serving a queue, until the engine starts again. */
  stopQueue(
    options: { queue: string; node?: string | undefined; grace?: Duration | undefined },
    call?: CallOptions,
  ): Promise<Sent<{ released: number[] }>>
  /** Deletes the waiting jobs of a queue, or cancels them. */
  purge(options: { queue: string; cancel?: boolean | undefined }, call?: CallOptions): Promise<Sent<{ purged: number; refused: number }>>
  /** Shows the queues: their jobs by state, and the nodes that serve them. */
  queues(options?: {}, call?: CallOptions): Promise<{ queues: Sent<QueueInfo[]> }>
  /** Shows how much work waits in each queue, and who serves it. */
  backlog(options?: {}, call?: CallOptions): Promise<{ queues: Sent<QueueBacklog[]> }>
  /** Shows the nodes that serve queues. */
  nodes(options?: {}, call?: CallOptions): Promise<{ nodes: Sent<NodeInfo[]> }>
  /** Shows the leader of the engines of a name, or null while there is none. */
  leader(options?: { name?: string | undefined }, call?: CallOptions): Promise<Sent<Leader | null>>
  /** Makes the leader step down, on any node. */
  resignLeader(options?: { name?: string | undefined }, call?: CallOptions): Promise<Sent<Omit<Leader, 'me'> | null>>
  /** Shows the state of this engine: its queues, its connections, whether it leads. */
  status(options?: {}, call?: CallOptions): Promise<Sent<EngineStatus>>
  /** Checks whether the engine works: whether it is live, and whether it is ready. */
  health(options?: { deep?: boolean | undefined }, call?: CallOptions): Promise<Sent<EngineHealth>>
  /** Shows what this process has counted since the engine started: attempts, their durations, the work of the engine. */
  metrics(options?: { histograms?: boolean | undefined }, call?: CallOptions): Promise<Sent<EngineMetrics>>
  /** Shows counts, durations or waiting jobs of the whole cluster by time. */
  history(
    options: {
      metric: string
      group?: string | undefined
      agg?: string | undefined
      window?: Duration | { from: Date | string; until: Date | string } | undefined
      step?: number | undefined
      filter?: HistoryFilter | undefined
      top?: number | undefined
    },
    call?: CallOptions,
  ): Promise<Sent<History>>
  /** Shows what needs the attention of an operator. */
  attention(options?: {}, call?: CallOptions): Promise<Sent<Attention>>
  /** Shows how many jobs there are, by state and by queue. */
  counts(options?: {}, call?: CallOptions): Promise<Sent<JobCounts>>
  jobs: {
    /** Waits until a job has ended or is in a state, on any node, and shows it. */
    wait(options: { id: number; state?: string | undefined; timeout?: Duration | undefined }, call?: CallOptions): Promise<Sent<JobRow>>
    /** Shows a job, or null if it does not exist. */
    find(options: { id: number; attempts?: boolean | undefined }, call?: CallOptions): Promise<Sent<JobRow & { attempts?: JobAttempt[] }>>
    /** Lists the attempts of a job, oldest first, or null if it does not exist. */
    attempts(options: { id: number }, call?: CallOptions): Promise<{ attempts: Sent<JobAttempt[]> }>
    /** Has the next attempt of a job profiled. */
    profile(options: { id: number }, call?: CallOptions): Promise<Sent<ProfiledJob>>
    /** Gives the CPU profile of an attempt, as V8 writes it, or null if none was taken. */
    cpuProfile(options: { id: number; attempt: number }, call?: CallOptions): Promise<Sent<CpuProfile>>
    /** Lists jobs, newest first. */
    list(
      options?: {
        id?: number | readonly number[] | undefined
        state?: string | readonly string[] | undefined
        queue?: string | readonly string[] | undefined
        worker?: string | readonly string[] | undefined
        tags?: string | readonly string[] | undefined
        args?: JsonObject | undefined
        meta?: JsonObject | undefined
        inserted_from?: Date | string | undefined
        inserted_until?: Date | string | undefined
        scheduled_from?: Date | string | undefined
        scheduled_until?: Date | string | undefined
        fingerprint?: string | undefined
        limit?: number | undefined
        before?: number | undefined
      },
      call?: CallOptions,
    ): Promise<{ jobs: Sent<JobRow[]>; next: number | null }>
    /** Searches jobs by a text, newest first, or oldest first with `after`. */
    search(
      options: {
        text: string
        limit?: number | undefined
        before?: number | undefined
        after?: number | undefined
        timezone?: string | undefined
        columns?: string | readonly string[] | undefined
      },
      call?: CallOptions,
    ): Promise<Sent<JobSearchResult>>
    /** Enqueues a job of a class by its name. */
    enqueue(
      options: {
        worker: string
        args?: JsonObject | undefined
        queue?: string | undefined
        priority?: number | undefined
        max_attempts?: number | undefined
        tags?: string | readonly string[] | undefined
        meta?: JsonObject | undefined
        timeout?: Duration | undefined
        schedule_in?: Duration | undefined
        scheduled_at?: Date | string | undefined
        unique?: boolean | UniqueOptions | undefined
        state?: string | undefined
      },
      call?: CallOptions,
    ): Promise<Sent<EnqueuedJob>>
    /** Cancels jobs that are not final. */
    cancel(
      options: { which: number | readonly number[] | JobFilter; reason?: string | undefined },
      call?: CallOptions,
    ): Promise<{ jobs: Sent<TouchedJob[]> }>
    /** Makes jobs available again, with one more attempt if none is left. */
    retry(options: { which: number | readonly number[] | JobFilter }, call?: CallOptions): Promise<{ jobs: Sent<TouchedJob[]> }>
    /** Deletes jobs. */
    delete(options: { which: number | readonly number[] | JobFilter }, call?: CallOptions): Promise<{ jobs: Sent<TouchedJob[]> }>
    /** Changes waiting jobs. */
    update(
      options: { which: number | readonly number[] | JobFilter; changes: JobChanges; revision?: string | undefined },
      call?: CallOptions,
    ): Promise<{ jobs: Sent<TouchedJob[]> }>
    /** Explains why a job does not run, or how it runs, or how it ended; null if it does not exist. */
    why(options: { id: number }, call?: CallOptions): Promise<Sent<JobWhy>>
    /** Groups the jobs that fail alike: those of a class whose errors have the same first line, but for ids, numbers and quoted texts. */
    failures(
      options?: {
        window?: Duration | { from: Date | string; until: Date | string } | undefined
        queue?: string | undefined
        worker?: string | undefined
        limit?: number | undefined
      },
      call?: CallOptions,
    ): Promise<Sent<JobFailures>>
    /** Suggests how a search may go on at the caret: qualifiers, names, and paths and values of args and meta. */
    suggest(options: { text: string; caret?: number | undefined }, call?: CallOptions): Promise<Sent<JobSuggestions>>
    /** Shows on how many jobs of a search an action would act. */
    preview(options: { action: string; text: string }, call?: CallOptions): Promise<Sent<BulkPreview>>
    /** Acts on the next jobs that a search means. */
    bulk(
      options: {
        action: string
        text: string
        max_id: number
        after?: number | undefined
        limit?: number | undefined
        reason?: string | undefined
        changes?: JobChanges | undefined
      },
      call?: CallOptions,
    ): Promise<Sent<BulkChunk>>
  }
  cron: {
    /** Lists all entries, by name. */
    list(options?: {}, call?: CallOptions): Promise<{ crons: Sent<CronRow[]> }>
    /** Shows an entry with its next five ticks and its newest 60 jobs, or null if it does not exist. */
    find(options: { name: string }, call?: CallOptions): Promise<Sent<CronDetails>>
    /** Adds an entry. */
    insert(options: { entry: CronEntry }, call?: CallOptions): Promise<Sent<CronRow>>
    /** Adds an entry, or replaces the one of that name. */
    upsert(options: { entry: CronEntry }, call?: CallOptions): Promise<Sent<CronRow>>
    /** Changes members of an entry; null removes an option. */
    update(options: { name: string; changes: CronChanges }, call?: CallOptions): Promise<Sent<CronRow>>
    /** Stops the ticks of an entry until it is resumed. */
    pause(options: { name: string }, call?: CallOptions): Promise<Sent<CronRow>>
    /** Ends the pause of an entry. */
    resume(options: { name: string }, call?: CallOptions): Promise<Sent<CronRow>>
    /** Deletes an entry. */
    delete(options: { name: string }, call?: CallOptions): Promise<void>
    /** Makes a job of an entry now, also if it is paused. */
    run(options: { name: string }, call?: CallOptions): Promise<Sent<EnqueuedJob>>
    /** Shows the next times of a cron expression. */
    next(
      options: { expression: string; timezone?: string | undefined; count?: number | undefined; after?: Date | string | undefined },
      call?: CallOptions,
    ): Promise<{ times: Sent<Date[]> }>
  }
  audit: {
    /** Lists the changes that were asked for over HTTP, newest first. */
    list(
      options?: {
        user?: string | undefined
        operation?: string | readonly string[] | undefined
        target?: string | undefined
        result?: string | readonly string[] | undefined
        from?: Date | string | undefined
        until?: Date | string | undefined
        limit?: number | undefined
        before?: number | undefined
      },
      call?: CallOptions,
    ): Promise<{ audit: Sent<AuditRow[]>; next: number | null }>
  }
}

/**
 * Makes a client. Each method rejects with {@link ApiError}, or with the error of `fetch`.
 * @example
 * const client = createClient({ url: 'https://ops.example.com/eram', headers: { authorization: `Bearer ${token}` } })
 * const { jobs } = await client.jobs.list({ state: 'retryable', limit: 10 })
 */
export declare function createClient(options: ClientOptions): Client
