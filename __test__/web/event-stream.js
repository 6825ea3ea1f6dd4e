// A client of a stream of events, for one test.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { until } from '../support/until.js'

/** @typedef {{ event: string, id: string | undefined, data: any }} StreamEvent */

/**
 * Reads the events of a body. `next` gives the first that was not given yet and that is wanted.
 * @param {AsyncIterable<Uint8Array>} body
 */
export function eventsOf(body) {
  /** @type {StreamEvent[]} */
  const events = []
  /** @type {string[]} */
  const comments = []
  const news = new EventEmitter()
  let given = 0
  let isOver = false
  const ended = (async () => {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => /** @type {[string, string]} */ (line.split(/: ?(.*)/s).slice(0, 2))))
        const event = fields.get('event')
        if (event === undefined) comments.push(block)
        else events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') })
      }
      news.emit('more')
    }
  })()
    .catch(() => {})
    .finally(() => {
      isOver = true
      news.emit('more')
    })

  /** @param {string} name @param {(data: any) => boolean} [isWanted] @returns {Promise<StreamEvent>} */
  async function next(name, isWanted = () => true) {
    for (;;) {
      while (given < events.length) {
        const event = /** @type {StreamEvent} */ (events[given])
        given += 1
        if (event.event === name && isWanted(event.data)) return event
      }
      if (isOver) throw new Error(`waited in vain for ${name}: the stream has ended; it had ${events.map(({ event }) => event).join()}`)
      await once(news, 'more')
    }
  }

  return { events, comments, next, ended }
}

/** Statements of the API of an engine, and looks of its stream. @param {object} engine */
export function counted(engine) {
  const remote = /** @type {any} */ (engine)[Symbol.for('eram.remote')]
  const sum = { statements: 0, looks: 0 }
  const reported =
    (/** @type {string} */ name) =>
    async (/** @type {any[]} */ ...args) => {
      const report = args.at(-1)
      if (name === 'liveMarks') sum.looks += 1
      const before = report.statements
      try {
        return await remote[name](...args)
      } finally {
        sum.statements += report.statements - before
      }
    }
  const counting = { ...remote, perform: reported('perform'), liveMarks: reported('liveMarks') }
  Object.defineProperty(engine, Symbol.for('eram.remote'), { get: () => counting, configurable: true })
  return sum
}

/** Waits until no statement comes in several intervals of the stream. @param {{ statements: number }} sum */
export async function quiet(sum) {
  await until(async () => {
    const before = sum.statements
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(sum.statements, before)
  })
}
