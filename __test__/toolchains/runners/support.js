// Runs test runners on the application of specs.js, each run with a database of its own.
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { snippets } from '../../support/snippets.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'
import { filesOf } from './specs.js'

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('../support/application.js').Result} Result */
/** @typedef {import('./specs.js').Dialect} Dialect */

const GUIDE = 'docs/guides/test-runners.md'

/** A file that the guide shows. @param {string} name */
export function fromGuide(name) {
  const found = snippets(GUIDE).find((each) => each.name === name)
  assert.ok(found, `${GUIDE} shows ${name}`)
  return found.text
}

/** The arguments of a command that the guide shows. @param {string} program */
export function commandOf(program) {
  const lines = snippets(GUIDE).flatMap(({ lang, text }) => (lang === 'sh' ? text.split('\n') : []))
  const line = lines.find((each) => each.includes(` ${program}`))
  assert.match(line ?? '', /^ERAM_ISOLATION=main /, `${GUIDE} shows how to run ${program}`)
  return line?.split(program)[1]?.trim().split(' ') ?? []
}

/**
 * The application in a folder of its own, and how to run a runner in it.
 * @param {TestContext} t
 * @param {string} area  an absolute path: the folder with the runner's package
 * @param {Dialect} dialect
 * @param {Record<string, string>} [files]  further ones
 */
export async function tested(t, area, dialect, files = {}) {
  const app = await application(t, area, { ...filesOf(dialect), ...files })
  return {
    folder: app.folder,
    /**
     * Runs a program of the packages; node is the Node that runs it.
     * @param {string} file  in node_modules
     * @param {string[]} args
     * @param {{ node?: string, env?: Record<string, string> }} [options]
     */
    async run(file, args, { node = process.execPath, env = {} } = {}) {
      const url = await database(t, { migrate: false })
      // Else node --test runs nothing, as it would be called by a test.
      delete process.env.NODE_TEST_CONTEXT
      const program = file === 'node' ? [] : [path.join(area, 'node_modules', file)]
      return app.run(node, [...program, ...args], { DATABASE_URL: url, CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0', ...env })
    },
    /** Makes a package of the project's own available. @param {string} name @param {string} from */
    link(name, from) {
      const at = path.join(app.folder, 'node_modules', name)
      mkdirSync(path.dirname(at), { recursive: true })
      symlinkSync(from, at)
    },
  }
}

/** The run has ended by itself and well, with so many tests. @param {Result} result @param {number} count */
export function assertPassed({ code, text }, count) {
  assert.equal(code, 0, text)
  assert.match(text, new RegExp(`Tests.*\\b${count} passed|\\b${count} passing|\\bpass ${count}\\b`), text)
  assert.doesNotMatch(text, /did not exit|failed to exit|force exited|close timed out|hanging|expected stop\(\)/i)
}

/** The run has ended, and the engine that was left running is named with its place. @param {Result} result */
export function assertNamed({ code, text }) {
  assert.equal(code, 0, text)
  assert.match(
    text,
    /eramjs: engine "left": expected stop\(\) before the end of its thread, got none, started at .*left\.spec\.[jt]s:\d+:\d+/,
  )
}
