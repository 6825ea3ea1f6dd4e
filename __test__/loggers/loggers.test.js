// Well-known loggers as the option `logger`.
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import pino from 'pino'
import pino9 from 'pino-9'
import winston from 'winston'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

/** A stream, and the JSON lines that were written to it. @returns {[PassThrough, any[]]} */
function lines() {
  /** @type {any[]} */
  const records = []
  const stream = new PassThrough()
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    for (const line of String(chunk).split('\n').filter(Boolean)) records.push(JSON.parse(line))
  })
  return [stream, records]
}

/** @param {object} logger @param {any[]} records @param {{ message: string, level: (record: any) => unknown, warn: unknown }} shape */
const receives = (logger, records, { message, level, warn }) =>
  withEngine({ logger }, async () => {
    const id = await enqueue(ThreadJob, { action: 'log', words: ['sent', { to: 'ada' }] })
    const found = await until(() => {
      const record = records.find((each) => each.job_id === id)
      assert.ok(record)
      return record
    })
    const { [message]: text, event, worker, queue, to } = found
    assert.deepEqual([text, event, worker, queue, to, level(found)], ['sent', 'job:log', 'ThreadJob', 'thread', 'ada', warn])
    const failed = await enqueue(ThreadJob, { action: 'throw', message: 'bad' }, { max_attempts: 1 })
    await until(() => assert.ok(records.some((each) => each.job_id === failed && each.error?.message === 'bad')))
  })

describe('a logger receives records as it expects them', () => {
  for (const [name, make] of /** @type {const} */ ([
    ['pino 10', pino],
    ['pino 9', pino9],
  ])) {
    test(name, async () => {
      const [stream, records] = lines()
      const logger = make({ level: 'debug' }, stream)
      await receives(logger, records, { message: 'msg', level: (record) => record.level, warn: 40 })
    })
  }

  test('winston 3', async () => {
    const [stream, records] = lines()
    const transports = [new winston.transports.Stream({ stream })]
    const logger = winston.createLogger({ level: 'debug', format: winston.format.json(), transports })
    await receives(logger, records, { message: 'message', level: (record) => record.level, warn: 'warn' })
  })

  test('winston 3 with the levels of syslog, which have no warn: error', async () => {
    const [stream, records] = lines()
    const transports = [new winston.transports.Stream({ stream })]
    const levels = winston.config.syslog.levels
    const logger = winston.createLogger({ levels, level: 'debug', format: winston.format.json(), transports })
    await receives(logger, records, { message: 'message', level: (record) => record.level, warn: 'error' })
  })
})
