//! What follows a commit: someone must look at the jobs that it made available.

use std::time::Duration;

pub trait AfterCommit: Send + Sync + 'static {
    /// Jobs of these queues can be fetched: an ack or the stager made them available. Nobody was notified yet.
    fn available(&self, queues: Vec<String>);

    /// Jobs were inserted into these queues; other processes were notified by the insert itself.
    fn inserted(&self, queues: Vec<String>);

    /// Jobs wait for a due time, the first of them for so long. Nobody was notified yet.
    fn waiting(&self, soonest: Duration);

    /// Jobs were inserted that wait for a due time; other processes were notified by the insert itself.
    fn scheduled(&self);
}
