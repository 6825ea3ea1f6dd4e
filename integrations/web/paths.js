// Finds the route of a path.

/** @import { RemoteEngine, Route } from './remote.js' */

/** Where the API is, below the path at which it is mounted. */
export const API = '/api/v1'

/** @typedef {{ routes: Route[], path: Record<string, string> }} Match  `routes`: one for each method */

/**
 * @param {RemoteEngine['routes']} routes
 * @param {string} pathname  below API
 * @returns {Match}
 */
export function match(routes, pathname) {
  const parts = pathname.split('/')
  /** @type {Match & { texts: number }} */
  let best = { routes: [], path: {}, texts: -1 }
  for (const route of routes) {
    const found = compare(route.path.split('/'), parts)
    if (!found || found.texts < best.texts) continue
    // `/jobs/search` is not `/jobs/{id}`.
    if (found.texts > best.texts) best = { ...found, routes: [] }
    best.routes.push(route)
  }
  return best
}

/** @param {string[]} pattern @param {string[]} parts */
function compare(pattern, parts) {
  if (pattern.length !== parts.length) return undefined
  /** @type {Record<string, string>} */
  const path = {}
  let texts = 0
  for (const [at, expected] of pattern.entries()) {
    const part = parts[at] ?? ''
    if (expected.startsWith('{')) {
      const value = decoded(part)
      if (!value) return undefined
      path[expected.slice(1, -1)] = value
    } else if (expected !== part) return undefined
    else texts += 1
  }
  return { path, texts }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
