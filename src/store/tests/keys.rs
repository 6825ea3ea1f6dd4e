//! Unique keys as they are written down in `__test__/support/fixtures/unique-keys.json`, which the tests in JavaScript read, too. A key
//! that changed would let jobs meet again that are the same.

use serde_json::{Value, json};

use crate::model::draft::Registration;
use crate::testing::with_database;

#[tokio::test]
async fn every_way_in_gives_the_key_that_is_written_down() {
    with_database(async |db| {
        let file = include_str!("../../../__test__/support/fixtures/unique-keys.json");
        let vectors: Vec<Value> = serde_json::from_str(file).expect("JSON");
        assert!(vectors.len() >= 15);
        let client = db.client().await;
        for vector in vectors {
            let (what, key, draft) = (&vector["what"], &vector["key"], &vector["draft"]);
            // As an application in any language would.
            client.query_one("SELECT eram_enqueue($1)", &[&draft.to_string()]).await.expect("an answer");
            // As the engine does: read, spelled out, inserted in bulk.
            let mut options = draft.as_object().expect("an object").clone();
            let (worker, args) = (options.remove("worker").expect("a worker"), options.remove("args"));
            let class = Registration::unknown(worker.as_str().expect("a text")).expect("a class");
            let mut read: Value =
                serde_json::from_str(&class.draft(&Value::Object(options).to_string()).expect("a draft"))
                    .expect("JSON");
            read["args"] = args.unwrap_or_else(|| json!({}));
            read["unique"]["states"] = json!(["scheduled", "available", "executing"]);
            db.run("UPDATE eram_jobs SET state = 'cancelled'").await;
            db.insert(&[read]).await;
            let keys = "SELECT array_agg(encode(unique_key, 'hex') ORDER BY id) FROM eram_jobs";
            assert_eq!(db.value(keys).await, json!([key, key]), "{what}");
            db.run("DELETE FROM eram_jobs").await;
        }
    })
    .await;
}
