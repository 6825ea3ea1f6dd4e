// The parent process of a PostgreSQL server for development: stops the server when the process that asked for it is gone, however that
// ended, and ends with the server.

import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'

/** @type {{ program: string, args: string[], account: import('./programs.js').Account, cwd: string, log: string }} */
const { program, args, account, cwd, log } = JSON.parse(process.argv[2] ?? '')

// Signals from the terminal are for the parent. Its exit is what counts here.
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => {})

const file = openSync(log, 'a')
// None of our variables: PGDATA, PGPORT and the like would mislead the program.
const server = spawn(program, args, { ...account, cwd, env: { PATH: process.env.PATH, LC_ALL: 'C' }, stdio: ['ignore', file, file] })
server.once('error', () => process.exit(1))
server.once('exit', (code) => process.exit(code ?? 1))
// A fast shutdown: it ends connections and keeps the data.
const stop = () => void server.kill('SIGINT')
if (process.connected) process.once('disconnect', stop)
else stop()
process.send?.({ pid: server.pid })
