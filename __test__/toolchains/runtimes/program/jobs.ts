// The jobs of the program: one class for each thing that a job can do to its isolate.
import { spawn } from 'node:child_process'
import { threadId } from 'node:worker_threads'
import { EramJob, type JobContext } from 'eramjs'

const filename = import.meta.filename
const isolate = () => ({ pid: process.pid, thread: threadId })

export class CountJob extends EramJob {
  static {
    this.register({ filename, queue: 'threads' })
  }
  async perform(args: { n: number }) {
    return { n: args.n, ...isolate() }
  }
}

export class ProcessJob extends EramJob {
  static {
    this.register({ filename, queue: 'processes', isolation: 'process' })
  }
  async perform() {
    return isolate()
  }
}

/** Ends its thread or its process, or throws where nothing awaits it. */
export class CrashJob extends EramJob {
  static {
    this.register({ filename, queue: 'threads', max_attempts: 1 })
  }
  async perform(args: { how: 'exit' | 'late' }) {
    if (args.how === 'exit') process.exit(3)
    setImmediate(() => {
      throw new TypeError('nothing awaits this')
    })
    await new Promise(() => {})
  }
}

export class CrashProcessJob extends EramJob {
  static {
    this.register({ filename, queue: 'processes', isolation: 'process', max_attempts: 1 })
  }
  async perform() {
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
  }
}

/** Never yields to the event loop. */
export class LoopJob extends EramJob {
  static {
    this.register({ filename, queue: 'loops', max_attempts: 1, timeout: 300 })
  }
  async perform() {
    for (;;);
  }
}

export class LoopProcessJob extends EramJob {
  static {
    this.register({ filename, queue: 'processes', isolation: 'process', max_attempts: 1, timeout: 300 })
  }
  async perform() {
    for (;;);
  }
}

/** Ends when it is aborted, with the reason. */
export class WaitJob extends EramJob {
  static {
    this.register({ filename, queue: 'threads', max_attempts: 1 })
  }
  async perform(_args: { timeout?: number }, { signal, log }: JobContext) {
    await new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      log.info('waiting')
    })
  }
}

export class AdoptJob extends EramJob {
  static {
    this.register({ filename, queue: 'threads' })
  }
  async perform(_args: {}, ctx: JobContext) {
    await ctx.adopt(spawn('sh', ['-c', 'exit 0'], { stdio: 'ignore' }))
  }
}

/** Writes a row and enqueues another job, in one transaction with its own completion. */
export class TransactedJob extends EramJob {
  static {
    this.register({ filename, queue: 'threads', transaction: true })
  }
  async perform(args: { text: string }, ctx: JobContext) {
    await ctx.tx.query('INSERT INTO notes VALUES ($1)', [args.text])
    await ctx.enqueue(CountJob, { n: -1 })
    return 'written'
  }
}
