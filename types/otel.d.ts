// The option `otel`: spans of OpenTelemetry.
import type { RunningJob } from './context.js'

/** Options of the spans. */
export interface OtelOptions {
  /**
   * How the span of an attempt relates to that of the enqueue, whose context the job carries in
   * `meta.trace`. It always links to it, and `'auto'` makes it its child if it is the first attempt
   * of a job that was due at once. `'child'`: each is a child. `'link'`: none is. `'none'`: jobs carry
   * no context.
   * @default 'auto'
   */
  propagation?: 'auto' | 'child' | 'link' | 'none' | undefined
  /**
   * `send`: a call of `enqueue` or `enqueueAll`. `process`: an attempt. `create`: each job of a call
   * of `enqueueAll`, whose context the job then carries. `settle`: each batch of outcomes that the
   * engine writes, on the main thread.
   * @default ['send', 'process']
   */
  spans?: readonly ('send' | 'process' | 'create' | 'settle')[] | undefined
  /** What follows the operation in the names of spans. @default 'queue' */
  span_names?: 'queue' | 'worker' | undefined
  /** Whether jobs carry baggage. @default true */
  baggage?: boolean | undefined
  /** More attributes for the span of an attempt; on the main thread only. */
  attributes?: ((job: RunningJob) => { [attribute: string]: string | number | boolean | undefined }) | undefined
}
