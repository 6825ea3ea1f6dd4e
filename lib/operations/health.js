// Makes checks of what an engine and its threads report, and decides whether it is live and ready.

/** @import { EngineHealth, HealthCheck, HealthChecks, ThreadStatus } from '../../index.js' */
/** @import { EngineHost } from './operation.js' */

/**
 * What the engine reports.
 * @typedef {object} Facts
 * @property {boolean} opened
 * @property {boolean} stopping
 * @property {string[]} ended_tasks
 * @property {string | null} queues_disabled
 * @property {{ ok: boolean, age_ms: number }} database
 * @property {boolean | null} listening
 * @property {{ warning: string, subject: string }[]} warnings
 * @property {string[]} queues
 */

/** The checks that decide whether an engine is ready. @type {(keyof HealthChecks)[]} */
const NEEDED = ['engine', 'environment', 'database', 'queues', 'probe']

/** Of an engine that has stopped, on purpose: nothing has to restart the process. @type {EngineHealth} */
export const STOPPED = Object.freeze({
  status: 'down',
  live: true,
  ready: false,
  checks: { engine: { ok: false, message: 'the engine has stopped' } },
})

/**
 * @param {Facts} facts
 * @param {Pick<EngineHost, 'threads' | 'isStopping'>} host
 * @param {{ ok: boolean, ms: number }} [probe]
 * @returns {EngineHealth}
 */
export function healthOf(facts, host, probe) {
  const { ended_tasks, queues_disabled, database, listening, warnings, queues } = facts
  /** @type {HealthChecks} */
  const checks = {
    engine: check(engineProblem(facts, host)),
    tasks: check(ended_tasks.length > 0 && `ended: ${ended_tasks.join(', ')}`),
    environment: check(queues_disabled),
    database: { ...check(!database.ok && `no answer for ${seconds(database.age_ms)} s`), age_ms: database.age_ms },
    ...threadChecks(new Map(queues.map((queue) => [queue, host.threads(queue)]))),
    ...(listening !== null && { listening: check(!listening && 'no connection for notifications: queues are polled') }),
    warnings: { ...check(warnings.length > 0 && warnings.map(named).join(', ')), raised: warnings },
    ...(probe && { probe }),
  }
  const live = checks.tasks?.ok ?? true
  const ready = live && NEEDED.every((name) => checks[name]?.ok ?? true)
  const all = /** @type {HealthCheck[]} */ (Object.values(checks))
  const status = !ready ? 'down' : all.every(({ ok }) => ok) ? 'ok' : 'degraded'
  return { status, live, ready, checks }
}

/** @param {Facts} facts @param {Pick<EngineHost, 'isStopping'>} host */
function engineProblem({ opened, stopping }, host) {
  if (stopping || host.isStopping()) return 'the engine is stopping'
  return !opened && 'the engine is starting'
}

/** @param {Map<string, ThreadStatus[] | undefined>} threads  by queue; undefined where the engine was not started */
function threadChecks(threads) {
  /** @type {Record<string, { running: number, expected: number }>} */
  const counts = {}
  for (const [queue, all] of threads) {
    if (!all) return {}
    counts[queue] = { running: all.filter(({ state }) => state === 'running').length, expected: all.length }
  }
  const idle = Object.keys(counts).filter((queue) => counts[queue]?.running === 0 && counts[queue].expected > 0)
  const missing = missingOf(threads)
  return {
    queues: { ...check(idle.length > 0 && `no thread runs for: ${idle.join(', ')}`), threads: counts },
    threads: check(missing > 0 && `${missing} not running`),
  }
}

/** How many do not run; those of a thread group count once. @param {Map<string, ThreadStatus[] | undefined>} threads  by queue */
function missingOf(threads) {
  const missing = new Set()
  for (const [queue, all = []] of threads) {
    for (const isolation of ['thread', 'process']) {
      for (const [i, { state, group }] of all.filter((it) => it.isolation === isolation).entries()) {
        if (state !== 'running') missing.add(JSON.stringify([isolation, group ? { group } : { queue }, i]))
      }
    }
  }
  return missing.size
}

/** @param {string | false | null | undefined} problem @returns {HealthCheck} */
function check(problem) {
  return problem ? { ok: false, message: problem } : { ok: true }
}

/** @param {{ warning: string, subject: string }} warning */
function named({ warning, subject }) {
  return `${warning} (${subject})`
}

/** @param {number} ms */
function seconds(ms) {
  return (ms / 1000).toFixed(1)
}
