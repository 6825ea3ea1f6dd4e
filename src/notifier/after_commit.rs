//! What must follow a commit: producers and the stager are woken for the jobs it made available or scheduled, and callers for those that ended.

use std::time::Duration;

pub trait AfterCommit: Send + Sync + 'static {
    /// Jobs of these queues can be fetched: an ack or the stager made them available. No notification was sent yet.
    fn available(&self, queues: Vec<String>);

    /// Jobs were inserted into these queues; other processes were notified by the insert itself.
    fn inserted(&self, queues: Vec<String>);

    /// Jobs wait for their due time, the first for `soonest`. No notification was sent yet.
    fn waiting(&self, soonest: Duration);

    /// Jobs were inserted that wait for a due time; other processes were notified by the insert itself.
    fn scheduled(&self);

    /// Whether the end of any job is awaited.
    fn awaits_ends(&self) -> bool;

    /// Jobs have ended, or were deleted. No notification was sent yet.
    fn ended(&self, jobs: &[i64]);
}
