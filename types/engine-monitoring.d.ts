// What a running engine and its cluster do: metrics, health, status, nodes and the leader.
import type { EngineHealth, HealthOptions } from './health.js'
import type { Attention, JobCounts } from './insight.js'
import type { EngineMetrics, History, HistoryQuery, PrometheusOptions } from './metrics.js'
import type { EngineStatus, Leader, NodeInfo } from './status.js'

/** The methods of {@link EramEngine} that show what it and the cluster do. */
export interface EngineMonitoring {
  /**
   * Returns what this process has counted since the engine started: attempts by queue, class and
   * result, how long they ran and waited, and the work of the engine. It runs no statement. All
   * counts only grow, so two calls give a rate.
   * @example
   *   const { series } = await engine.metrics()
   *   const emails = series.filter(({ queue }) => queue === 'emails')
   *   for (const { worker, success, run } of emails) console.log(worker, success, run.quantile(0.95))
   * @param options.histograms false: histograms have their count, sum and maximum, but no buckets,
   *   so `quantile` returns null below 1. Default: true.
   */
  metrics(options?: { histograms?: boolean | undefined }): Promise<EngineMetrics>
  /**
   * Returns counts, durations or waiting jobs of the whole cluster by time, as a chart shows them,
   * from `eram_metrics`.
   * @example
   *   const { t0, step, series } = await engine.history({ metric: 'executed', group: 'queue', window: '1h' })
   *   for (const { key, points, total } of series) console.log(key, total, points)
   * @throws EramError `ERAM_CONFIG` if the query makes no sense: a quantile of a count, durations by
   *   node of more than two hours ago, more than 1440 points, or an unknown member
   */
  history(options: HistoryQuery): Promise<History>
  /**
   * Returns what {@link EngineMonitoring.metrics} has, and how many jobs wait in the cluster, as a text for
   * Prometheus. `eramjs/http` serves it as `/metrics`. It reads one row at most every 5 s and never
   * counts jobs. Above 20,000 lines, classes are counted together. The metrics are listed in
   * docs/reference/metrics.md.
   * @example
   * const text = await engine.prometheus({ labels: { histograms: ['queue', 'worker'] } })
   * @throws {EramError} `ERAM_CONFIG` for an invalid option
   */
  prometheus(options?: PrometheusOptions): Promise<string>
  /**
   * Returns what needs the attention of an operator: queues that no node serves, that stall or fall
   * behind, classes that fail more than usual, missed ticks, silent nodes and more. It reads what nodes,
   * jobs and metrics show, within limits. The rules are in docs/guides/monitoring.md.
   * @example
   * const { items } = await engine.attention()
   * for (const { severity, text } of items) console.log(severity, text)
   */
  attention(): Promise<Attention>
  /**
   * Returns how many jobs there are, by state and by queue, without counting the table: waiting jobs by
   * their indexes, up to 50,000, and others as the statistics of the table say. Each count says whether
   * it is exact.
   * @example
   * const { states } = await engine.counts()
   * console.log(states.available.jobs, states.completed.exact)
   */
  counts(): Promise<JobCounts>
  /**
   * Lists every engine that serves queues, in any process. The database does not record engines
   * that only enqueue.
   */
  nodes(): Promise<NodeInfo[]>
  /**
   * Returns the leader of the engines of this name on this database, which stages, rescues and
   * prunes jobs for all of them; null while there is none.
   * @param options `name`: of engines with another name
   * @example
   * const leader = await engine.leader()
   * console.log(leader?.node, leader?.since, leader?.me)
   */
  leader(options?: { name?: string }): Promise<Leader | null>
  /**
   * Makes the leader step down, whichever node it is. Another takes over at once, or after some
   * seconds where notifications do not arrive; an engine that is the only one leads again after 8
   * s.
   * @param options `name`: that of the engines of another name
   * @returns the former leader, or null if there was none
   */
  resignLeader(options?: { name?: string }): Promise<Omit<Leader, 'me'> | null>
  /** Returns the state of this engine: its queues, its connections, whether it leads. */
  status(): Promise<EngineStatus>
  /**
   * Checks whether this engine works, without a statement: for liveness and readiness probes. An
   * outage of the database makes an engine not ready, and leaves it live. With `deep`, it also asks the
   * database for an answer. What it finds is in the result; an engine that has stopped is live and
   * down.
   * @example
   * const { live, ready, checks } = await engine.health()
   */
  health(options?: HealthOptions): Promise<EngineHealth>
}
