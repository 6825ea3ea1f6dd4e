// Inserts a user and enqueues the welcome in one transaction: both happen, or neither.
import { WelcomeJob } from '../jobs/welcome.ts'
import { transaction } from './database.ts'

/** Rejects an address that is not one, after the enqueue, to show that the job is gone with the row. */
export async function signUp(email: string) {
  return transaction(async (tx) => {
    const { rows } = await tx.query('INSERT INTO users (email) VALUES ($1) RETURNING id', [email])
    const job = await WelcomeJob.enqueue({ user: rows[0].id }, { tx })
    if (!email.includes('@')) throw new RangeError(`email: expected an address, got ${JSON.stringify(email)}`)
    return { user: rows[0].id as number, job: job.id }
  })
}
