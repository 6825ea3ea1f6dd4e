// Answers that go on: text is sent as it comes, as long as the client takes it.

import { performance } from 'node:perf_hooks'

/** @import { ServerResponse } from 'node:http' */

/** Bytes that may wait for a client, and milliseconds for which some may. */
const MOST_QUEUED = 1024 * 1024
const LONGEST_STALL = 30_000

/**
 * Where a stream goes.
 * @typedef {object} Sink
 * @property {(text: string) => void} send  drops a client that takes nothing
 * @property {() => void} end
 * @property {(closed: () => void) => void} onClose  called once the client has gone, or was dropped, or the stream has ended
 */

/** @typedef {(sink: Sink) => void} Stream  begins it */

/**
 * Whether a client takes what it is sent.
 * @param {() => number} queued  bytes that wait for it
 */
function keepsUpWith(queued) {
  let since = Infinity
  return () => {
    const waiting = queued()
    if (waiting === 0) since = Infinity
    else since = Math.min(since, performance.now())
    return waiting <= MOST_QUEUED && performance.now() - since < LONGEST_STALL
  }
}

/** @param {ServerResponse} response  whose headers are sent @returns {Sink} */
export function nodeSink(response) {
  const keepsUp = keepsUpWith(() => response.writableLength ?? 0)
  const isOver = () => response.destroyed || response.writableEnded
  // What a client that has gone causes is of no interest.
  response.on('error', () => {})
  return {
    send(text) {
      if (isOver()) return
      if (!keepsUp()) return void response.destroy()
      response.write(text)
      // Compression keeps what it has until it is told.
      Reflect.get(response, 'flush')?.call(response)
    },
    end: () => void (isOver() || response.end()),
    onClose: (closed) => void (isOver() ? closed() : response.once('close', closed)),
  }
}

/** The body of a Response. @param {Stream} stream */
export function bodyOf(stream) {
  /** @type {(() => void)[]} */
  const listeners = []
  let isOver = false
  const over = () => {
    if (isOver) return
    isOver = true
    for (const closed of listeners) closed()
  }
  return new ReadableStream(
    {
      start(controller) {
        const encoder = new TextEncoder()
        const keepsUp = keepsUpWith(() => MOST_QUEUED - (controller.desiredSize ?? MOST_QUEUED))
        stream({
          send(text) {
            if (isOver) return
            if (keepsUp()) return controller.enqueue(encoder.encode(text))
            controller.error(new Error('expected a client that reads the stream, got one that does not'))
            over()
          },
          end() {
            if (!isOver) controller.close()
            over()
          },
          onClose: (closed) => void (isOver ? closed() : listeners.push(closed)),
        })
      },
      cancel: over,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_QUEUED }),
  )
}
