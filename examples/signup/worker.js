// The worker: performs the jobs of its queues, each queue on a thread of its own. Start as many as you like.
import { EramEngine } from 'eramjs'
import { config, JOBS_SCHEMA } from './database.js'
import { MinuteWorker } from './jobs.js'
import { ready, say } from './program.js'

const engine = await EramEngine.start({
  node: `worker-${process.pid}`,
  driver: { type: 'typeorm', config },
  prefix: JOBS_SCHEMA,
  queues: { default: 5, emails: { limit: 10 } },
  cron: [['* * * * * ', MinuteWorker]],
  logger: { info: say },
  signals: true, // SIGTERM and Ctrl-C let running jobs end
})

engine.on('job:exception', ({ job, error, delay }) => {
  say(`${job.worker}: attempt ${job.attempt} failed (${error?.message}), the next one in ${delay?.toFixed(1)} s`)
})

ready('takes jobs', {})
