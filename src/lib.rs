//! The engine of EramJS. Each layer uses those above it in this list, never those below.

// words: pure, no I/O, no clock
pub mod backoff;
pub mod config;
pub mod draft;
pub mod error;
mod instant;
pub mod job;
mod json;
pub mod outcome;
mod read;
pub mod schedule;
pub mod unique;
mod version;

// the database
pub mod store;

// signals
mod afterwards;
pub mod notifier;
mod patience;
mod peer;
mod pending;
mod tally;
pub mod telemetry;
mod vacancies;

// work
pub mod acker;
pub mod dispatcher;
pub mod executor;
mod heartbeat;
mod inserter;
mod plugins;
pub mod producer;
mod verdict;
pub mod workers;

// the house
pub mod engine;

// for tests
#[cfg(test)]
mod testing;

// the wall
#[cfg(feature = "node")]
mod binding;
