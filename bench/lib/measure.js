// One measurement of one competitor: a target of its own, a runner process, and what other competitors may get wrong on the way.

import { serverClock, storeClock } from './cpu.js'
import { isOtherRow } from './goals.js'
import { handleSignals, isInterrupted, killRunners, RunnerProcess } from './runner-process.js'
import { newTarget, pause } from './stores.js'

/** @import { Client } from 'pg' */
/** @import { Competitor } from '../competitors/index.js' */
/** @import { Context } from '../workloads/index.js' */
/** @import { Stores, Target } from './stores.js' */

/** A measurement that takes longer than this many milliseconds has stalled. */
const LIMIT_MS = 180_000
/** Pauses between looks at the store, in milliseconds: while a runner counts its jobs, hardly any look is needed. */
const [SHORTEST, LONGEST, COUNTING] = [2, 30, 1000]
/** The time between two looks, as a multiple of what a look takes. */
const SPARING = 3

/**
 * Records what is measured. Another job queue that fails is reported as absent and not tried again; a failure of EramJS ends it all.
 * @param {Pick<Context, 'record' | 'absent'>} report @param {number} [limit] in milliseconds @returns {Context['attempt']}
 */
export function attempts({ record, absent }, limit = LIMIT_MS) {
  /** @type {Set<string>} */
  const failed = new Set()
  return async (row, run, measure) => {
    const id = `${row.in ?? ''}\n${row.name}`
    if (failed.has(id)) return
    let late = false
    const timer = setTimeout(() => {
      late = true
      killRunners()
    }, limit)
    try {
      record(row, run, await measure())
    } catch (error) {
      const why = late ? `it did not end within ${limit / 1000} s` : /** @type {Error} */ (error).message
      if (isInterrupted()) throw error
      if (!isOtherRow(row)) throw late ? new Error(`${row.name}: ${why}`, { cause: error }) : error
      failed.add(id)
      absent(row, `failed in run ${run}: ${why}`)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** @template T @param {Competitor} competitor @param {Stores} stores @param {(target: Target) => Promise<T>} task */
export async function inTarget(competitor, stores, task) {
  const target = newTarget(stores)
  try {
    await competitor.create(target)
    handleSignals()
    return await task(target)
  } finally {
    await competitor.destroy(target)
    handleSignals()
  }
}

/**
 * Runs a prepared runner to its end by itself, with the CPU time of the store meanwhile.
 *
 * @param {string} name of a file in runners/
 * @param {object} options
 * @param {{ competitor: Competitor, client: Client, stores: Stores }} context
 * @returns {Promise<any>}
 */
export async function timed(name, options, { competitor, client, stores }) {
  const runner = await RunnerProcess.prepare(name, options)
  const clock = await storeClock(competitor.store, client, stores)
  const before = clock()
  const figures = await runner.run()
  const after = clock()
  await runner.exited()
  return { ...figures, server: (/** @type {number} */ jobs) => perJob(before, after, jobs) }
}

/**
 * One drain: a target that is filled, drained by a runner process, and dropped.
 *
 * @param {object} options
 * @param {string} options.name of competitors/
 * @param {Competitor} options.competitor
 * @param {Client} options.client
 * @param {Stores} options.stores
 * @param {{ jobs: number, bytes: number }} options.load
 * @param {object} options.work
 */
export function drained({ name, competitor, client, stores, load, work }) {
  const { jobs } = load
  return inTarget(competitor, stores, async (target) => {
    const runner = await RunnerProcess.prepare('work', { competitor: name, target, load, work })
    // Connected, and planned once.
    await competitor.unfinished(target)
    const clock = await storeClock(competitor.store, client, stores)
    const before = clock()
    const began = performance.now()
    const done = runner.run()
    const watch = new AbortController()
    // A runner that fails leaves jobs unfinished.
    done.catch(() => watch.abort())
    const ended = await finished(competitor, target, { signal: watch.signal, runner })
    const after = clock()
    runner.stop()
    const { cpu, lag } = await done
    await runner.exited()
    return { rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: perJob(before, after, jobs), lag }
  })
}

/**
 * Resolves once all jobs of a target are done and acknowledged, with the start of the look that found none left, as of performance.now().
 *
 * @param {Competitor} competitor
 * @param {Target} target
 * @param {{ signal?: AbortSignal, runner?: Pick<RunnerProcess, 'reports' | 'nextReport'> }} [options] `signal` ends the wait; a runner
 *   that counts its jobs reports `counting`, and `counted` after the last
 */
export async function finished(competitor, target, { signal, runner } = {}) {
  for (;;) {
    const looked = performance.now()
    if (signal?.aborted || (await competitor.unfinished(target)) === 0) return looked
    const took = performance.now() - looked
    const isCounted = runner?.reports.has('counted')
    if (runner?.reports.has('counting') && !isCounted) await Promise.race([runner.nextReport(), pause(COUNTING)])
    else await pause(isCounted ? SHORTEST : Math.min(LONGEST, Math.max(SHORTEST, took * SPARING)))
  }
}

/** @param {number | null} before @param {number | null} after @param {number} jobs */
const perJob = (before, after, jobs) => (before === null || after === null ? null : (after - before) / jobs)

/**
 * Drains one queue of EramJS with one or more nodes.
 *
 * @param {object} what
 * @param {Target} what.target
 * @param {Client} what.client  not used elsewhere meanwhile
 * @param {number} [what.nodes]
 * @param {number} [what.limit]  of the queue on each node
 * @param {object} [what.options]  further options of their engines
 * @param {() => Promise<number>} what.fill  enqueues jobs while the nodes wait, and returns their number; nothing else is available then
 */
export async function drainedByNodes({ target, client, nodes = 1, limit = 100, options = {}, fill }) {
  const runners = []
  for (let i = 0; i < nodes; i++) runners.push(await RunnerProcess.prepare('node', { target, limit, options, prepared: true }))
  const jobs = await fill()
  const clock = await serverClock(client)
  const before = clock()
  const began = performance.now()
  const running = runners.map((runner) => runner.run())
  const watch = new AbortController()
  for (const it of running) it.catch(() => watch.abort())
  const ended = await lastCompleted(client, jobs, watch.signal)
  const after = clock()
  for (const runner of runners) runner.stop()
  const figures = await Promise.all(running)
  await Promise.all(runners.map((runner) => runner.exited()))
  const cpu = figures.reduce((sum, it) => sum + it.cpu, 0)
  return { rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: perJob(before, after, jobs) }
}

/**
 * Resolves once the last `jobs` jobs are completed. Looks at the very last only until those are, and by id: a look at a long table would
 * slow down what is measured.
 * @param {Client} client @param {number} jobs @param {AbortSignal} signal
 */
async function lastCompleted(client, jobs, signal) {
  const { rows: ids } = await client.query('SELECT max(id)::int8 AS last FROM eram_jobs')
  let looked = performance.now()
  for (const few of [100, 5000, jobs]) {
    for (;;) {
      looked = performance.now()
      // Not a parameter: the planner would not know that these are few.
      const { rows } = await client.query(
        `SELECT EXISTS (SELECT FROM eram_jobs WHERE id > ${Number(ids[0].last) - Math.min(few, jobs)} AND state <> 'completed') AS some`,
      )
      if (signal.aborted || !rows[0].some) break
      await pause(3)
    }
  }
  return looked
}
