//! The engine of EramJS. Each module uses those above it in this list, never those below.

/// Texts for people: shortened, and without secrets.
mod text;

/// The errors of the engine, each with the code that JavaScript sees.
pub mod error;

/// Pure rules, without I/O or a clock: jobs, outcomes, drafts, options, schedules.
pub mod model;

/// How to reach PostgreSQL, as libpq does: connection strings, hosts, TLS, a pool.
pub mod pg;

/// The statements and the migrations; knows no policy.
pub mod store;

/// Waits between attempts at what must succeed in the end.
mod retry_delay;

/// Events for the application, and warnings to operators.
pub mod telemetry;

/// Rows that the server refuses to change, set aside so that the others go on.
pub mod refusals;

/// Counts and durations of what this process has done.
pub mod metrics;

/// The job classes that a JavaScript environment has registered.
pub mod registry;

/// The LISTEN connection: wake-ups, messages between nodes, the locks of sentinels.
pub mod notifier;

/// Inserting jobs, and handing them to an idle queue of the same process.
mod enqueue;

/// From the outcome of an attempt to its row.
pub mod ack;

/// One queue on this node: claims jobs, keeps them ready, gives them to isolates.
pub mod queue;

/// The other nodes: heartbeats, and which node leads.
mod cluster;

/// What runs on a clock: stager, lifeline, pruner, reindexer, cron.
mod plugins;

/// The engine: started from the bottom up, stopped from the top down.
pub mod engine;

/// What the tests share.
#[cfg(test)]
mod testing;

/// The Node.js binding.
#[cfg(feature = "node")]
mod binding;
