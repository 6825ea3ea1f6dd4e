// Questions about the shape of objects that belong to somebody else.

/**
 * Whether all of these are methods. Proxies that make up members, or throw, are taken at their word or as a no.
 * @param {any} object
 * @param {...string} names
 * @returns {boolean}
 */
export function has(object, ...names) {
  try {
    return names.every((name) => typeof object[name] === 'function')
  } catch {
    return false
  }
}

/** @param {unknown} value @returns {value is object} */
export function isObject(value) {
  return typeof value === 'object' && value !== null
}
