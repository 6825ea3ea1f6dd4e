// A server that runs SQL for HTTP requests, in front of a real PostgreSQL, with the protocol of Neon's: a POST of { query, params }, or
// of { queries } for a transaction of several, with the connection string in a header.
import { once } from 'node:events'
import { createServer } from 'node:http'
import pg from 'pg'

/** @typedef {{ query: string, params: unknown[] }} Query */

/** Values as texts: the client parses them. */
const types = { getTypeParser: () => (/** @type {unknown} */ value) => value }

/**
 * @param {string} url  of the database, whichever the client names
 */
export async function startSqlEndpoint(url) {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  // The database may be dropped before.
  pool.on('error', () => {})
  /** The statements so far. @type {string[]} */
  const statements = []
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    try {
      let body = ''
      for await (const chunk of request) body += chunk
      const given = /** @type {Query & { queries?: Query[] }} */ (JSON.parse(body))
      const rows = request.headers['neon-array-mode'] === 'true'
      const answer = given.queries ? { results: await transaction(given.queries, rows) } : await run(pool, given, rows)
      response.end(JSON.stringify(answer))
    } catch (error) {
      const { message, code, severity, detail, hint } = /** @type {import('pg').DatabaseError} */ (error)
      response.statusCode = code ? 400 : 500
      response.end(JSON.stringify({ message, code, severity, detail, hint }))
    }
  })

  /** @param {pg.Pool | pg.PoolClient} on @param {Query} query @param {boolean} isArray */
  async function run(on, { query, params }, isArray) {
    statements.push(query)
    const result = await on.query({ text: query, values: params, types, ...(isArray && { rowMode: 'array' }) })
    const { command, rowCount, rows, fields } = result
    return { command, rowCount, rows, rowAsArray: isArray, fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })) }
  }

  /** @param {Query[]} queries @param {boolean} isArray */
  async function transaction(queries, isArray) {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const results = []
      for (const query of queries) results.push(await run(client, query, isArray))
      await client.query('COMMIT')
      return results
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}/sql`,
    statements,
    async close() {
      server.closeAllConnections()
      server.close()
      await pool.end()
    },
  }
}
