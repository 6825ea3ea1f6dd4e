// The record of changes over HTTP.

/** A change that was asked for over HTTP, as `GET /audit` of `eramjs/web` lists it. */
export interface AuditRow {
  id: number
  at: Date
  /** The user as logs name it: a name, an address or an id; null for none. */
  user: string | null
  /** Name of the operation, as in docs/reference/operations.md. */
  operation: string
  permission: string
  /** What was to be changed: `queue:emails`, `job:12`, `cron:nightly`, `leader`, or `jobs` for several. */
  target: string | null
  /** The options of the operation; args, meta, entries and changes, and conditions on them, are `'…'`. */
  options: Record<string, unknown>
  /** What the target was like, where that is known. */
  before: Record<string, unknown> | null
  /** What it was like afterwards, or how many jobs were changed. */
  after: Record<string, unknown> | null
  /** `refused`: before anything was done, for lack of rights or as a request that another site may have sent. */
  result: 'ok' | 'refused' | 'failed'
  /** Status of the answer. */
  status: number
  /** Of the error, if there was one. */
  code: string | null
  /** Address of the client, where the server knows it. */
  address: string | null
  /** Name of the engine that was asked, and its node. */
  instance: string
  node: string
}
