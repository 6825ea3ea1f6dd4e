// Messages between nodes: notify. To receive them is not an operation, since its answer does not end.

import { readNotify, send } from '../messages.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const messages = [
  {
    name: 'notify',
    summary: 'Sends a message to all nodes that listen on a channel',
    about: 'With a transaction, when that commits.',
    access: 'write',
    options: {
      channel: { kind: 'text', required: true, meaning: '1 to 63 letters, digits and `_.:/-`' },
      payload: { kind: 'any', default: 'null', meaning: 'the message, up to 7500 bytes of JSON' },
      tx: { kind: 'transaction', default: 'that of withTransaction, or none', meaning: 'the transaction to join' },
      scope: { kind: 'text', default: "'cluster'", meaning: "'cluster', or 'local' for this engine alone" },
    },
    answer: { type: 'void' },
    call: { parameters: ['channel', 'payload', 'options'], read: readNotify },
    run: send,
  },
]
