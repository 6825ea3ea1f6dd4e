// A relay in front of PostgreSQL that counts the statements of its connections.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Messages of a client that run a statement: Parse and Query. */
const STATEMENTS = new Set(['P', 'Q'])
const HEADER_BYTES = 5

/** @param {string} url  of the database */
export async function startStatementCounter(url) {
  const to = new URL(url)
  let count = 0
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname)
    const read = statementReader(() => count++)
    client.on('data', read)
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      one?.on('error', () => other?.destroy()).on('close', () => other?.destroy())
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const own = new URL(url)
  own.port = String(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
  own.searchParams.set('sslmode', 'disable')
  return { url: own.href, count: () => count, stop: () => server.close() }
}

/** Takes what a client sends, in pieces; the first message has no type. @param {() => void} found */
function statementReader(found) {
  let rest = /** @type {Buffer} */ (Buffer.alloc(0))
  let started = false
  return (/** @type {Buffer} */ piece) => {
    rest = rest.length ? Buffer.concat([rest, piece]) : piece
    for (;;) {
      const length = started ? HEADER_BYTES - 4 : 0
      if (rest.length < length + 4) return
      const end = length + rest.readUInt32BE(length)
      if (rest.length < end) return
      if (started && STATEMENTS.has(String.fromCharCode(rest[0] ?? 0))) found()
      started = true
      rest = rest.subarray(end)
    }
  }
}
