// A sandboxed processor of BullMQ: loaded by each of its threads.

import { spin } from '../../lib/spin.js'

/** @param {{ data: { rounds: number } }} job */
export default async function processor({ data }) {
  spin(data)
}
