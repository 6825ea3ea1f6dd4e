// The columns of the list: those that all jobs have, and paths of args and meta that the user names.
import { may } from '../../config.ts'
import { Exact, printExact } from '../../json.ts'
import { unquoted } from '../../search/terms.ts'
import type { Found } from '../../types.ts'

export const COLUMNS = ['queue', 'state', 'attempt', 'time', 'node', 'priority', 'tags'] as const
export type Column = (typeof COLUMNS)[number]
export const DEFAULT_COLUMNS: Column[] = ['queue', 'state', 'attempt', 'time']
/** Paths at once, as the server takes them. */
export const MOST = 10

const isOwn = (column: string): column is Column => COLUMNS.includes(column as Column)
/** A part is quoted where it has a dot or blank in it: args."first name" */
const PATH = /^(?:args|meta)(?:\.(?:"(?:[^"\\]|\\["\\])+"|[^."\s,]+))+$/
export const isPath = (text: string) => PATH.test(text)

/** Those of the URL: commas separate them, but for those in quotes. */
export function columnsOf(text: string | null): string[] {
  const given: string[] = text?.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? []
  const paths = given.filter(isPath).slice(0, may('jobs:view_payload') ? MOST : 0)
  const known = [...new Set(given)].filter((each) => isOwn(each) || paths.includes(each))
  return known.length > 0 ? known : DEFAULT_COLUMNS
}

export const pathsOf = (columns: readonly string[]) => columns.filter((column) => !isOwn(column))

/** The value of a job at a path, as a text; null: it has none. */
export function valueAt({ columns }: Pick<Found, 'columns'>, path: string): string | null {
  let value: unknown = columns
  for (const part of partsOf(path))
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined
  if (value === undefined) return null
  return typeof value === 'string' ? value : value instanceof Exact ? value.source : printExact(value, 0)
}

const partsOf = (path: string) => (path.match(/"(?:[^"\\]|\\.)*"|[^."]+/g) ?? []).map(unquoted)
