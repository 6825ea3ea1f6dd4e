// The snippets of docs/guides/bundling.md, by section.
import assert from 'node:assert/strict'
import path from 'node:path'
import { snippets } from '../../support/snippets.js'
import { read } from '../../support/sources.js'

const GUIDE = 'docs/guides/bundling.md'

/** This folder, where the packages are. */
export const AREA = import.meta.dirname

/** A program that a package brings. @param {string} name */
export const bin = (name) => path.join(AREA, 'node_modules', '.bin', name)

/** The files of a section, by name. @param {string} title @returns {Record<string, string>} */
export function filesOf(title) {
  return Object.fromEntries(snippetsOf(title).flatMap(({ name, text }) => (name === null ? [] : [[name, text]])))
}

/** The one command of a section, as words. @param {string} title @returns {string[]} */
export function commandOf(title) {
  const [command, ...others] = snippetsOf(title).filter(({ lang }) => lang === 'sh')
  assert.ok(command && others.length === 0, `${GUIDE}, ${title}: expected one command`)
  return command.text.trim().split(' ')
}

/** @param {string} title */
function snippetsOf(title) {
  const lines = read(GUIDE).split('\n')
  const start = lines.indexOf(`## ${title}`) + 1
  assert.ok(start > 0, `${GUIDE}: expected a section ${title}`)
  const end = lines.findIndex((line, at) => at >= start && line.startsWith('## '))
  const found = snippets(GUIDE).filter(({ line }) => line > start && (end < 0 || line <= end))
  assert.ok(found.length > 0, `${GUIDE}, ${title}: expected code`)
  return found
}
