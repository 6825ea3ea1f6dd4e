//! The statements and functions in SQL, on a real server.

mod acks;
mod attempts;
mod backlog;
mod crons;
mod enqueue;
mod gate;
mod keys;
mod marks;
mod unique;
mod web;
mod windows;

use std::time::Duration;

use super::quote_ident;
use super::statements::qualify;
use crate::testing::with_database;

#[tokio::test]
async fn every_statement_is_understood_by_the_server() {
    with_database(async |db| {
        let client = db.client().await;
        // Some statements are for schemas with a clock of their own.
        let clock = qualify(include_str!("sql/create_clock.sql"), &db.prefix);
        let path = format!("SET search_path = {}, pg_catalog", quote_ident(&db.prefix));
        client.batch_execute(&format!("{path};\n{clock}")).await.expect("a clock");
        // Nothing may be found by chance.
        client.batch_execute("SET search_path = pg_catalog").await.expect("a search path");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sql");
        let mut count = 0;
        for file in std::fs::read_dir(folder).expect("the statements") {
            let file = file.expect("a file").path();
            // A part of others, and a script of several statements, which each schema with a clock runs.
            if file.ends_with("filter.sql") || file.ends_with("create_clock.sql") {
                continue;
            }
            let sql = qualify(&std::fs::read_to_string(&file).expect("a text"), &db.prefix);
            if let Err(error) = client.prepare(&sql).await {
                panic!("{}: {error:?}", file.display());
            }
            count += 1;
        }
        assert!(count > 20, "only {count} statements");
    })
    .await;
}

#[tokio::test]
async fn idle_connections_are_closed_but_for_two() {
    with_database(async |db| {
        let some = futures_util::future::join_all((0..4).map(|_| db.store.client())).await;
        assert_eq!(db.store.connections(), 4);
        db.store.trim_unused_for(Duration::ZERO);
        assert_eq!(db.store.connections(), 4, "those in use stay");
        drop(some);
        db.store.trim_unused_for(Duration::from_secs(60));
        assert_eq!(db.store.connections(), 4, "so do those just used");
        db.store.trim_unused_for(Duration::ZERO);
        assert_eq!(db.store.connections(), 2);
        db.store.now().await.expect("an answer");
    })
    .await;
}
