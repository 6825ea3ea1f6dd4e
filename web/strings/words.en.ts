// Words that other texts are made of.
import { exact } from '../format.ts'

export { exact }
export const plural = (n: number, one: string, many = `${one}s`) => `${exact(n)} ${n === 1 ? one : many}`
export type Action = 'retry' | 'cancel' | 'delete'
export const VERBS = { retry: 'Retry', cancel: 'Cancel', delete: 'Delete' }
export const DONE = { retry: 'Retried', cancel: 'Cancelled', delete: 'Deleted' }
