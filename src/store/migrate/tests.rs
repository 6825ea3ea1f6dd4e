use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{MIGRATIONS, Step, check, latest, migrate, sql, status};
use crate::engine::migrate as as_asked;
use crate::store::quote_ident;
use crate::testing::{Database, with_database};

/// Everything in the schema, down to columns, bodies of functions and storage options.
const CATALOG: &str = r"
  SELECT 'relation' AS what, concat_ws(' ', c.relname, c.relkind, c.relpersistence, c.reloptions) AS text
  FROM pg_class AS c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
  UNION ALL
  SELECT 'column', concat_ws(' ', c.relname, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'constraint', concat_ws(' ', n.conname, pg_get_constraintdef(n.oid))
  FROM pg_constraint AS n WHERE n.connamespace = quote_ident(current_schema())::regnamespace
  UNION ALL
  SELECT 'index', pg_get_indexdef(i.indexrelid)
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
  UNION ALL
  SELECT 'function', pg_get_functiondef(p.oid)
  FROM pg_proc AS p WHERE p.pronamespace = quote_ident(current_schema())::regnamespace
  UNION ALL
  SELECT 'type', concat_ws(' ', t.typname, e.enumsortorder, e.enumlabel)
  FROM pg_type AS t LEFT JOIN pg_enum AS e ON e.enumtypid = t.oid WHERE t.typnamespace = quote_ident(current_schema())::regnamespace
  UNION ALL
  SELECT 'version', concat_ws(' ', m.version, m.name, m.floor) FROM eram_migrations AS m
  ORDER BY 1, 2";

async fn catalog(db: &Database) -> Vec<String> {
    let rows = db.rows(CATALOG).await;
    rows.iter().map(|row| format!("{}: {}", row["what"], row["text"].as_str().expect("a text"))).collect()
}

/// How many relations, functions and types the schema holds.
async fn things(client: &Client) -> i64 {
    let counted =
        "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace)
        + (SELECT count(*) FROM pg_proc WHERE pronamespace = quote_ident(current_schema())::regnamespace)
        + (SELECT count(*) FROM pg_type WHERE typnamespace = quote_ident(current_schema())::regnamespace)";
    client.query_one(counted, &[]).await.expect("a count").get(0)
}

/// The migrations that a schema of this version lacks.
fn names_after(version: i32) -> Vec<&'static str> {
    MIGRATIONS.iter().filter(|it| it.version > version).map(|it| it.name).collect()
}

fn versions() -> impl DoubleEndedIterator<Item = i32> {
    MIGRATIONS.iter().map(|migration| migration.version)
}

fn directions(steps: &[Step]) -> Vec<(i32, &str)> {
    steps.iter().map(|step| (step.version, step.direction)).collect()
}

#[tokio::test]
async fn down_leaves_nothing_and_up_again_makes_the_same() {
    with_database(async |db| {
        let mut client = db.client().await;
        let before = catalog(db).await;
        assert!(before.len() > 100, "{} lines", before.len());
        let down = migrate(&mut client, &db.prefix, Some(0)).await.expect("down");
        assert_eq!(directions(&down), versions().rev().map(|version| (version, "down")).collect::<Vec<_>>());
        assert_eq!(things(&client).await, 0);
        let up = migrate(&mut client, &db.prefix, None).await.expect("up");
        assert_eq!(directions(&up), versions().map(|version| (version, "up")).collect::<Vec<_>>());
        assert_eq!(catalog(db).await, before);
        assert_eq!(migrate(&mut client, &db.prefix, None).await.expect("nothing to do"), []);
    })
    .await;
}

#[tokio::test]
async fn each_version_goes_down_and_up_with_jobs_in_the_tables() {
    with_database(async |db| {
        let mut client = db.client().await;
        let id = db.insert_one(json!({ "worker": "Sample", "unique": true })).await;
        let before = catalog(db).await;
        for to in versions().rev().skip(1) {
            migrate(&mut client, &db.prefix, Some(to)).await.expect("down");
            assert_eq!(status(&client, &db.prefix).await.expect("a status").version, to);
        }
        migrate(&mut client, &db.prefix, None).await.expect("up");
        assert_eq!(catalog(db).await, before);
        assert_eq!(db.state(id).await, "available");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrators_at_once_do_each_step_once() {
    with_database(async |db| {
        migrate(&mut db.client().await, &db.prefix, Some(0)).await.expect("down");
        let mut clients = vec![];
        for _ in 0..4 {
            clients.push(db.client().await);
        }
        let migrators = clients.into_iter().map(|mut client| {
            let prefix = db.prefix.clone();
            tokio::spawn(async move { migrate(&mut client, &prefix, None).await.expect("up") })
        });
        let steps = futures_util::future::try_join_all(migrators).await.expect("no panic").concat();
        let mut done: Vec<i32> = steps.iter().map(|step| step.version).collect();
        done.sort_unstable();
        assert_eq!(done, versions().collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_schema_of_another_version_is_refused_with_what_to_run() {
    with_database(async |db| {
        let mut client = db.client().await;
        let prefix = db.prefix.clone();
        let refusal = async |client: &Client| {
            let error = check(client, &prefix).await.expect_err("a refusal");
            (error.code(), error.to_string())
        };
        check(&client, &db.prefix).await.expect("the right version");

        migrate(&mut client, &db.prefix, Some(1)).await.expect("down");
        let (code, text) = refusal(&client).await;
        assert_eq!(code, "ERAM_NOT_MIGRATED");
        assert_eq!(
            text,
            format!(
                "schema \"{prefix}\": expected version {}, got 1; run `npx eramjs migrate --prefix {prefix}` or EramEngine.migrate()",
                latest()
            )
        );
        assert_eq!(status(&client, &db.prefix).await.expect("a status").pending, names_after(1));

        migrate(&mut client, &db.prefix, Some(0)).await.expect("down");
        let (code, text) = refusal(&client).await;
        assert_eq!(code, "ERAM_NOT_MIGRATED");
        assert!(text.contains("got none; run `npx eramjs migrate --prefix"), "{text}");

        migrate(&mut client, &db.prefix, None).await.expect("up");
        db.run("INSERT INTO eram_migrations (version, name) VALUES (99, 'later')").await;
        let (code, text) = refusal(&client).await;
        assert_eq!(code, "ERAM_SCHEMA_TOO_NEW");
        assert!(text.contains("got 99, which a newer EramJS made"), "{text}");
        let error = migrate(&mut client, &db.prefix, None).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_SCHEMA_TOO_NEW");
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_serves_as_long_as_its_floor_does_not_rise_above_this_version() {
    with_database(async |db| {
        let mut client = db.client().await;
        let later = async |version: i32, floor: i32| {
            let row = format!("({version}, 'later', {floor})");
            db.run(&format!("INSERT INTO eram_migrations (version, name, floor) VALUES {row}")).await;
        };
        // It adds a column that this version knows nothing of.
        db.run("ALTER TABLE eram_jobs ADD COLUMN colour text NOT NULL DEFAULT 'red'").await;
        later(latest() + 1, latest()).await;
        check(&client, &db.prefix).await.expect("a schema that only grew");
        assert_eq!(migrate(&mut client, &db.prefix, None).await.expect("nothing to do"), []);
        let down = migrate(&mut client, &db.prefix, Some(0)).await.expect_err("a refusal");
        assert_eq!(down.code(), "ERAM_SCHEMA_TOO_NEW");
        let (_node, main) = db.working(json!(1), |_| crate::testing::Act::done()).await;
        let id = db.insert_one(json!({ "worker": "Sample", "unique": true })).await;
        main.took(1).await;
        db.until_state(id, "completed").await;

        later(latest() + 2, latest() + 1).await;
        let error = check(&client, &db.prefix).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_SCHEMA_TOO_NEW");
        // A later one with a lower floor does not bring back what was taken away.
        later(latest() + 3, 1).await;
        assert!(check(&client, &db.prefix).await.is_err());
        assert!(migrate(&mut client, &db.prefix, None).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_version_that_does_not_exist_is_refused() {
    with_database(async |db| {
        let mut client = db.client().await;
        for to in [-1, latest() + 1] {
            let error = migrate(&mut client, &db.prefix, Some(to)).await.expect_err("a refusal");
            assert_eq!(error.to_string(), format!("to: expected a version from 0 to {}, got {to}", latest()));
        }
    })
    .await;
}

#[tokio::test]
async fn the_exported_sql_does_what_the_migrator_does() {
    with_database(async |db| {
        let client = db.client().await;
        let before = catalog(db).await;
        let run = async |text: &str| {
            // As another tool would: in a transaction, statement by statement or not.
            client.batch_execute(&format!("BEGIN;\n{text}\nCOMMIT;")).await.expect("SQL that runs");
        };
        run(&sql(&db.prefix, latest(), 0)).await;
        assert_eq!(things(&client).await, 0);
        client.batch_execute(&format!("DROP SCHEMA {}", quote_ident(&db.prefix))).await.expect("an empty schema");
        run(&sql(&db.prefix, 0, 1)).await;
        run(&sql(&db.prefix, 1, latest())).await;
        assert_eq!(catalog(db).await, before);
        check(&client, &db.prefix).await.expect("the right version");
        assert_eq!(sql(&db.prefix, latest(), latest()), "");
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_for_is_done_and_told() {
    with_database(async |db| {
        let ask = async |request: Value| -> Value {
            let mut options = json!({ "url": db.url, "prefix": db.prefix });
            options.as_object_mut().expect("an object").extend(request.as_object().expect("an object").clone());
            serde_json::from_str(&as_asked(&options.to_string()).await.expect("an answer")).expect("JSON")
        };
        let got = ask(json!({ "to": 1 })).await;
        assert_eq!((&got["version"], &got["steps"][0]["direction"]), (&json!(1), &json!("down")));
        let got = ask(json!({ "status": true })).await;
        assert_eq!((&got["version"], &got["pending"]), (&json!(1), &json!(names_after(1))));
        let got = ask(json!({ "search_indexes": true })).await;
        assert_eq!((&got["version"], got["indexes"].as_array().map(Vec::len)), (&json!(latest()), Some(2)));
        let got = ask(json!({ "sql": true, "from": 1 })).await;
        assert_eq!(got["sql"], json!(sql(&db.prefix, 1, latest())));
        let error = as_asked(r#"{"too": 1}"#).await.expect_err("a refusal");
        assert_eq!(error.code(), "ERAM_CONFIG");
    })
    .await;
}
