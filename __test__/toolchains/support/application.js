// An application under test: a folder with files and the packed eramjs, below a folder whose package.json has its other packages.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run as runProgram } from '../../../scripts/command.js'
import { packed } from './package.js'

/** After this many milliseconds a program counts as one that does not end, also on a machine that is busy. */
const LIMIT_MS = 240_000

/** @typedef {{ code: number, lines: string[], text: string }} Result  `lines` are those of both outputs, in the order of arrival */

/**
 * The folder is removed after the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} area  an absolute path: the folder with the package.json
 * @param {Record<string, string>} files  contents by relative path
 * @param {{ from?: string }} [options]  `from`: a folder to copy first
 */
export async function application(t, area, files, { from } = {}) {
  const parent = path.join(area, '.apps')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(path.join(parent, 'app-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  if (from) cpSync(from, folder, { recursive: true })
  cpSync(await packed(), path.join(folder, 'node_modules', 'eramjs'), { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
  return {
    folder,
    /**
     * Runs a program in the folder to its end; one that does not end is killed (exit code 137).
     * @param {string} program @param {string[]} args @param {Record<string, string>} [env] @returns {Promise<Result>}
     */
    async run(program, args, env = {}) {
      /** @type {string[]} */
      const lines = []
      const code = await runProgram(program, args, { env, cwd: folder, timeout: LIMIT_MS, line: (line) => void lines.push(line) })
      return { code, lines, text: lines.join('\n') }
    },
  }
}

/** What a program wrote, without the lines of the engine's log. @param {string[]} lines */
export const withoutLog = (lines) => lines.filter((line) => !line.startsWith('{"time":'))
