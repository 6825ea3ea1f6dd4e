// Greets a new user. The web server bundles this file to enqueue the job, and the worker imports it to perform it.
import { isMainThread } from 'node:worker_threads'
import { EramJob } from 'eramjs'
import { pool } from '../lib/database.ts'

export class WelcomeJob extends EramJob {
  static {
    this.register({
      // The build shortens the name of the class, and jobs keep the name that they were stored with.
      name: 'WelcomeJob',
      queue: 'mail',
      // The worker runs the jobs in a thread, which imports this file. The web server only enqueues; its bundle has no such file.
      filename: import.meta.filename ?? null,
    })
  }

  async perform(args: { user: number }) {
    const { rows } = await pool.query('UPDATE users SET welcomed_at = now() WHERE id = $1 RETURNING email', [args.user])
    console.log(`welcome, ${rows[0].email}`)
    return { isMainThread }
  }
}
