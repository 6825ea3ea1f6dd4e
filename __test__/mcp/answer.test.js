// What a tool answers fits the context of an agent, and says what was left out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noted } from '../../cli/mcp/answer.js'
import { parseExact } from '../../lib/shared/exact.js'

const LIMIT = 3000
const job = (/** @type {number} */ id, /** @type {unknown} */ args = {}) => ({ id, worker: 'MailJob', args })
/** @param {any} answer */
const short = (answer) => noted(answer, { isHidden: false, limit: LIMIT })

test('an answer that fits is as it is', () => {
  const { answer, notes } = short({ jobs: [job(2), job(1)], next: null })
  assert.deepEqual(answer, { jobs: [job(2), job(1)], next: null })
  assert.equal(notes.length, 1)
  assert.deepEqual(short(null).answer, null)
  assert.deepEqual(short(undefined).answer, null)
})

test('of a page that is too long, the first jobs are there, and the next page begins after them', () => {
  const jobs = Array.from({ length: 100 }, (_, i) => job(1000 - i))
  const { answer, notes } = short({ jobs, next: 901 })
  assert.ok(answer.jobs.length > 10 && answer.jobs.length < 100)
  assert.equal(answer.next, answer.jobs.at(-1).id)
  assert.ok(JSON.stringify(answer).length <= LIMIT)
  assert.ok(notes.some((note) => note.includes(`has ${answer.jobs.length} of 100`) && note.includes('`next` as `before`')))
})

test('of a list without pages, the first items are there, and a note says how many there are', () => {
  const { answer, notes } = short({ queues: Array.from({ length: 500 }, (_, i) => ({ queue: `tenant ${i}` })) })
  assert.ok(!('next' in answer))
  assert.ok(notes.some((note) => note.includes(`has ${answer.queues.length} of 500`) && note.includes('ask for less')))
})

test('texts that are too long are cut, with their length', () => {
  const { answer, notes } = short(job(1, { body: 'x'.repeat(100_000), to: 'a' }))
  assert.match(answer.args.body, /^x+… \(\d+ more characters\)$/)
  assert.equal(answer.args.to, 'a')
  assert.ok(notes.some((note) => note.startsWith('Texts of more than ')))
})

test('a payload that is too long in many parts is left out', () => {
  const { answer, notes } = short(job(1, { all: Array.from({ length: 10_000 }, (_, i) => i) }))
  assert.deepEqual(answer, { ...job(1), args: null })
  assert.ok(notes.some((note) => note.includes('left out, as null')))
})

test('numbers that JavaScript would round are texts, others numbers', () => {
  const args = parseExact('{ "id": 9007199254740993, "price": 1.10, "zero": 1000000000000000000000, "pi": 3.14159265358979323846 }')
  assert.deepEqual(short(job(1, args)).answer.args, { id: '9007199254740993', price: 1.1, zero: 1e21, pi: '3.14159265358979323846' })
})
