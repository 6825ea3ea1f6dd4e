// The web server: POST /users signs a user up. The user and the job that sends the mail are inserted in one transaction, so there
// is never a user without a mail, nor a mail without a user.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { EramEngine } from 'eramjs'
import { config, dataSource, JOBS_SCHEMA } from './database.js'
import { Profile, User } from './entities.js'
import { EmailUserJob } from './jobs.js'
import { onStop, ready } from './program.js'

/** @typedef {{ email: string, name: string }} Form */

await dataSource.initialize()
// Without queues an engine only enqueues.
const engine = await EramEngine.start({ driver: { type: 'typeorm', config }, prefix: JOBS_SCHEMA })

/** @param {Form} form */
function signUp({ email, name }) {
  return dataSource.transaction(async (em) => {
    const user = await em.save(User, { email })
    await EmailUserJob.enqueue({ email }, { tx: em })
    // Fails without a name, and rolls back the user and the job, which have been inserted already.
    await em.insert(Profile, { user_id: user.id, name })
    return user
  })
}

/** @param {unknown} error */
function statusOf(error) {
  if (error instanceof SyntaxError) return 400
  // SQLSTATE 23…: a constraint is violated.
  const { code } = /** @type {{ code?: string }} */ (error)
  return code?.startsWith('23') ? 422 : 500
}

const server = createServer(async (request, response) => {
  /** @param {number} status @param {object} body */
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  try {
    if (`${request.method} ${request.url}` !== 'POST /users') return answer(404, { error: 'expected POST /users' })
    answer(201, await signUp(/** @type {Form} */ (await json(request))))
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    answer(statusOf(error), { error: message })
  }
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
ready(`accepts sign-ups at http://127.0.0.1:${port}/users`, { port })

onStop(async () => {
  server.close()
  server.closeAllConnections()
  await engine.stop()
  await dataSource.destroy()
})
