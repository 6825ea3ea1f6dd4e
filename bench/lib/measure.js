// One measurement of one competitor: a target of its own, runner processes, and what other competitors may get wrong on the way.
import { setTimeout as pause } from 'node:timers/promises'
import { isOther } from '../competitors/index.js'
import { serverClock } from './cpu.js'
import { isOtherRow, titleOf } from './goals.js'
import { handleSignals, isInterrupted, killRunners, Runner } from './runner.js'
import { newTarget, settle, unfinishedOf } from './stores.js'

/** @import { Competitor, Load, Work } from '../competitors/index.js' */
/** @import { Context, Entry, Figures, Row } from '../workloads/index.js' */
/** @import { Report } from './report.js' */
/** @import { Stores, Target } from './stores.js' */

/** A measurement that takes longer than this many milliseconds has stalled. */
const LIMIT_MS = 300_000
/** Pauses between looks at the store, in milliseconds: while a runner counts its jobs, hardly any look is needed. */
const [SHORTEST, LONGEST, COUNTING] = [2, 30, 1000]
/** The time between two looks, as a multiple of what a look takes. */
const SPARING = 3

/**
 * Records what is measured. Another job queue that fails is reported as absent and not tried again; a failure of EramJS ends it all.
 * @param {Pick<Report, 'record' | 'absent'>} report @param {number} [limit] in milliseconds
 */
export function attempts(report, limit = LIMIT_MS) {
  /** @type {Set<string>} */
  const failed = new Set()
  return async (/** @type {Row} */ row, /** @type {number} */ run, /** @type {() => Promise<Figures>} */ measure) => {
    if (failed.has(titleOf(row))) return
    let late = false
    const timer = setTimeout(() => {
      late = true
      killRunners()
    }, limit)
    try {
      report.record(row, run, await measure())
    } catch (error) {
      const why = late ? `it did not end within ${limit / 1000} s` : /** @type {Error} */ (error).message
      if (isInterrupted()) throw error
      if (!isOtherRow(row)) throw late ? new Error(`${row.name}: ${why}`, { cause: error }) : error
      failed.add(titleOf(row))
      report.absent(row, `failed in run ${run}: ${why}`)
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
 * Has a runner of a competitor measure itself, in a target of its own, and adds the CPU time of both sides for a job.
 * @param {Entry} entry @param {Stores} stores @param {string} runner a file in runners/ whose figures include `jobs` @param {object} options
 * @param {<T>(target: Target, task: () => Promise<T>) => Promise<T>} [around] what else happens meanwhile
 */
export function timed({ name, competitor }, stores, runner, options, around = (_, task) => task()) {
  return inTarget(competitor, stores, (target) =>
    around(target, async () => {
      const process = await Runner.prepare(runner, { competitor: name, target, ...options })
      const server = serverClock(stores.pids[competitor.store])
      const { jobs, cpu, lag, ...figures } = await process.run()
      const costs = { node: cpu / jobs, server: server(jobs) }
      await process.stop()
      return { ...figures, ...costs }
    }),
  )
}

/** One drain of a competitor, in a target of its own. @param {Entry} entry @param {Stores} stores @param {Load} load @param {Work} work */
export function drained({ name, competitor }, stores, load, work) {
  return inTarget(competitor, stores, async (target) => {
    const runner = await Runner.prepare('work', { competitor: name, target, load, work })
    const unfinished = () => competitor.unfinished(target)
    // Connected, and planned once.
    await unfinished()
    const counter = isOther(name) ? runner : undefined
    return drain({ runners: [runner], jobs: load.jobs, server: serverClock(stores.pids[competitor.store]), unfinished, counter })
  })
}

/**
 * Drains one queue of EramJS with one or more nodes. `fill` enqueues the jobs while they wait; nothing else is available then.
 * @param {Pick<Context, 'target' | 'stores' | 'client'> & { jobs: number, fill: () => Promise<unknown>, nodes?: number, options?: object }} what
 */
export async function drainedByNodes({ target, stores, client, jobs, fill, nodes = 1, options = {} }) {
  const runners = []
  for (let i = 0; i < nodes; i++) runners.push(await Runner.prepare('node', { target, prepared: true, options }))
  await fill()
  await settle(client)
  return drain({ runners, jobs, server: serverClock(stores.pids.postgresql), unfinished: () => unfinishedOf(client, jobs) })
}

/** @param {{ runners: Runner[], jobs: number, server: ReturnType<typeof serverClock>, unfinished: () => Promise<number>, counter?: Runner }} what */
async function drain({ runners, jobs, server, unfinished, counter }) {
  const began = performance.now()
  const running = Promise.all(runners.map((runner) => runner.run()))
  // A runner that fails leaves jobs unfinished, and is noticed by then.
  running.catch(() => {})
  const ended = await finished(unfinished, { runners, counter })
  const serverCost = server(jobs)
  await Promise.all(runners.map((runner) => runner.stop()))
  const figures = await running
  const cpu = figures.reduce((sum, it) => sum + it.cpu, 0)
  const lag = Math.max(...figures.map((it) => Number(it.lag)))
  return { rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: serverCost, lag }
}

/**
 * Resolves once all jobs are done and acknowledged, with the start of the look that found none left, as of performance.now().
 * @param {() => Promise<number>} unfinished
 * @param {{ runners?: Runner[], counter?: Runner }} [options] one of the runners that is gone ends the wait; `counter` counts its jobs
 */
export async function finished(unfinished, { runners = [], counter } = {}) {
  for (;;) {
    const looked = performance.now()
    if (runners.some(({ isGone }) => isGone) || (await unfinished()) === 0) return looked
    if (counter && !counter.isCounted) await Promise.race([counter.counted, pause(COUNTING)])
    else await pause(counter ? SHORTEST : Math.min(LONGEST, Math.max(SHORTEST, (performance.now() - looked) * SPARING)))
  }
}
