//! The statements and functions in SQL, on a real server.

mod acks;
mod crons;
mod enqueue;
mod gate;
mod keys;
mod unique;
mod windows;

use super::statements::qualify;
use crate::testing::with_database;

#[tokio::test]
async fn every_statement_is_understood_by_the_server() {
    with_database(async |db| {
        let client = db.client().await;
        // Nothing may be found by chance.
        client.batch_execute("SET search_path = pg_catalog").await.expect("a search path");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sql");
        let mut count = 0;
        for file in std::fs::read_dir(folder).expect("the statements") {
            let file = file.expect("a file").path();
            // A part of others.
            if file.ends_with("filter.sql") {
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
