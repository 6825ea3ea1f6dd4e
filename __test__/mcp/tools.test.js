// The tools of agents: they follow from the table of operations, and their schemas are valid and hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { accessOf } from '../../cli/mcp/access.js'
import { LIMIT } from '../../cli/mcp/answer.js'
import { toolsOf } from '../../cli/mcp/tools.js'
import { createWeb } from '../../integrations/web/index.js'
import { operations, remoteBy, routesOf } from '../../lib/operations/index.js'
import { read } from '../support/sources.js'

/** @import { EramEngine } from '../../index.js' */

const access = accessOf({ 'allow-writes': true, payloads: true })
const remote = remoteBy(
  async () => null,
  () => {},
)
const engine = /** @type {EramEngine} */ (/** @type {unknown} */ ({ health() {}, [Symbol.for('eram.remote')]: remote }))
const { list } = await toolsOf(createWeb(engine, { access: () => access }), access)
const routes = routesOf(operations)
const toolOf = (/** @type {string} */ name) => list.find((tool) => tool.name === name.replace('.', '_'))

test('each operation of the API has a tool, unless the table leaves it out', () => {
  const expected = routes.filter(({ operation }) => operation.remote?.tool !== false).map(({ name }) => name.replace('.', '_'))
  assert.deepEqual(
    list.map(({ name }) => name),
    expected,
  )
  for (const { name, title, description } of list) {
    // What all programs of agents take.
    assert.match(name, /^[A-Za-z0-9_-]{1,64}$/)
    assert.ok(title && description?.includes(title), name)
  }
})

test('what ends, overwrites or deletes something is marked so, and only what changes nothing is read-only', () => {
  const known = [
    'purge',
    'resetQueue',
    'stopQueue',
    'jobs_cancel',
    'jobs_delete',
    'jobs_update',
    'cron_upsert',
    'cron_update',
    'cron_delete',
    'jobs_bulk',
  ]
  assert.deepEqual(
    list
      .filter(({ annotations }) => annotations?.destructiveHint)
      .map(({ name }) => name)
      .sort(),
    known.sort(),
  )
  for (const { name, operation } of routes) {
    const tool = toolOf(name)
    if (tool) assert.equal(tool.annotations?.readOnlyHint, operation.access === 'read', name)
  }
})

test('the schemas are valid, whole, and have each option with its meaning', () => {
  for (const { name, inputSchema, outputSchema } of list) {
    const ajv = addFormats.default(new Ajv.default({ strict: true, allowUnionTypes: true, strictRequired: false }))
    ajv.compile(inputSchema)
    ajv.compile(outputSchema ?? assert.fail(name))
    const route = routes.find((each) => toolOf(each.name)?.name === name)
    const properties = /** @type {Record<string, { description?: string }>} */ (inputSchema.properties)
    assert.deepEqual(Object.keys(properties).sort(), route?.parameters.map((parameter) => parameter.name).sort(), name)
    for (const [option, { description }] of Object.entries(properties)) assert.ok(description, `${name}.${option}`)
  }
})

test('the list is short enough for the context of an agent', () => {
  const length = (/** @type {typeof list} */ tools) => JSON.stringify(tools.map(({ outputSchema: _, ...rest }) => rest)).length
  const reading = list.filter(({ annotations }) => annotations?.readOnlyHint)
  assert.ok(length(reading) < 16_000, String(length(reading)))
  assert.ok(length(list) < 65_000, String(length(list)))
})

test('the guide names the tools that read, and the limit of an answer', () => {
  const guide = read('docs/guides/agents.md')
  const [, named = ''] = /for the dot: (.*?); and those that change/s.exec(guide) ?? []
  const reading = list.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name)
  assert.deepEqual([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), reading.sort())
  assert.ok(guide.includes(`at most ${LIMIT.toLocaleString('en')} characters`))
})
