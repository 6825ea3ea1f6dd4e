//! Whole engines: cancels, stops, crashes, and outages of the database.

mod bulk;
mod cancel;
mod control;
mod failures;
mod health;
mod insight;
mod jobs;
mod outage;
mod overdue;
mod refused;
mod run_once;
mod signals;
mod stop;
mod times;
mod versions;
mod warnings;
mod why;
