// The health of an engine: what probes and monitors ask for.

/** Options of {@link EramEngine.health}. */
export interface HealthOptions {
  /** Whether to ask the database for an answer, which takes at most 2 s. @default false */
  deep?: boolean | undefined
}

/** The health of an engine, returned by {@link EramEngine.health}. */
export interface EngineHealth {
  /** `'down'`: not live, or not ready. `'degraded'`: works, and a check asks for attention. */
  status: 'ok' | 'degraded' | 'down'
  /**
   * Whether the engine's tasks run; if not, restart the process. Never depends on the database: an
   * outage would restart every process.
   */
  live: boolean
  /** Whether it can do its work: started, not stopping, with a database, and with threads. */
  ready: boolean
  /** By name. */
  checks: HealthChecks
}

/** One check; details differ. */
export interface HealthCheck {
  ok: boolean
  /** What is wrong. */
  message?: string
  [detail: string]: unknown
}

/** The checks by name. An engine that has stopped has `engine` alone. */
export interface HealthChecks {
  /** Whether it has started and is not stopping. Decides readiness. */
  engine: HealthCheck
  /** Whether its tasks run. Decides liveness. */
  tasks?: HealthCheck
  /** Whether the database belongs to its environment. Decides readiness. */
  environment?: HealthCheck
  /**
   * Whether the database has answered within four heartbeat intervals (20 s); where the engine only
   * enqueues, whether its last statement found the database; while it sleeps, whether the connection
   * that listens is there. `age_ms`: since the last answer. Decides
   * readiness.
   */
  database?: HealthCheck & { age_ms: number }
  /**
   * Whether each queue that needs threads has one that runs, and how many of them do. Decides
   * readiness. Only in the thread that started the engine.
   */
  queues?: HealthCheck & { threads: { [queue: string]: { running: number; expected: number } } }
  /** Whether all threads run. */
  threads?: HealthCheck
  /** Whether notifications arrive, where the engine listens; if not, queues are polled. */
  listening?: HealthCheck
  /** Whether no warning lasts; see `warning` of `EngineEvents`. */
  warnings?: HealthCheck & { raised: { warning: string; subject: string }[] }
  /** With `deep`: whether the database answered now, and within how many milliseconds. Decides readiness. */
  probe?: HealthCheck & { ms: number }
}
