// Table of contents of workers/, the job threads of an engine.
//
//   pool.js            which queues need threads, and the engine's orders to terminate or replace them
//   thread-group.js    the threads that serve a queue, or the queues of a thread group
//   supervisor.js      keeps one thread running: restarts and replaces it
//   worker-thread.js   parent-side handle of a job thread
//   served-queues.js   the queues of a job thread, and its slots there
//   restart-delay.js   the delay between restarts
//   memory-guard.js    keeps the process below max_rss

export { MemoryGuard, publishMemory } from './memory-guard.js'
export { WorkerPool } from './pool.js'
export { RestartDelay } from './restart-delay.js'
export { reportExit } from './supervisor.js'
