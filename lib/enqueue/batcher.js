// Enqueues without a transaction that are called in the same turn of the event loop go to the engine in one call, and come back
// in one: a promise of the addon for each would cost more than all the rest.

/** @import { Port } from '../shared/global-state.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @typedef {{ text: string, resolve: (row: Row) => void, reject: (error: unknown) => void }} Letter */

/** The most drafts of one call, and about the most of text: as many as the engine puts into one statement. */
const MOST = 1000
const LENGTH = 4 * 1024 * 1024

export class Mailbox {
  #port
  #engine
  /** @type {Letter[]} */
  #letters = []
  #length = 0

  /**
   * @param {Port} port
   * @param {number} engine
   */
  constructor(port, engine) {
    this.#port = port
    this.#engine = engine
  }

  /**
   * @param {string} text of a draft: JSON, which has no line breaks
   * @returns {Promise<Row>} once it is committed; rejects with an error as the addon throws it
   */
  enqueue(text) {
    return new Promise((resolve, reject) => {
      if (this.#letters.length === 0) queueMicrotask(() => this.#send())
      this.#letters.push({ text, resolve, reject })
      this.#length += text.length
      if (this.#letters.length === MOST || this.#length >= LENGTH) this.#send()
    })
  }

  async #send() {
    const letters = this.#letters
    if (letters.length === 0) return
    this.#letters = []
    this.#length = 0
    try {
      const rows = JSON.parse(await this.#port.enqueueEach(this.#engine, letters.map((it) => it.text).join('\n')))
      for (const [i, { resolve, reject }] of letters.entries()) {
        const row = rows[i]
        if (row.refused === undefined) resolve(row)
        else reject(new Error(row.refused))
      }
    } catch (error) {
      for (const { reject } of letters) reject(error)
    }
  }
}
