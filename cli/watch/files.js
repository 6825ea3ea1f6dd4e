// Watches the source files below a folder, without node_modules and hidden folders. Node.js 20 watches a whole tree only with all
// of its folders, which are many in node_modules.

import { readdirSync, watch } from 'node:fs'
import path from 'node:path'

/** @import { FSWatcher } from 'node:fs' */

/** Files whose change restarts a worker. */
const SOURCE = /\.[cm]?[jt]sx?$|^\.env$/
/** Milliseconds in which changes count as one: editors and compilers write several files. */
const SETTLE = 100

export class FileWatcher {
  #onChange
  /** By folder. @type {Map<string, FSWatcher>} */
  #watchers = new Map()
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * @param {string} folder
   * @param {(file: string) => void} onChange  called with the first file that changed
   */
  constructor(folder, onChange) {
    this.#onChange = onChange
    this.#add(folder)
  }

  close() {
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** @param {string} folder */
  #add(folder) {
    if (this.#watchers.has(folder)) return
    let entries
    try {
      entries = readdirSync(folder, { withFileTypes: true })
      const watcher = watch(folder, (_, name) => this.#changed(folder, name))
      watcher.on('error', () => this.#remove(folder))
      this.#watchers.set(folder, watcher)
    } catch {
      // It is gone again.
      return
    }
    for (const entry of entries) if (entry.isDirectory() && isWatched(entry.name)) this.#add(path.join(folder, entry.name))
  }

  /** @param {string} folder */
  #remove(folder) {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  /** @param {string} folder @param {string | null} name */
  #changed(folder, name) {
    if (name === null) return
    const file = path.join(folder, name)
    if (SOURCE.test(name)) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#onChange(file)
      }, SETTLE)
    } else if (isWatched(name) && !path.extname(name)) {
      // A folder that is new, or was renamed.
      this.#remove(file)
      this.#add(file)
    }
  }
}

/** @param {string} name  of a folder */
function isWatched(name) {
  return name !== 'node_modules' && !name.startsWith('.')
}
