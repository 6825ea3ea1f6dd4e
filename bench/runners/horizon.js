// Jobs at a steady rate from another connection, beside a transaction that stays open.
import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import '../jobs.js'
import { serve } from '../lib/runner.js'
import { quantile } from '../lib/stats.js'
import { connect } from '../lib/stores.js'

/** For the last jobs, in milliseconds. */
const GRACE = 30_000
/** Fetches are measured over so many milliseconds of the start and of the end. */
const PART = 10_000

serve(async ({ target, rate, minutes }) => {
  const [enqueuer, reader] = await Promise.all([connect(target), connect(target)])
  const engine = await EramEngine.start({ ...target, queues: { default: { limit: 100 } }, logger: false })
  const channel = new BroadcastChannel('eram bench')
  /** When each job came, and by minute how long those that began had waited. @type {bigint[]} */
  const came = []
  /** @type {number[][]} */
  const waits = Array.from({ length: Math.ceil(minutes) }, () => [])
  const minuteOf = (/** @type {number} */ n) => Math.min(Math.floor(n / rate / 60), waits.length - 1)
  let begun = 0
  channel.onmessage = (event) => {
    const { n, began } = /** @type {{ n: number, began: bigint }} */ (/** @type {any} */ (event).data)
    begun += 1
    waits[minuteOf(n)]?.push(Number(began - (came[n] ?? began)) / 1e6)
  }
  const fetches = async () => (await engine.metrics()).engine.fetch
  /** How long a fetch took between two looks at the metrics. @param {{ count: number, sum_ms: number }} from @param {{ count: number, sum_ms: number }} to */
  const mean = (from, to) => (to.sum_ms - from.sum_ms) / Math.max(1, to.count - from.count)

  return {
    async run() {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await reader.query('SELECT count(*) FROM eram_jobs')
      const jobs = Math.round(rate * minutes * 60)
      const first = process.hrtime.bigint()
      const part = Math.round((rate * Math.min(PART, minutes * 30_000)) / 1000)
      const start = await fetches()
      let [sent, early, late] = [0, start, start]
      while (sent < jobs) {
        const now = process.hrtime.bigint()
        const due = Math.min(jobs, Math.floor((Number(now - first) / 1e9) * rate) + 1)
        while (came.length < due) came.push(now)
        if (sent < part && due >= part) early = await fetches()
        if (sent < jobs - part && due >= jobs - part) late = await fetches()
        const drafts = came.slice(sent).map((_, i) => ({ worker: 'Timed', args: { n: sent + i } }))
        if (drafts.length > 0) await enqueuer.query({ name: 'enqueue', text: 'SELECT eram_enqueue($1)', values: [JSON.stringify(drafts)] })
        sent += drafts.length
        await pause(1)
      }
      const fetch = mean(late, await fetches())
      const end = performance.now() + GRACE
      while (begun < jobs && performance.now() < end) await pause(10)
      const [first99, last99] = [quantile(waits[0] ?? [], 0.99), quantile(waits.at(-1) ?? [], 0.99)]
      await reader.query('ROLLBACK')
      return {
        jobs: begun,
        started: first99,
        p99: last99,
        slower: first99 === null || last99 === null ? null : last99 / first99,
        fetched: mean(start, early),
        fetch,
      }
    },
    async close() {
      channel.close()
      await Promise.all([enqueuer.end(), reader.end(), engine.stop()])
    },
  }
})
