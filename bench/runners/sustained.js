// Jobs at a steady rate, however fast they are taken: each has its moment, from which its wait counts, even while it cannot be enqueued.
import { load } from '../competitors/index.js'
import { serve } from '../lib/serve.js'
import { pause } from '../lib/stores.js'

/** A job that is still waiting this long after the last came was not kept up with, in milliseconds. */
const GRACE = 2000

serve(async ({ competitor: name, target, rate, seconds, flight }) => {
  const competitor = await load(name)
  const stream = new Stream(rate, flight)
  const working = await competitor.work(target, { as: 'tuned', kind: 'timed', began: (n, began) => stream.began(n, began) })
  const enqueuer = await competitor.enqueuer(target, { kind: 'timed', wakes: true })
  await stream.run(enqueuer, 0.5)
  return {
    run: () => stream.run(enqueuer, seconds),
    async close() {
      await enqueuer.close()
      await working.stop()
    },
  }
})

class Stream {
  #rate
  #flight
  /** When each job came, by its number. @type {bigint[]} */
  #came = []
  /** How long each that began had waited, in milliseconds. @type {number[]} */
  #times = []
  #last = 0n
  #sent = 0
  #flying = 0
  /** @type {unknown} */
  #failed
  #onLast = () => {}

  /** @param {number} rate jobs a second @param {number} flight enqueues in flight at most */
  constructor(rate, flight) {
    this.#rate = rate
    this.#flight = flight
  }

  /** @param {number} n @param {bigint} began */
  began(n, began) {
    const since = this.#came[n]
    if (since === undefined) return
    this.#times.push(Number(began - since) / 1e6)
    if (began > this.#last) this.#last = began
    if (this.#times.length === this.#came.length) this.#onLast()
  }

  /** @param {import('../competitors/index.js').Enqueuer} enqueuer @param {number} seconds */
  async run(enqueuer, seconds) {
    const jobs = Math.round(this.#rate * seconds)
    const first = process.hrtime.bigint()
    this.#came = []
    this.#times = []
    this.#last = first
    this.#sent = 0
    while (this.#came.length < jobs) {
      const now = process.hrtime.bigint()
      const due = Math.min(jobs, Math.floor((Number(now - first) / 1e9) * this.#rate) + 1)
      while (this.#came.length < due) this.#came.push(now)
      this.#send(enqueuer)
      if (this.#failed) throw this.#failed
      await pause(1)
    }
    await Promise.race([this.#allBegan(jobs), pause(GRACE)])
    const ms = Math.max(Number(this.#last - first) / 1e6, seconds * 1000)
    const times = this.#times
    // What begins from now on is not counted.
    this.#came = []
    return { times, ms }
  }

  /** @param {number} jobs @returns {Promise<void>} */
  #allBegan(jobs) {
    return new Promise((resolve) => {
      this.#onLast = resolve
      if (this.#times.length === jobs) resolve()
    })
  }

  /** @param {import('../competitors/index.js').Enqueuer} enqueuer */
  #send(enqueuer) {
    while (this.#flying < this.#flight && this.#sent < this.#came.length) {
      this.#flying += 1
      enqueuer.one({ n: this.#sent++ }).then(
        () => {
          this.#flying -= 1
          this.#send(enqueuer)
        },
        (error) => {
          this.#failed ??= error
        },
      )
    }
  }
}
