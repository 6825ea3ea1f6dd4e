// Recognizes objects of other libraries by their shape.

/**
 * Whether all of these are methods. A proxy that makes up members has them; one that throws has not.
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
