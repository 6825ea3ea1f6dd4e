// Gets SIGTERM while a job runs, and leaves the rest to the engine.
import { EramEngine } from 'eramjs'
import * as jobs from './jobs.ts'

const engine = await EramEngine.start({ queues: { threads: 1 }, grace: 100, signals: true, logger: false })
engine.once('job:log', () => process.kill(process.pid, 'SIGTERM'))
await jobs.WaitJob.enqueue({})
