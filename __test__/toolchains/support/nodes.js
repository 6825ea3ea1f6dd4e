// The versions of Node that the toolchains are tested on: those of ../nodes/package.json, where its packages are installed.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../../../scripts/command.js'

const FOLDER = path.join(ROOT, '__test__', 'toolchains', 'nodes', 'node_modules')

/** @typedef {{ major: number, node: string }} Version  `node` is the path of the program */

/** From the oldest to the newest. On a platform that the packages are not for, the Node that runs the tests. @type {Version[]} */
export const NODES = installed()

/** The program of a version, such as 22; undefined where it is not installed. @param {number} major */
export const nodeOf = (major) => NODES.find((each) => each.major === major)?.node

function installed() {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /^node-\d+$/.test(name)) : []
  const found = names.map((name) => ({ major: Number(name.slice('node-'.length)), node: path.join(FOLDER, name, 'bin', 'node') }))
  const own = { major: Number(process.versions.node.split('.')[0]), node: process.execPath }
  return (found.length > 0 ? found : [own]).sort((a, b) => a.major - b.major)
}
