// JavaScript errors that driver adapters refer to by number, shared by all copies of this package in one isolate.

const KEY = Symbol.for('eramjs.driver-errors')

/** @typedef {{ last: number, kept: Map<number, unknown> }} DriverErrors */

const shared = /** @type {Record<symbol, DriverErrors | undefined>} */ (/** @type {unknown} */ (globalThis))

export const driverErrors = shared[KEY] ?? { last: 0, kept: new Map() }
shared[KEY] = driverErrors
