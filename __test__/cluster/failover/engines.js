// Two engines on a pair of servers, with jobs that write to a file and so run on while no server answers.
import assert from 'node:assert/strict'
import { EramEngine } from '../../../index.js'
import { withJournal } from '../../crash/journal.js'
import { JournalJob } from '../../crash/programs/journal.js'
import { sql, until } from '../../support/database.js'
import { withPair } from './pair.js'

export const RUNNING = 50
const FAULTS = /^(job:lost|job:rescued|job:exception|producer:lost|thread:exit)$/

/**
 * `selective` connects to a server that takes writes, `any` to the first that accepts it.
 *
 * @typedef {object} Engines
 * @property {EramEngine} selective
 * @property {EramEngine} any
 * @property {string} file of the journal
 * @property {(name: string) => Promise<EramEngine>} startAnother whose events are recorded as well
 * @property {(server: string) => void} usePrimary the URL of the server that the helpers below look into from now on
 * @property {(count: number, ms: number) => Promise<number[]>} begin enqueues jobs and returns their ids once all run
 * @property {(ids: number[]) => Promise<any[]>} completed the rows, once all are
 * @property {(ids: number[]) => Promise<number[]>} runs how often each job has run to its end
 * @property {() => any[]} faults the events that say that a job or a node was given up
 */

/** @param {(engines: Engines, pair: import('./pair.js').Pair) => Promise<void>} test */
export const withEngines = (test) =>
  withJournal(({ file, entries }) =>
    withPair(async (pair) => {
      const queues = { journal: { limit: RUNNING + 10, poll_interval: 500 } }
      const options = { queues, logger: /** @type {const} */ (false), lifeline: { interval: 5000 } }
      /** @type {any[]} */
      const events = []
      /** @type {EramEngine[]} */
      const engines = []
      let primary = pair.first.url
      /** @param {string} name @param {string} [target] */
      const start = async (name, target = '') => {
        const engine = await EramEngine.start({ ...options, url: `${pair.hosts}${target}`, name, node: name })
        engine.on('*', (event) => events.push(event))
        engines.push(engine)
        return engine
      }
      /** @param {(server: Awaited<ReturnType<typeof sql>>) => Promise<any>} look */
      const onPrimary = async (look) => {
        const server = await sql(primary)
        try {
          return await look(server)
        } finally {
          await server.end()
        }
      }
      try {
        const selective = await start('selective', '?target_session_attrs=read-write')
        const any = await start('any')
        await test(
          {
            selective,
            any,
            file,
            startAnother: start,
            usePrimary: (server) => {
              primary = server
            },
            async begin(count, ms) {
              const jobs = await selective.enqueueAll(Array.from({ length: count }, () => JournalJob.new({ file, ms })))
              const ids = jobs.map(({ id }) => Number(id))
              const waiting = `SELECT id FROM eram_jobs WHERE id = ANY ($1) AND state = 'available'`
              await onPrimary(({ rows }) => until(async () => assert.deepEqual(await rows(waiting, [ids]), [])))
              return ids
            },
            completed: (ids) =>
              onPrimary(({ rows }) =>
                until(
                  async () => {
                    const jobs = await rows('SELECT id::int, state, attempt, errors FROM eram_jobs WHERE id = ANY ($1)', [ids])
                    assert.deepEqual([jobs.length, jobs.filter(({ state }) => state !== 'completed')], [ids.length, []])
                    return jobs
                  },
                  { interval: 100 },
                ),
              ),
            async runs(ids) {
              const done = (await entries()).map(({ job }) => job)
              return ids.map((id) => done.filter((it) => it === id).length)
            },
            faults: () => events.filter(({ event }) => FAULTS.test(event)),
          },
          pair,
        )
      } finally {
        await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
      }
    }),
  )

/** Each has run at its first attempt, without an error. @param {any[]} rows */
export const assertUndisturbed = (rows) =>
  assert.deepEqual(
    rows.filter(({ attempt, errors }) => attempt !== 1 || errors.length > 0),
    [],
  )
