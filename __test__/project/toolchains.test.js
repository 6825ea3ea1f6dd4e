// docs/guides/toolchains.md: each row has its test, each test its row, and each version is the one that is installed.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { ROOT } from '../../scripts/command.js'

const PAGE = 'docs/guides/toolchains.md'
const FOLDER = '__test__/toolchains'

const rows = readFileSync(path.join(ROOT, PAGE), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Tool '))
  .map((line) => {
    const [tool = '', version = '', , tests = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    return { tool, version, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) }
  })

/** The exact version of a package that the manifest nearest to a test has. @param {string} file @param {string} name @returns {string | undefined} */
function versionOf(file, name) {
  for (let folder = path.dirname(file); folder.startsWith(FOLDER); folder = path.dirname(folder)) {
    const manifest = path.join(ROOT, folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
    const version = { ...dependencies, ...devDependencies, ...optionalDependencies }[name]
    return version?.replace(/^npm:.*@/, '')
  }
  return undefined
}

describe('the table of toolchains', () => {
  test('names tests that exist', () => {
    assert.ok(rows.length > 20)
    for (const { tool, tests } of rows) {
      assert.ok(tests.length > 0, tool)
      for (const file of tests) assert.ok(existsSync(path.join(ROOT, file)), `${tool}: ${file}`)
    }
  })

  test('has a row for each test', () => {
    const names = readdirSync(path.join(ROOT, FOLDER), { recursive: true, encoding: 'utf8' })
    const tests = names.filter((name) => name.endsWith('.test.js') && !/node_modules|\.apps/.test(name))
    const named = new Set(rows.flatMap((row) => row.tests))
    assert.deepEqual(
      tests.map((name) => `${FOLDER}/${name.split(path.sep).join('/')}`).filter((file) => !named.has(file)),
      [],
    )
  })

  test('names the versions that are installed', () => {
    for (const { tool, version, tests } of rows) {
      const [, name] = /^`([^`]+)`/.exec(tool) ?? []
      if (name) assert.equal(versionOf(tests[0] ?? '', name), version, `${tool}: ${tests[0]}`)
    }
  })
})
