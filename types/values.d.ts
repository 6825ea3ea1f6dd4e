// Values that options and rows share: job states, durations and JSON.

/**
 * The state of a job. `completed`, `discarded` and `cancelled` are final: only `engine.jobs.retry`
 * brings a job back from them.
 */
export type JobState = 'suspended' | 'scheduled' | 'available' | 'executing' | 'retryable' | 'completed' | 'discarded' | 'cancelled'

/**
 * A span of time: a number in the unit that the option names (milliseconds or seconds), an object
 * of units, or text. Text takes `ms`, `s`, `m`, `h`, `d`, `w` and their long forms (`'1 minute'`),
 * also several in a row. It is read to the millisecond.
 *
 * @example
 * const timeouts: Duration[] = [60_000, { minutes: 1 }, '1 minute', '1h 30m']
 */
export type Duration =
  | number
  | string
  | {
      milliseconds?: number | undefined
      seconds?: number | undefined
      minutes?: number | undefined
      hours?: number | undefined
      days?: number | undefined
      weeks?: number | undefined
    }

/** A JSON object. */
export type JsonObject = { [key: string]: unknown }

/**
 * The type of a value that a job receives as `T` after it has traveled as JSON.
 *
 * A `Date` arrives as its ISO 8601 string, so it is accepted where `T` has a `string`. Values that
 * JSON cannot hold (bigint, function, symbol, Map, Set, Buffer …) do not compile. `Dates` as
 * `never`: no Date is accepted.
 */
export type Jsonable<T, Dates = Date> = 0 extends 1 & T
  ? T
  : T extends string
    ? string extends T
      ? T | Dates
      : T
    : T extends number | boolean | null | undefined
      ? T
      : T extends NotJson
        ? never
        : T extends object
          ? { [Key in keyof T]: Jsonable<T[Key], Dates> }
          : T

type NotJson =
  | bigint
  | symbol
  | Date
  | RegExp
  | Error
  | ArrayBufferLike
  | ArrayBufferView
  | ReadonlyMap<any, any>
  | ReadonlySet<any>
  | PromiseLike<any>
  | ((...args: any[]) => any)

// biome-ignore lint/complexity/noUselessEmptyExport: without it the file would export NotJson as well
export {}
