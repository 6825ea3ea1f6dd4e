// Jobs at a steady rate, however fast they are taken: each has its moment, from which its wait counts, even while it cannot be enqueued.
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../competitors/index.js'
import { serve } from '../lib/runner.js'
import { quantile } from '../lib/stats.js'

/** A job that is still waiting this long after the last came was not kept up with, in looks of a millisecond or a little more. */
const GRACE = 2000
/** Of the stream before the clock starts, in seconds. */
const WARM_UP = 0.5

serve(async ({ competitor: name, target, rate, seconds, flight }) => {
  const competitor = await load(name)
  /** When each job came, by its number. @type {bigint[]} */
  let came = []
  /** How long each that began had waited, in milliseconds. @type {number[]} */
  let times = []
  let last = 0n
  /** @param {number} n @param {bigint} began */
  function began(n, began) {
    const since = came[n]
    if (since === undefined) return
    times.push(Number(began - since) / 1e6)
    if (began > last) last = began
  }
  const working = await competitor.work(target, { as: 'tuned', kind: 'timed', began })
  const enqueuer = await competitor.enqueuer(target, { kind: 'timed', wakes: true })

  /** @param {number} seconds */
  async function stream(seconds) {
    const jobs = Math.round(rate * seconds)
    const first = process.hrtime.bigint()
    came = []
    times = []
    last = first
    let [sent, flying] = [0, 0]
    /** @type {unknown} */
    let failed
    function send() {
      while (flying < flight && sent < came.length) {
        flying += 1
        const landed = () => {
          flying -= 1
          send()
        }
        enqueuer.one({ n: sent++ }).then(landed, (error) => {
          failed ??= error
        })
      }
    }
    let grace = GRACE
    while (came.length < jobs || (times.length < jobs && grace-- > 0)) {
      const now = process.hrtime.bigint()
      const due = Math.min(jobs, Math.floor((Number(now - first) / 1e9) * rate) + 1)
      while (came.length < due) came.push(now)
      send()
      if (failed) throw failed
      await pause(1)
    }
    const ms = Math.max(Number(last - first) / 1e6, seconds * 1000)
    const figures = { jobs: times.length, rate: (times.length / ms) * 1000, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
    // What begins from now on is not counted.
    came = []
    return figures
  }

  await stream(WARM_UP)
  return {
    run: () => stream(seconds),
    async close() {
      await enqueuer.close()
      await working.stop()
    },
  }
})
