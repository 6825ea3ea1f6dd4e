// The log of an engine: the option `logger`.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * A logger of the application, known by the shape of its methods. pino (`bindings`) and bunyan (`fields`) are called
 * `(record, message)`, others, such as winston and the console, `(message, record)`. Where a method is missing among
 * others, the next more severe one is called. What a logger throws is ignored.
 */
export type ForeignLogger = Partial<Record<LogLevel, ((...args: any[]) => unknown) | undefined>>

/** A line of the log. Args, results and SQL are never part of it. */
export interface LogRecord {
  /** ISO 8601. */
  time: string
  level: LogLevel
  msg: string
  /** The kind of event that is shown. */
  event: string
  engine: string
  node: string
  queue?: string
  worker?: string
  job_id?: number
  attempt?: number
  max_attempts?: number
  /** Of the attempt. */
  state?: string
  run_ms?: number
  /** Milliseconds from when the job was due until it was claimed. */
  wait_ms?: number
  /** Seconds until the next attempt, and when it is, as ISO 8601. */
  delay_s?: number
  retry_at?: string
  error?: { name?: string; message: string; stack?: string }
  trace_id?: string
  span_id?: string
  plugin?: string
  /** Fields of `ctx.log`; the members above take precedence. */
  [field: string]: unknown
}

export interface LogOptions {
  /** The least severe level that is logged; others cost jobs nothing. @default 'info', with `to` 'debug' */
  level?: LogLevel | undefined
  /** Lines of JSON, or for people. @default 'auto': pretty on a terminal, else JSON */
  format?: 'auto' | 'json' | 'pretty' | undefined
  /** Receives each line. @default standard output */
  destination?: ((line: string) => void) | undefined
  /** Leaves out records for which it returns false. */
  filter?: ((record: LogRecord) => boolean) | undefined
  /** Whether each attempt has a line at its start and one at its end. @default false */
  jobs?: boolean | undefined
  /** The logger that receives the records, in place of lines. @default none */
  to?: ForeignLogger | undefined
}
