// Which copy of this package this is. A process may load several: the ES module and the CommonJS bundle, or installations in two
// folders. Those of one version share their state, see global-state.js; another version is refused.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { EramError } from './errors.js'

/** @typedef {{ version: string, folder: string }} Copy */

/** @type {Copy} */
export const copy = { version: versionOf('../../package.json'), folder: folderOf('../../') }

/**
 * Throws unless the copy that was loaded first has the version of this one.
 * @param {Partial<Copy>} first
 */
export function rejectOther(first) {
  if (first.version === copy.version) return
  const shown = (/** @type {Partial<Copy>} */ { version = 'of an earlier version', folder = 'an unknown folder' }) =>
    `${version} (${folder})`
  throw new EramError(
    'ERAM_ADDON',
    `eramjs: expected one version in a thread, got ${shown(first)} and then ${shown(copy)}; ` +
      '`npm ls eramjs` shows which packages bring them: give all the same version, in a library as a peer dependency',
  )
}

/** @param {string} file */
function versionOf(file) {
  try {
    return createRequire(import.meta.url)(file).version
  } catch {
    // In a bundle, where lib/addon has more to say.
    return 'unknown'
  }
}

/** @param {string} place */
function folderOf(place) {
  try {
    return fileURLToPath(new URL(place, import.meta.url))
  } catch {
    return 'a bundle'
  }
}
