// The terms of a search, as far as completion and chips need them; the server reads the text itself and says what is wrong.

export interface Term {
  /** The place in the text. */
  from: number
  to: number
  text: string
  isNegated: boolean
  /** null of a value alone. */
  key: string | null
  /** As written, with quotes. */
  values: string[]
}

/** Splits at blanks that are not in quotes. */
export function terms(text: string): Term[] {
  const found: Term[] = []
  const pattern = /(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g
  for (const match of text.matchAll(pattern)) {
    const [whole] = match
    const isNegated = whole.startsWith('-') && whole.length > 1
    const body = isNegated ? whole.slice(1) : whole
    const colon = outside(body, ':')
    found.push({
      from: match.index,
      to: match.index + whole.length,
      text: whole,
      isNegated,
      key: colon > 0 ? body.slice(0, colon) : null,
      values: split(colon > 0 ? body.slice(colon + 1) : body),
    })
  }
  return found
}

/** The first place of a character that is not in quotes. */
function outside(text: string, char: string): number {
  let inQuotes = false
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\' && inQuotes) at += 1
    else if (text[at] === '"') inQuotes = !inQuotes
    else if (text[at] === char && !inQuotes) return at
  }
  return -1
}

function split(text: string): string[] {
  const comma = outside(text, ',')
  return comma < 0 ? [text] : [text.slice(0, comma), ...split(text.slice(comma + 1))]
}

/** A value as the language wants it. */
export function quoted(value: string): string {
  return /^[^\s",:~<>*()-][^\s",*]*$/.test(value) && !/^[<>=~]/.test(value) && !value.includes('..')
    ? value
    : `"${value.replace(/["\\]/g, '\\$&')}"`
}

export function unquoted(value: string): string {
  return value.startsWith('"') ? value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : value
}

const join = (parts: string[]) => parts.filter(Boolean).join(' ')

/** The values of a qualifier that is not negated. */
export function valuesOf(text: string, key: string): string[] {
  return terms(text).flatMap((term) => (term.key === key && !term.isNegated ? term.values.map(unquoted) : []))
}

/** Only this value of a qualifier; null: none. */
export function setValue(text: string, key: string, value: string | null): string {
  const others = terms(text).filter((term) => term.key !== key || term.isNegated)
  return join([...others.map((term) => term.text), value === null ? '' : `${key}:${quoted(value)}`])
}

/** Adds a value to a qualifier, or takes it away. */
export function toggleValue(text: string, key: string, value: string): string {
  const values = valuesOf(text, key)
  const next = values.includes(value) ? values.filter((each) => each !== value) : [...values, value]
  const others = terms(text).filter((term) => term.key !== key || term.isNegated)
  return join([...others.map((term) => term.text), next.length > 0 ? `${key}:${next.map(quoted).join(',')}` : ''])
}

export function exclude(text: string, key: string, value: string): string {
  const term = `-${key}:${quoted(value)}`
  return terms(text).some((each) => each.text === term) ? text : join([text.trim(), term])
}

export function without(text: string, term: Term): string {
  return join(
    terms(text)
      .filter(({ from }) => from !== term.from)
      .map((each) => each.text),
  )
}

export function negated(text: string, term: Term): string {
  return terms(text)
    .map((each) => (each.from !== term.from ? each.text : each.isNegated ? each.text.slice(1) : `-${each.text}`))
    .join(' ')
}
