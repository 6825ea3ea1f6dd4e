// The worker: runs the jobs of its queues, each queue on a thread of its own. Any number of workers can run.
import { EramEngine } from 'eramjs'
import { config, JOBS_SCHEMA } from './database.js'
import { MinuteWorker } from './jobs.js'
import { log, ready } from './program.js'

const engine = await EramEngine.start({
  node: `worker-${process.pid}`,
  driver: { type: 'typeorm', config },
  prefix: JOBS_SCHEMA,
  queues: { default: 5, emails: { limit: 10 } },
  cron: [['* * * * * ', MinuteWorker]],
  logger: { info: log },
  signals: true, // SIGTERM and Ctrl-C let running jobs end
})

engine.on('job:exception', ({ job, error, delay }) => {
  log(`${job.worker}: attempt ${job.attempt} failed (${error?.message}), the next one in ${delay?.toFixed(1)} s`)
})

ready('runs jobs', {})
