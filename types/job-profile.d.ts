// CPU profiles of attempts.

/** A job whose next attempt is going to be profiled, returned by {@link Jobs.profile}. */
export interface ProfiledJob {
  id: number
  /** The number of that attempt. */
  attempt: number
}

/** A CPU profile, as V8 writes it; times are microseconds. */
export interface CpuProfile {
  nodes: {
    id: number
    callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number }
    hitCount?: number
    children?: number[]
    [detail: string]: unknown
  }[]
  startTime: number
  endTime: number
  /** The id of a node for each sample. */
  samples?: number[]
  timeDeltas?: number[]
}
