//! Whole engines: what they do when somebody cancels, stops, dies, or takes the database away.

mod cancel;
mod control;
mod jobs;
mod outage;
mod overdue;
mod stop;
mod versions;
mod warnings;
