// What could follow at the caret: the server knows the qualifiers, names and values.
import { queryOf, read } from '../api.ts'
import type { Suggestions } from '../types.ts'

export async function suggestions(text: string, caret: number, signal: AbortSignal): Promise<Suggestions> {
  const query = text === '' ? '?text=' : queryOf({ text, caret })
  const { data } = await read<Suggestions>(`/jobs/suggest${query}`, null, signal)
  return data ?? { from: caret, to: caret, items: [] }
}
