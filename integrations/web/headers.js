// The headers of each answer.

/** For browsers: what a page of this server may do, and which pages may use it. */
export const SECURITY = Object.freeze({
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types eram",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'x-robots-tag': 'noindex',
})

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
/** Asked for again each time, and answered with 304 if nothing has changed. */
export const REVALIDATED = { ...SECURITY, ...JSON_TYPE, 'cache-control': 'private, no-cache', vary: 'authorization, cookie' }
export const UNCACHED = { ...SECURITY, ...JSON_TYPE, 'cache-control': 'no-store' }
