// The job of Sidequest: loaded where it runs, in the process of the contender or in a thread of a child process of it.

import { connect } from 'node:net'
import { spin } from '../../lib/spin.js'
import { peer } from '../../peers/index.js'

const { Job } = await peer('sidequest')

/** Set by the contender, whose jobs of another process or thread do not find it. @type {((args: any) => void) | undefined} */
let performer
/** @param {((args: any) => void) | undefined} perform */
export const performBy = (perform) => {
  performer = perform
}

/** Where a job elsewhere tells when it began: in the environment of its process. */
const PORT = Number(process.env.ERAM_BENCH_SIDEQUEST)
const socket = PORT > 0 ? connect(PORT, '127.0.0.1').setNoDelay().unref() : undefined

export class BenchJob extends Job {
  /** @param {{ n: number, rounds?: number }} args */
  async run(args) {
    if (performer) return performer(args)
    const line = `${args.n} ${process.hrtime.bigint()}\n`
    // Its thread stands still between two jobs, and sends nothing then.
    if (socket) await new Promise((resolve) => socket.write(line, resolve))
    if (args.rounds) spin({ rounds: args.rounds })
  }
}
