// The database that a command works with: the one of DATABASE_URL, else one for as long as the command takes.
import { say } from './say.js'

/**
 * @template T
 * @param {(url: string) => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withDatabase(task) {
  if (process.env.DATABASE_URL) {
    say('database', 'the one of DATABASE_URL')
    return task(process.env.DATABASE_URL)
  }
  // Not above: it comes with the dependencies, which the set-up fetches.
  const { startPostgres } = await import('./postgres.js')
  const postgres = await startPostgres()
  say('database', `one of its own on port ${postgres.port}, as DATABASE_URL is not set`)
  try {
    return await task(postgres.url)
  } finally {
    await postgres.stop()
  }
}
