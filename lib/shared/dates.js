// Times of the database as Dates. PostgreSQL knows infinite times, and years that a Date cannot hold.

/** The last instant that a Date can hold; the first is its negative. */
const MAX = 8_640_000_000_000_000

/**
 * A time as a Date: a text of PostgreSQL, or milliseconds since 1970. `infinity`, and what lies beyond
 * the range of Date, is its last or first instant.
 * @param {string | number} time
 */
export function dateOf(time) {
  if (typeof time === 'number') return new Date(Math.min(Math.max(time, -MAX), MAX))
  const date = new Date(time)
  if (!Number.isNaN(date.getTime())) return date
  if (time === 'infinity') return new Date(MAX)
  if (time === '-infinity') return new Date(-MAX)
  const [, years, rest, bc] = /^(\d{4,})(-.*?)( BC)?$/.exec(time) ?? []
  if (years === undefined) return date
  const year = bc ? 1 - Number(years) : Number(years)
  const far = new Date(`${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}${rest}`)
  return Number.isNaN(far.getTime()) ? new Date(year < 0 ? -MAX : MAX) : far
}
