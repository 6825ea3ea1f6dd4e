// The command line in a child process of another one: stops as on SIGTERM when its parent is gone, however that ended.

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// Its parent alone keeps no process alive.
process.channel?.unref()
// A name and not a literal: it is the program of this process, not a file on which it depends.
const program = '../index.js'
await import(program)
