// The commands in the guide to TypeScript: for which kind of module, and on which versions of Node.js.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snippets } from '../../support/snippets.js'
import { database } from '../support/database.js'
import { NODES } from '../support/nodes.js'
import { application, DONE } from './application.js'

/** @import { Kind } from './application.js' */

export const GUIDE = 'docs/guides/typescript.md'

/** The tools, and by what a command is theirs. @type {Record<string, RegExp>} */
export const TOOLS = { tsx: /\btsx\b/, 'ts-node': /\bts-node\b/, '@swc-node/register': /@swc-node/, node: /^node main/ }

/** @typedef {{ command: string, kinds: Kind[], majors: number[] }} Line */

/** Each line is a command that runs a program, with a comment: the kinds of modules, and from which Node.js on. @returns {Line[]} */
export function lines() {
  const all = snippets(GUIDE).flatMap(({ lang, text }) => (lang === 'sh' ? text.trim().split('\n') : []))
  return all.map((line) => {
    const [, command = '', about = ''] = /^(.*?) +# (.*)$/.exec(line) ?? []
    assert.ok(command, `${GUIDE}: ${line}: expected a command with a comment`)
    /** @type {Kind[]} */
    const kinds = []
    if (about.includes('ES modules')) kinds.push('module')
    if (about.includes('CommonJS')) kinds.push('commonjs')
    const from = Number(/Node\.js (\d+)/.exec(about)?.[1] ?? 0)
    return { command, kinds, majors: NODES.map(({ major }) => major).filter((major) => major >= from) }
  })
}

/**
 * Runs the guide's commands for a tool.
 * @param {string} tool @param {{ stripped?: boolean }} [options]
 */
export function testLines(tool, options) {
  const own = lines().filter(({ command }) => TOOLS[tool]?.test(command))
  assert.ok(own.length > 0, `${GUIDE}: expected a command for ${tool}`)
  for (const kind of /** @type {Kind[]} */ (['module', 'commonjs'])) {
    const some = own.filter(({ kinds }) => kinds.includes(kind))
    if (some.length === 0) continue
    test(`${tool} runs jobs of ${kind === 'module' ? 'ES modules' : 'CommonJS'} in job threads and in job processes`, async (t) => {
      const [app, url] = [await application(t, kind, options), await database(t)]
      for (const { command, majors } of some) {
        for (const major of majors) {
          await t.test(`${command}, on Node.js ${major}`, async () => {
            const { lines, text } = await app.run(major, command, { DATABASE_URL: url })
            assert.deepEqual(lines, DONE, text)
          })
        }
      }
    })
  }
}
