// Calls the HTTP API: reads with an ETag, writes as the server demands them.
import { base } from './config.ts'
import { parseExact } from './json.ts'

const API = `${base}api/v1`

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: { permission?: string; field?: string; hint?: string; state?: string } = {},
  ) {
    super(message)
  }
  /** Whether the server could not be reached, or not the database behind it: it is worth another try. */
  get isOutage(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503
  }
}

export interface Answer<T> {
  /** undefined: what the client has is still right. */
  data: T | undefined
  etag: string | null
}

export async function read<T>(path: string, etag: string | null, signal: AbortSignal): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (etag !== null) headers['if-none-match'] = etag
  // The ETag is the page's own business: the browser's cache would hide that nothing has changed.
  const response = await send(path, { headers, signal, cache: 'no-store' })
  if (response.status === 304) return { data: undefined, etag }
  return { data: (await bodyOf(response)) as T, etag: response.headers.get('etag') }
}

/** Changes something. `body`: a text is JSON already. */
export async function write<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-eram': '1' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
  return (await bodyOf(await send(path, { method, headers, body: text }))) as T
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${API}${path}`, { credentials: 'same-origin', ...init })
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw new ApiError(0, 'OFFLINE', 'The server cannot be reached.')
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  let body: unknown
  try {
    body = text === '' ? null : parseExact(text)
  } catch {
    throw new ApiError(response.status, 'INVALID_ANSWER', `The server answered ${response.status}, and not in JSON.`)
  }
  if (response.ok) return body
  const { code = 'INVALID_ANSWER', message = `The server answered ${response.status}.`, ...more } = (body as { error?: any })?.error ?? {}
  throw new ApiError(response.status, code, message, more)
}

/** A query: lists by repetition, objects as JSON. */
export function queryOf(given: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === '') continue
    for (const each of Array.isArray(value) ? value : [value])
      params.append(name, typeof each === 'object' ? JSON.stringify(each) : String(each))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}
