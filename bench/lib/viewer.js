// A viewer of the dashboard, as a browser is one that shows the list of jobs: a stream of what changes, and what it asks for when that
// says so.

const TOPICS = 'counts,crons,jobs,metrics,nodes,queues'
const [LIST, COUNTS, CHART] = ['/jobs/search?text=&limit=50', '/counts', '/history?metric=executed&group=worker&window=1h&step=60&top=8']

/** Views until it leaves; resolves once the page is complete. @param {string} url @returns {Promise<() => Promise<void>>} */
export async function view(url) {
  const gone = new AbortController()
  const at = (/** @type {string} */ path) => fetch(`${url}/api/v1${path}`, { signal: gone.signal })
  /** Asks until the server ends. @param {string} path */
  const ask = async (path) => void (await (await at(path)).arrayBuffer())
  const response = await at(`/events?topics=${TOPICS}&refresh=1000`)
  if (!response.ok || !response.body) throw new Error(`viewer: expected a stream, got ${response.status}`)
  const { body } = response
  await Promise.all([LIST, COUNTS, CHART].map(ask))
  const viewing = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true })
      if (/^event: rev$/m.test(text)) await ask(LIST)
      if (/^data: {"topic":"metrics"/m.test(text)) await ask(CHART)
    }
  })().catch(() => {
    // The server ends with the node.
  })
  return async () => {
    gone.abort()
    await viewing
  }
}
