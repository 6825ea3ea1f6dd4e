// A program that runs until it is stopped, such as an application with an engine.
import { spawn } from 'node:child_process'

/**
 * Runs a program until its output matches, then sends it SIGTERM and waits for its end. Rejects if it ends before.
 * @param {string} folder
 * @param {string[]} args  of Node
 * @param {NodeJS.ProcessEnv} env
 * @param {RegExp} until
 * @param {string} [node]
 * @returns {Promise<{ out: string, code: number | null, signal: string | null }>}
 */
export function stopped(folder, args, env, until, node = process.execPath) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let matched = false
    const onData = (/** @type {Buffer} */ chunk) => {
      out += chunk
      if (matched || !until.test(out)) return
      matched = true
      child.kill('SIGTERM')
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (matched) resolve({ out, code, signal })
      else reject(new Error(`expected ${args.join(' ')} to write ${until}, it ended with ${code ?? signal}:\n${out}`))
    })
  })
}
