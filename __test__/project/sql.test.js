// How our SQL is written: in ASCII, as databases of any encoding take it, and so that nothing in the schema stands in for a function
// of PostgreSQL.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSchema } from '../support/database.js'
import { files, read } from '../support/sources.js'

/** What looks like a call and is syntax, which no function replaces. */
const SYNTAX = new Set('all any array cast coalesce exists extract filter greatest in least nullif over row some using values'.split(' '))

/** Without comments, and with strings emptied. @param {string} text */
const code = (text) => text.replace(/--.*$/gm, '').replace(/'(?:[^']|'')*'/g, "''")

/**
 * Calls with arguments that do not say of which schema: of ours they may be, of PostgreSQL they may not.
 *
 * @param {string} text
 * @param {Set<string>} functions of PostgreSQL
 */
function unqualified(text, functions) {
  const found = []
  for (const { 1: before = '', 2: name = '', index, 0: match } of text.matchAll(/(\S*\s*)(?<![\w.$"])([a-z_]\w*)\(/g)) {
    if (SYNTAX.has(name) || !functions.has(name) || /\b(AS|FUNCTION|TABLE|INTO)\s*$/.test(before)) continue
    const given = argumentsAt(text, index + match.length)
    // Calls without arguments are as PostgreSQL's own, which come first. Of several arrays, unnest is PostgreSQL's by its syntax.
    if (
      given.length === 0 ||
      given[0] === '*' ||
      (name === 'unnest' && given.length > 1) ||
      (name === 'substring' && / FROM /.test(given[0] ?? ''))
    )
      continue
    found.push(`${name}(${given.join(',')})`)
  }
  return found
}

/** @param {string} text @param {number} start after the parenthesis */
function argumentsAt(text, start) {
  let depth = 0
  const given = ['']
  for (const letter of text.slice(start)) {
    if (letter === ')' && depth === 0) break
    depth += '(['.includes(letter) ? 1 : ')]'.includes(letter) ? -1 : 0
    if (letter === ',' && depth === 0) given.push('')
    else given.push(`${given.pop()}${letter}`)
  }
  return given.length === 1 && given[0]?.trim() === '' ? [] : given.map((each) => each.trim())
}

test('each call names the schema of what it calls', () =>
  withSchema(async ({ rows, prefix }) => {
    const known = await rows(`SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace`)
    const functions = new Set(known.map(({ name }) => name))
    assert.deepEqual(unqualified("SELECT f(x), coalesce(count(*), 1), pg_catalog.min(c), now(), lower(''), unnest(a, b)", functions), [
      "lower('')",
    ])
    for (const file of [...files('migrations', '.sql'), ...files('src/store/sql', '.sql')]) {
      assert.deepEqual(unqualified(code(read(file)), functions), [], file)
    }
    const made = await rows(
      `SELECT p.proname AS name, pg_get_functiondef(p.oid) AS text FROM pg_proc AS p WHERE p.pronamespace = '${prefix}'::regnamespace`,
    )
    assert.ok(made.length > 20)
    for (const { name, text } of made) {
      assert.deepEqual(unqualified(code(text), functions), [], name)
    }
  }))

test('no literal stands where its type decides which operator is meant', () => {
  for (const file of [...files('migrations', '.up.sql'), ...files('src/store/sql', '.sql')]) {
    const text = code(read(file))
    assert.doesNotMatch(text, /(->>?|#>>?|(?<!@)\?)\s*''(?!::)/, file)
    assert.doesNotMatch(text, /\b[cj]\.state (=|<>|IN|NOT IN) /, file)
  }
})

test('migrations are in ASCII, which every encoding of a database has', () => {
  for (const file of files('migrations', '.sql')) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
    assert.match(read(file), /^[\x00-\x7f]*$/, file)
  }
})

test('a function that rules out plans is not compiled for the cost of the one that is left', () => {
  for (const file of files('migrations', '.up.sql')) {
    for (const [head, name] of read(file).matchAll(/CREATE FUNCTION (\w+)[^$]*\$\$/g)) {
      if (/SET enable_\w+ = off/.test(head)) assert.match(head, /SET jit = off/, name)
    }
  }
})
