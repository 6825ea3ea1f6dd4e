// What the server has written into the page: who looks, what that user may do, and how it looks.

interface Config {
  title?: string
  env?: string
  accent?: string
  user: string | null
  permissions: string[]
  /** The names of the operations that the server has. */
  operations: string[]
  /** Milliseconds between two looks of the stream of changes; without it, pages poll. */
  refresh?: { default: number; min: number } | null
}

export const config: Config = JSON.parse(document.getElementById('config')?.textContent ?? '{}')

const granted = new Set(config.permissions)

/** Whether the user has a permission. Controls that need another one are not there. */
export const may = (permission: string) => granted.has(permission)

const operations = new Set(config.operations)

/** Whether the server has an operation, such as jobs.why. */
export const has = (operation: string) => operations.has(operation)

/** Whether the user may do what an operation of the server does. */
export const can = (operation: string, permission: string) => has(operation) && may(permission)

/** The path at which it is mounted, with a slash at the end: scripts are in `assets/` below it. */
const script = import.meta.url
export const base = new URL('..', script).pathname
