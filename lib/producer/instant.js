// Reads times: RFC 3339 with an offset. Written in UTC with six digits of the second, so that texts sort as times do.

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+\-\u2212])(\d\d):([0-5]\d))$/
/** 0001-01-01, the first time whose year has four digits. */
const FIRST = -62_135_596_800_000
/** 10000-01-01, the first time whose year has more. */
const END = 253_402_300_800_000

/**
 * @param {unknown} given
 * @returns {string | undefined} undefined if it is none
 */
export function instantOf(given) {
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours = '0', minutes = '0'] =
    RFC_3339.exec(typeof given === 'string' ? given : '') ?? []
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || Number(hours) > 23) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // A day that the month does not have has become one of the next.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '+' ? 1 : -1)
  const at = date.getTime() + ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1000
  if (!(at >= FIRST && at < END)) return undefined
  return `${new Date(at).toISOString().slice(0, -5)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}
