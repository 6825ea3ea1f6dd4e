// Performs the jobs, in a process of its own: `next start` may be restarted, scaled or frozen without them.
import { EramEngine } from 'eramjs'
import './jobs/welcome.ts'

await EramEngine.start({ url: process.env.DATABASE_URL, queues: { mail: 5 }, signals: true })
console.log('the worker is ready')
