// eramjs skill: prints or writes the skill that tells coding agents how to use EramJS in an application.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { EramError } from '../../index.js'
import { DONE } from '../main.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Prints the skill for coding agents, or writes it into the project'

export const about = `A skill is a page that a coding agent reads when its task needs it: how to use EramJS in an application. --into names the folder
of the project's skills: .agents/skills, .claude/skills or another that your agent reads; the skill is eramjs/SKILL.md in it. A file
that differs is kept, unless --force is given.`

const SKILL = new URL('../../skills/eramjs/SKILL.md', import.meta.url)

/** @type {Record<string, Option>} */
export const options = {
  into: { type: 'string', value: 'folder', help: 'write it into this folder of skills' },
  force: { type: 'boolean', help: 'overwrite a file that differs' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run({ into, force = false, json = false }, io) {
  const text = readFileSync(SKILL, 'utf8')
  if (into === undefined) {
    if (force) throw new EramError('ERAM_CONFIG', 'skill: expected --into beside --force, got --force alone')
    io.print(json ? JSON.stringify({ skill: text, file: null, action: 'print' }) : text.trimEnd())
    return DONE
  }
  const file = path.join(into, 'eramjs', 'SKILL.md')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (before !== undefined && before !== text && !force) {
    throw new EramError('ERAM_CONFIG', `skill: expected no other ${file}, got one that differs; --force overwrites it`)
  }
  const action = before === undefined ? 'create' : before === text ? 'same' : 'change'
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
  io.print(
    json
      ? JSON.stringify({ skill: text, file, action })
      : `${file}: ${{ create: 'written', same: 'up to date', change: 'updated' }[action]}`,
  )
  return DONE
}
