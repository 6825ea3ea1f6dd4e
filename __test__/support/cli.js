// The command line as a program, without a terminal to ask at.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DATABASE_URL } from './database.js'

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))

/**
 * Runs a command to its end.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string, cwd?: string }} [given]
 * @returns {Promise<{ code: number | null, out: string, err: string }>}
 */
export function eramjs(args, { env = { DATABASE_URL: DATABASE_URL ?? '' }, input = '', cwd } = {}) {
  return new Promise((resolve, reject) => {
    const quiet = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
    const child = spawn(process.execPath, [CLI, ...args], { env: quiet, cwd, stdio: 'pipe' })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })
}
