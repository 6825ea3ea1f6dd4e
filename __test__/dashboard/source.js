// Modules of the dashboard in Node.js, which knows no document.
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'

const CONFIG = { textContent: JSON.stringify({ user: null, permissions: [], operations: [] }) }
Object.assign(globalThis, { document: { getElementById: () => CONFIG } })

const tsconfig = fileURLToPath(new URL('../../web/tsconfig.json', import.meta.url))
const modules = register({ namespace: 'dashboard', tsconfig })

/** @param {string} file  below web/ @returns {Promise<any>} */
export const source = (file) => modules.import(`../../web/${file}`, import.meta.url)
