// Refuses writes that another site has made a browser send, and names that a browser was led to this server by.

import { ApiError } from './errors.js'

/** The header that a page of another site cannot set without asking first. */
export const MARK = 'x-eram'

/**
 * @param {Request} request
 * @param {string[]} origins  allowed besides the request's own
 */
export function refuseForged(request, origins) {
  const { headers } = request
  const type = headers.get('content-type')
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError('NOT_JSON', `expected the content type application/json, got ${JSON.stringify(type.slice(0, 80))}`)
  }
  if (headers.get(MARK) === null) {
    throw new ApiError('CROSS_SITE', 'expected the header X-Eram: 1, got none', {
      hint: 'send it with each request that changes something',
    })
  }
  const origin = headers.get('origin')
  if (origin !== null && origins.includes(origin)) return
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') throw crossSite(`a request of the same origin, got one that is ${site.slice(0, 20)}`)
  if (site === null && origin !== null && hostOf(origin) !== hostNameOf(request)) {
    throw crossSite(`the origin of this server, got ${JSON.stringify(origin.slice(0, 80))}`)
  }
}

/** @param {Request} request @param {string[] | undefined} hosts */
export function refuseHost(request, hosts) {
  if (hosts === undefined) return
  const name = hostNameOf(request).replace(/:\d+$/, '')
  if (!hosts.includes(name)) {
    throw new ApiError('WRONG_HOST', `expected the host ${hosts.join(' or ')}, got ${JSON.stringify(name.slice(0, 80))}`)
  }
}

/** @param {string} expected */
function crossSite(expected) {
  return new ApiError('CROSS_SITE', `expected ${expected}`, { hint: 'behind a proxy that changes the host, set the option origins' })
}

/** The host that the client asked for. @param {Request} request */
function hostNameOf(request) {
  return request.headers.get('host') ?? new URL(request.url).host
}

/** @param {string} origin */
function hostOf(origin) {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
