// Table of contents of workers/, the job threads of an engine.
//
//   pool.js            which queues need threads, and the engine's orders to terminate or replace them
//   supervisor.js      keeps one thread of a queue running: restarts and replaces it
//   worker-thread.js   parent-side handle of a job thread
//   restart-delay.js   the delay between restarts
//   memory-guard.js    keeps the process below max_rss

export { MemoryGuard, publishMemory } from './memory-guard.js'
export { WorkerPool } from './pool.js'
export { RestartDelay } from './restart-delay.js'
export { reportExit } from './supervisor.js'
