// Times, durations and numbers as people read them.

const UNITS: [size: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
]

/** 3h 12m; 42s; 0.3s; 12ms. */
export function duration(ms: number): string {
  const given = Math.abs(ms)
  if (given < 1) return '0ms'
  if (given < 100) return `${Math.round(given)}ms`
  if (given < 9_950) return `${(given / 1000).toFixed(1)}s`
  const rounded = Math.round(given / 1000) * 1000
  const at = UNITS.findIndex(([size]) => rounded >= size)
  const [size = 1000, unit = 's'] = UNITS[at] ?? []
  const [nextSize, nextUnit] = UNITS[at + 1] ?? []
  const whole = Math.floor(rounded / size)
  const rest = nextSize === undefined || whole >= 10 * 24 ? 0 : Math.floor((rounded - whole * size) / nextSize)
  return rest > 0 ? `${whole}${unit} ${rest}${nextUnit}` : `${whole}${unit}`
}

/** A running clock: 00:42, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return hours >= 48 ? duration(ms) : hours > 0 ? `${hours}:${rest}` : rest
}

/** One unit is enough beside a row: 3m ago, in 5m. */
export function relative(ms: number): string {
  const given = Math.abs(ms)
  if (given < 1000) return 'now'
  const [size = 1000, unit = 's'] = UNITS.find(([size]) => given >= size) ?? []
  const text = `${Math.floor(given / size)}${unit}`
  return ms < 0 ? `${text} ago` : `in ${text}`
}

const exactNumber = new Intl.NumberFormat('en')
const compactNumber = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** Exact below 10,000. */
export const count = (value: number) => (value < 10_000 ? exactNumber.format(value) : compactNumber.format(value))
export const exact = (value: number) => exactNumber.format(value)

/** A rate with three digits at most. */
export function rate(value: number): string {
  if (value === 0) return '0'
  if (value < 0.1) return '<0.1'
  return value < 10 ? value.toFixed(1) : count(Math.round(value))
}

export const percent = (part: number, whole: number) => (whole === 0 ? '0%' : `${Math.round((part / whole) * 100)}%`)

export const ZONES = ['local', 'utc'] as const
export type Zone = (typeof ZONES)[number]
/** As the database knows it. */
export const zoneName = (zone: Zone) => (zone === 'utc' ? 'Etc/UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone)

const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(zone: Zone | string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`
  let found = formats.get(key)
  if (!found) {
    const timeZone = zone === 'local' ? {} : { timeZone: zone === 'utc' ? 'UTC' : zone }
    found = new Intl.DateTimeFormat('en-GB', { ...options, ...timeZone })
    formats.set(key, found)
  }
  return found
}

/** 30 Nov 2026, 12:04:31.123 UTC */
export function fullTime(time: string | number | Date, zone: Zone | string): string {
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }
  return formatOf(zone, options).format(new Date(time))
}

/** 12:04:31 */
export const timeOfDay = (time: string | number | Date, zone: Zone | string) =>
  formatOf(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(time))

/** 12:04:31.123 */
export const timeOfDayExact = (time: string | number | Date, zone: Zone | string) =>
  formatOf(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 }).format(new Date(time))

/** Sat 03:00 */
export const dayAndTime = (time: string | number | Date, zone: Zone | string) =>
  formatOf(zone, { weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(time))

/** 30 Nov 12:04 */
export const shortTime = (time: string | number | Date, zone: Zone | string) =>
  formatOf(zone, { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(time))

/** For an input of date and time, which knows no zone: 2026-11-30T12:04:31 */
export function inputTime(time: string | number | Date, zone: Zone): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return ''
  const offset = zone === 'utc' ? 0 : at.getTimezoneOffset() * 60_000
  return new Date(at.getTime() - offset).toISOString().slice(0, 19)
}

/** The instant that such an input means. @throws {RangeError} if it means none */
export const isoOfInput = (text: string, zone: Zone) => new Date(zone === 'utc' ? `${text}Z` : text).toISOString()

/** `infinity` arrives as the last instant of a Date. */
export const isNever = (time: string) => time.startsWith('+') || time.startsWith('-')
