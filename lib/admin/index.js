// Table of contents of admin/, operations of an engine on what is in the database.
//
//   jobs.js       engine.jobs: find, list, cancel, retry, delete, update
//   crons.js      engine.cron: the cron entries
//   messages.js   engine.listen() and engine.notify()

export { Crons, cronEntry } from './crons.js'
export { Jobs } from './jobs.js'
export { receive, send } from './messages.js'
