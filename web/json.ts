// JSON whose numbers keep their digits: those that a double would change are kept as they were written.

/** A number as it was written. */
export class Exact {
  constructor(readonly source: string) {}
  toString(): string {
    return this.source
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown

export function parseExact(text: string): unknown {
  const revive: Reviver = (_, value, context) => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    return String(value) === context.source ? value : new Exact(context.source)
  }
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown)
}

/** As JSON.stringify, with the digits of each number. */
export function printExact(value: unknown, indent = 2, depth = 0): string {
  if (value instanceof Exact) return value.source
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((each) => printExact(each, indent, depth + 1))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${indent ? ' ' : ''}${printExact(each, indent, depth + 1)}`)
  const [open, close] = isList ? '[]' : '{}'
  if (parts.length === 0 || indent === 0) return `${open}${parts.join(',')}${close}`
  const line = `\n${' '.repeat(indent * (depth + 1))}`
  return `${open}${line}${parts.join(`,${line}`)}\n${' '.repeat(indent * depth)}${close}`
}
