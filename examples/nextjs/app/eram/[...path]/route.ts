// GET /eram/health, /eram/ready, /eram/queues and /eram/metrics: for probes and monitors.
import { EramEngine } from 'eramjs'
import { type Handler, handler } from 'eramjs/http'

// Next.js gives the handler the whole path.
const paths = { health: '/eram/health', ready: '/eram/ready', queues: '/eram/queues', metrics: '/eram/metrics' }
let eram: Handler | undefined

export const dynamic = 'force-dynamic'

export function GET(request: Request) {
  eram ??= handler(EramEngine.get(), { paths })
  return eram.fetch(request)
}
