//! What must follow a commit: producers and the stager are woken for the jobs that became available
//! or were scheduled, and callers for those that ended.

use std::time::Duration;

pub trait AfterCommit: Send + Sync + 'static {
    /// Jobs of these queues became available, by an ack or the stager. No notification was sent
    /// yet.
    fn available(&self, queues: Vec<String>);

    /// Jobs were inserted into these queues; the insert has notified other processes.
    fn inserted(&self, queues: Vec<String>);

    /// Jobs wait for their due time, the first for `soonest`. No notification was sent yet.
    fn waiting(&self, soonest: Duration);

    /// Jobs were inserted that wait for a due time; the insert has notified other processes.
    fn scheduled(&self);

    /// Whether the end of any job is awaited.
    fn awaits_ends(&self) -> bool;

    /// Jobs have ended, or were deleted. No notification was sent yet.
    fn ended(&self, jobs: &[i64]);
}
