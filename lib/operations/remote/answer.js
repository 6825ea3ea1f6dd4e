// Performs an operation for a remote caller. Its answer is JSON: times are ISO texts, and numbers in what applications put into jobs
// are those of the database, digit by digit.

import { dateOf } from '../../shared/dates.js'
import { parseExact, stringifyExact } from '../../shared/exact.js'
import { isRecord } from '../../shared/validate.js'
import { actionsOn } from '../job-actions.js'
import { atPath } from '../perform.js'
import { operations } from '../table/index.js'
import { insertAudit, stateOf } from './audit.js'
import { readInput } from './input.js'
import { routesOf } from './routes.js'
import { newReport, onWeb } from './web-call.js'

/** @import { JobState } from '../../../index.js' */
/** @import { EngineHost, Options } from '../operation.js' */
/** @import { Route } from './routes.js' */
/** @import { WebLimits, WebReport } from './web-call.js' */

/** What eramjs/web uses of an engine. @typedef {ReturnType<typeof remoteOf>} RemoteEngine */

/** @param {EngineHost} host */
export function remoteOf(host) {
  const { log, node, name: instance } = host
  /** @param {Route} route @param {Options} options @param {WebLimits} [limits] @param {WebReport} [report] */
  const perform = (route, options, limits, report) => {
    const { inside } = route.operation.remote ?? {}
    return performRemotely(inside || !limits ? host : onWeb(host, limits, report), route, options, limits?.may)
  }
  return {
    ...remoteBy(perform, log),
    /** Records a change. @param {object} entry @param {WebLimits} limits */
    record: (entry, limits) => insertAudit(onWeb(host, limits), entry),
    /** @param {'queue' | 'cron'} kind @param {string} name @param {WebLimits} limits */
    stateOf: (kind, name, limits) => stateOf(onWeb(host, limits), kind, name),
    /** Marks that differ once something has changed, and the jobs of these ids. @param {number[]} jobs @param {WebLimits} limits @param {WebReport} report */
    liveMarks: (jobs, limits, report) => onWeb(host, limits, report).call('liveMarks', jobs),
    /** What it is, for viewers. */
    about: { node, instance },
  }
}

/**
 * A part of the same, of what performs operations in its own way, such as on another machine.
 * @template {(route: Route, options: Options, ...more: any[]) => Promise<unknown>} Perform
 * @param {Perform} perform
 * @param {(line: string) => void} log
 */
export function remoteBy(perform, log) {
  return {
    routes,
    /** The options of a call. */
    read: readInput,
    /** Of a body. */
    parse: parseExact,
    stringify: stringifyExact,
    newReport,
    perform,
    /** A line for the log of the engine. */
    log,
  }
}

const routes = routesOf(operations)

/**
 * @param {EngineHost} host
 * @param {Route} route
 * @param {Options} options
 * @param {(permission: string) => boolean} [may]
 * @returns {Promise<unknown>} a value for `stringify`; null of an operation without an answer
 */
async function performRemotely(host, { operation }, options, may) {
  const { answer, remote, run } = operation
  const given = await run(answer.payload ? exactly(host) : host, options)
  const value = (answer.dates ?? []).reduce((value, path) => atPath(value, path, isoText), given)
  if (remote?.jobs !== undefined && may) atPath(value, remote.jobs, (job) => allowing(job, may))
  if (!Array.isArray(value) || remote?.list === undefined) return value ?? null
  // A page that is not full is the last.
  const { limit = 100 } = options
  const next = remote.paged ? { next: value.length > 0 && value.length >= limit ? value[value.length - 1].id : null } : {}
  return { [remote.list]: value, ...next }
}

/** A job with what the caller may do with it. @param {any} job @param {(permission: string) => boolean} may */
function allowing(job, may) {
  if (isRecord(job)) job.can = actionsOn(/** @type {JobState} */ (job.state)).filter((action) => may(`jobs:${action}`))
  return job
}

/** @param {EngineHost} host @returns {EngineHost} */
function exactly(host) {
  return {
    ...host,
    async call(method, ...args) {
      const answer = await host.answer(method, ...args)
      return typeof answer === 'string' ? parseExact(answer) : answer
    },
  }
}

/** @param {unknown} time  of the database, with microseconds, or milliseconds */
function isoText(time) {
  if (time instanceof Date) return time.toISOString()
  if (typeof time === 'string' && !Number.isNaN(Date.parse(time))) return time
  // `infinity`, and what lies beyond the range of Date, as there.
  return typeof time === 'string' || typeof time === 'number' ? dateOf(time).toISOString() : time
}
