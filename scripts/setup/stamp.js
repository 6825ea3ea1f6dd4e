// Remembers what a result was built from, by a hash of the sources: modification times mean nothing after a checkout.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../command.js'

/**
 * @param {string[]} sources files and folders, relative to the project's folder; those that do not exist count as empty
 * @param {{ facts?: string[], only?: RegExp }} [options] what else the result depends on; which files of the folders count
 */
export function fingerprint(sources, { facts = [], only = /./ } = {}) {
  const hash = createHash('sha256')
  for (const fact of facts) hash.update(`${fact}\0`)
  const counted = sources.flatMap(files).filter((file) => only.test(file))
  for (const file of counted.sort()) {
    hash.update(`${file}\0`)
    hash.update(readFileSync(path.join(ROOT, file)))
    hash.update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} source @returns {string[]} */
function files(source) {
  const stat = statSync(path.join(ROOT, source), { throwIfNoEntry: false })
  if (!stat) return []
  return stat.isFile() ? [source] : readdirSync(path.join(ROOT, source)).flatMap((name) => files(`${source}/${name}`))
}

/** The content of a stamp; null if there is none, or it was not written to its end. @param {string} file @returns {Record<string, string> | null} */
export function recall(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** @param {string} file @param {Record<string, string>} facts */
export function remember(file, facts) {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(facts))
}
