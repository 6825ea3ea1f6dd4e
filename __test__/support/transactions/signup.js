// What the scenarios of enqueueing in transactions share.
import { EramJob } from '../../../index.js'

/** @typedef {import('../database.js').Schema} Schema */

export class Signup extends EramJob {
  static {
    this.register({ queue: 'signups', tags: ['mail'], priority: 2 })
  }

  /** @param {{ email: string, at?: string }} _args */
  async perform(_args) {}
}

/** Thrown to roll back. */
export class Undo extends Error {}

/** The email of each job, in the order of their ids. @param {Schema} schema */
export const emails = async (schema) =>
  (await schema.rows(`SELECT args->>'email' AS email FROM eram_jobs ORDER BY id`)).map(({ email }) => email)

/** A promise, and the function that resolves it. */
export function gate() {
  /** @type {(value?: unknown) => void} */
  let open = () => {}
  const opened = new Promise((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
