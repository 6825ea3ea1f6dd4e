//! Whole engines: cancels, stops, crashes, and outages of the database.

mod cancel;
mod control;
mod health;
mod jobs;
mod outage;
mod overdue;
mod run_once;
mod stop;
mod versions;
mod warnings;
