// eramjs attention: what needs the attention of an operator. For people, and for monitors by its exit code.

import { DONE, NO } from '../main.js'
import { describe, onEngine } from '../operation.js'
import { columns } from '../table.js'

/** @import { Attention } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, operand, options } = describe('attention', { about: 'Exit code 1: something is critical.' })

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {Attention} */
  const found = await onEngine('attention', values, io)
  io.print(values.json ? JSON.stringify(found) : textOf(found))
  return found.items.some(({ severity }) => severity === 'critical') ? NO : DONE
}

/** @param {Attention} found */
function textOf({ at, text, items }) {
  const head = `${at.toISOString()}  ${text}`
  if (items.length === 0) return head
  return `${head}\n${columns(
    ['severity', 'rule', 'what'],
    items.map(({ severity, rule, text }) => [severity, rule, text]),
  )}`
}
