//! What follows a commit: someone must look at the jobs that it made available.

pub trait Afterwards: Send + Sync + 'static {
    /// Jobs of these queues can be fetched: an ack or the stager made them available. Nobody was notified yet.
    fn available(&self, queues: Vec<String>);

    /// Jobs were inserted into these queues; other processes were notified by the insert itself.
    fn inserted(&self, queues: Vec<String>);

    /// A job waits for a due time.
    fn waiting(&self);
}
