// Batches enqueues without a transaction: those of one turn of the event loop go to the engine in one call and come back in one,
// because a promise of the addon for each would cost more than everything else.

/** @import { EnqueueTransport } from '../shared/global-state.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @typedef {{ text: string, resolve: (row: Row) => void, reject: (error: unknown) => void }} PendingDraft */

/** Drafts per call: as many as the engine puts into one statement. */
const MAX_BATCH = 1000
/** Characters per call, after which it is sent. */
const MAX_BATCH_LENGTH = 4 * 1024 * 1024

export class EnqueueBatcher {
  #transport
  #engine
  /** @type {PendingDraft[]} */
  #pending = []
  #length = 0

  /**
   * @param {EnqueueTransport} transport
   * @param {number} engine
   */
  constructor(transport, engine) {
    this.#transport = transport
    this.#engine = engine
  }

  /**
   * @param {string} text  of a draft: JSON, which has no line breaks
   * @returns {Promise<Row>} resolves once the job is committed; rejects with an error as the addon throws it
   */
  enqueue(text) {
    return new Promise((resolve, reject) => {
      // Not by queueMicrotask, which fake timers hold back.
      if (this.#pending.length === 0) Promise.resolve().then(() => this.#send())
      this.#pending.push({ text, resolve, reject })
      this.#length += text.length
      if (this.#pending.length === MAX_BATCH || this.#length >= MAX_BATCH_LENGTH) this.#send()
    })
  }

  async #send() {
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    this.#length = 0
    try {
      const rows = JSON.parse(await this.#transport.enqueueEach(this.#engine, batch.map((each) => each.text).join('\n')))
      for (const [i, { resolve, reject }] of batch.entries()) {
        const row = rows[i]
        if (row.refused === undefined) resolve(row)
        else reject(new Error(row.refused))
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
