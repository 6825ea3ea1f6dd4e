// Holds the table of operations against the declarations and the commands: what is declared is in the table, with the same options
// and the same answer, and each command comes from it.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import { KINDS, operations } from '../../lib/operations/index.js'
import { groupOf, methodOf } from '../../lib/operations/operation.js'
import { memberNames, membersOf } from '../support/declarations.js'
import { methodOfType } from '../support/methods.js'
import { files, read } from '../support/sources.js'

/** Members of EramEngine that are not operations, and why. @type {Record<string, string>} */
const OTHERS = {
  start: 'makes the engine that operations need',
  get: 'returns an object of this process',
  stop: 'ends the engine',
  enqueue: 'takes a class and a transaction, and is batched on its own path',
  enqueueAll: 'as enqueue',
  withTransaction: 'takes a function',
  on: 'takes a function',
  off: 'takes a function',
  once: 'takes a function',
  listen: 'takes a function',
  use: 'takes functions',
}
const FIELDS = ['name', 'node', 'prefix', 'version', 'queues_disabled', 'jobs', 'cron']

/** The declaration of which each group has the methods. @type {Record<string, { type: string, static: boolean }>} */
const OWNERS = {
  engine: { type: 'EramEngine', static: false },
  schema: { type: 'EramEngine', static: true },
  jobs: { type: 'Jobs', static: false },
  cron: { type: 'Crons', static: false },
}

/** @param {string} group */
const ownerOf = (group) => OWNERS[group] ?? assert.fail(`expected a group, got ${group}`)
const methods = operations.filter(({ call }) => call)

test('each method that is declared is in the table, or is known not to be an operation', () => {
  for (const [group, owner] of Object.entries(OWNERS)) {
    const own = membersOf(owner.type).filter((member) => member.static === owner.static && !FIELDS.includes(member.name))
    const declared = [...new Set(own.map(({ name }) => name))].filter((name) => !(owner.type === 'EramEngine' && name in OTHERS))
    const listed = methods.filter((operation) => groupOf(operation) === group).map(methodOf)
    assert.deepEqual(listed.sort(), declared.sort(), group)
  }
  const members = memberNames('EramEngine')
  assert.deepEqual(
    Object.keys(OTHERS).filter((name) => !members.includes(name)),
    [],
  )
})

describe('an operation', () => {
  test('has a name of its own, options of known kinds, and one way to be run', () => {
    assert.equal(new Set(operations.map(({ name }) => name)).size, operations.length)
    for (const { name, summary, about, options, access, run } of operations) {
      assert.match(summary, /^[A-Z].*[^.]$/s, name)
      assert.match(about ?? '.', /\.$/, name)
      assert.ok(['read', 'write'].includes(access), name)
      assert.equal(typeof run, 'function', name)
      for (const [key, { kind, meaning }] of Object.entries(options)) {
        assert.ok(Object.hasOwn(KINDS, kind), `${name}.${key}`)
        assert.match(meaning, /[^.]$/, `${name}.${key}`)
      }
    }
  })

  test('is, but for its functions, plain JSON; and so are its options, but for a driver, a transaction and a signal', () => {
    for (const { run: _, call: __, ...facts } of operations) assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts)
    const only = Object.entries(KINDS).filter(([, { json }]) => json === null)
    assert.deepEqual(
      only.map(([kind]) => kind),
      ['transaction', 'driver', 'signal'],
    )
  })

  for (const operation of methods) {
    test(`${operation.name} has the options and the answer that are declared`, () => {
      const owner = ownerOf(groupOf(operation))
      const declared = methodOfType(owner.type, methodOf(operation), owner)
      const options = Object.entries(operation.options).map(([key, { required = false }]) => [key, required])
      assert.deepEqual(Object.fromEntries(options), Object.fromEntries(declared.options))
      const parameters = declared.parameters.map((name) => (name === 'filter' ? 'options' : name))
      assert.deepEqual(operation.call?.parameters, parameters)
      const { answer } = operation
      assert.deepEqual([...(answer.dates ?? [])].sort(), declared.dates)
      const types = new Set(answer.type.match(/\b[A-Z]\w+/g) ?? [])
      assert.deepEqual([...types].sort(), declared.types)
    })
  }
})

/** Commands that are not made of an operation, and why. @type {Record<string, string>} */
const OTHER_COMMANDS = {
  worker: 'starts the engine that operations need',
  dev: 'starts a database and a worker',
  init: 'writes files',
  completion: 'prints a script for a shell',
  grants: 'prints SQL, without a database',
  web: 'serves the operations',
  mcp: 'serves the operations to agents',
  skill: 'prints a page',
  'jobs/enqueue': 'is a method of the engine and of job classes',
}

/** Commands that take more than their operation, such as a filter or the name of an entry, and describe that themselves. */
const DESCRIBED_APART = [
  'crons/next',
  'doctor',
  'jobs/cancel',
  'jobs/delete',
  'jobs/list',
  'jobs/profile',
  'jobs/retry',
  'jobs/show',
  'metrics',
]

describe('a command', () => {
  const all = files('cli/commands', '.js')
  const indexes = all.filter((file) => path.basename(file) === 'index.js')
  const files_ = all.filter((file) => !indexes.includes(file))
  /** Its name, with / after that of its group. @param {string} file */
  const nameOf = (file) => file.replace(/^cli\/commands\/|\.js$/g, '')
  const made = files_.filter((file) => !(nameOf(file) in OTHER_COMMANDS)).sort()
  const fileOf = (/** @type {string | undefined} */ command) => `cli/commands/${command?.replace(' ', '/')}.js`
  const commands = operations.filter(({ command }) => command !== undefined)

  test('comes from an operation, each from one, or is known not to', () => {
    assert.deepEqual(commands.map(({ command }) => fileOf(command)).sort(), made)
    assert.deepEqual(files_.length - made.length, Object.keys(OTHER_COMMANDS).length)
    const listed = ['cli/index.js', ...indexes].flatMap((index) =>
      [...read(index).matchAll(/^import \* as \w+ from '\.\/([\w/-]+)\.js'$/gm)].map(([, file = '']) =>
        path.posix.join(path.posix.dirname(index), `${file}.js`),
      ),
    )
    assert.deepEqual(listed.sort(), all.sort())
  })

  for (const file of made) {
    test(`${nameOf(file)} has the words of the table`, async () => {
      const { summary, about, options, operand } = await import(`../../${file}`)
      const operation = commands.find(({ command }) => fileOf(command) === file)
      assert.ok(operation)
      if (DESCRIBED_APART.includes(nameOf(file))) {
        assert.match(summary, /^[A-Z].*[^.]$/)
        return
      }
      assert.equal(summary, operation.summary)
      assert.ok(about.startsWith(operation.about ?? ''), about)
      for (const [key, { kind, meaning, flag }] of Object.entries(operation.options)) {
        if (key === operand || flag === false || KINDS[kind].json === null) continue
        const { help } = options[key.replaceAll('_', '-')]
        assert.ok(help.startsWith(meaning), help)
      }
    })
  }
})
