//! What explains jobs and the cluster: why a job waits, what needs attention, how many jobs there are, which fail alike; and what
//! helps to search them.

mod attention;
mod counts;
mod failures;
mod suggest;
mod why;
