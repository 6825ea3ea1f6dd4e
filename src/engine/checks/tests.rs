//! The checks on a real server, and by what they say.

use serde_json::json;

use super::{Finding, Needs, findings, of_schema, probe};
use crate::error::Error;
use crate::model::config::Config;
use crate::store::{Inspection, Numbers, migrate};
use crate::testing::{Database, with_database};

/// What an engine with or without queues is told.
async fn seen(db: &Database, queues: bool) -> Vec<Finding> {
    let client = db.client().await;
    let seen = Inspection::of(&client, &db.prefix).await.expect("an inspection");
    let numbers = Numbers::of(&client, &db.prefix, &seen).await.expect("numbers");
    findings(&seen, &numbers, Needs { prefix: &db.prefix, queues })
}

async fn only(db: &Database) -> Finding {
    let mut found = seen(db, true).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn a_new_schema_gives_no_reason_for_a_warning() {
    with_database(async |db| {
        assert_eq!(seen(db, true).await, vec![]);
        assert_eq!(of_schema(&db.client().await, &db.prefix).await.expect("findings"), vec![]);
    })
    .await;
}

#[tokio::test]
async fn a_renamed_schema_is_named_and_repaired_by_a_migration_that_has_nothing_else_to_do() {
    with_database(async |db| {
        let paths = format!(
            "SELECT json_agg(DISTINCT c)::jsonb AS paths FROM pg_proc, unnest(proconfig) AS c WHERE pronamespace = '\"{}\"'::regnamespace AND c LIKE 'search_path=%'",
            db.prefix
        );
        let before = db.value(&paths).await;
        let functions = format!(
            "DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = '\"{}\"'::regnamespace AND proconfig IS NOT NULL \
             LOOP EXECUTE format('ALTER FUNCTION %s SET search_path = \"Old, one\", pg_temp', f); END LOOP; END $$",
            db.prefix
        );
        db.run(&functions).await;
        let found = only(db).await;
        assert!(found.fatal && found.check == "names", "{found:?}");
        assert!(found.saw.contains("search_path = \"Old, one\", pg_temp"), "{}", found.saw);
        assert!(found.fix.contains(&format!("`npx eramjs migrate --prefix {}`", db.prefix)), "{}", found.fix);
        for _ in 0..2 {
            let steps = migrate::migrate(&mut db.client().await, &db.prefix, None).await.expect("a migration");
            assert_eq!(steps, vec![]);
            assert_eq!((seen(db, true).await, db.value(&paths).await), (vec![], before.clone()));
        }
    })
    .await;
}

#[tokio::test]
async fn paths_that_name_the_schema_in_another_order_are_left_as_they_are() {
    with_database(async |db| {
        db.run(&format!("ALTER FUNCTION eram_channel(text) SET search_path = pg_catalog, \"{}\"", db.prefix)).await;
        migrate::migrate(&mut db.client().await, &db.prefix, None).await.expect("a migration");
        let path =
            db.value("SELECT to_json(proconfig[1]) FROM pg_proc WHERE oid = 'eram_channel(text)'::regprocedure").await;
        assert_eq!(path, json!(format!("search_path=pg_catalog, \"{}\"", db.prefix)));
        assert_eq!(seen(db, true).await, vec![]);
    })
    .await;
}

#[tokio::test]
async fn ids_that_fail_soon_are_named_with_the_statement_that_helps() {
    with_database(async |db| {
        db.run("INSERT INTO eram_jobs (id, worker, state, completed_at) VALUES (1000, 'Sample', 'completed', now())").await;
        let found = only(db).await;
        assert!(!found.fatal && found.saw.contains("1000 or later"), "{found:?}");
        db.run(&found.sql.expect("a statement")).await;
        assert_eq!(seen(db, true).await, vec![]);
        db.run("ALTER TABLE eram_jobs ALTER COLUMN id SET MAXVALUE 1001").await;
        assert!(only(db).await.saw.contains("room below 1001"), "the end of the sequence is near");
        db.run(
            "ALTER TABLE eram_jobs ALTER COLUMN id SET NO MAXVALUE;
             INSERT INTO eram_jobs (id, worker, state, completed_at) VALUES (9007199254740993, 'Sample', 'completed', now());
             SELECT setval(pg_get_serial_sequence('eram_jobs', 'id'), 9007199254740993)",
        )
        .await;
        let all: Vec<String> = seen(db, true).await.into_iter().map(|it| it.saw).collect();
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all[0].contains("room below 9007199254740991") && all[1].contains("id 9007199254740993"), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn tables_indexes_and_triggers_that_are_not_those_of_the_migrations_are_named() {
    with_database(async |db| {
        for (change, saw, back) in [
            ("ALTER TABLE eram_queues SET UNLOGGED", "an unlogged one", "ALTER TABLE eram_queues SET LOGGED"),
            (
                "ALTER TABLE eram_jobs DISABLE TRIGGER eram_jobs_inserted",
                "the trigger eram_jobs_inserted to fire",
                "ALTER TABLE eram_jobs ENABLE TRIGGER eram_jobs_inserted",
            ),
            (
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'eram_jobs_unique_index'::regclass",
                "eram_jobs_unique_index",
                "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'eram_jobs_unique_index'::regclass",
            ),
        ] {
            db.run(change).await;
            let found = only(db).await;
            assert!(!found.fatal && found.saw.contains(saw), "{found:?}");
            db.run(back).await;
        }
        db.run(
            "ALTER TABLE eram_progress RENAME TO aside; CREATE TABLE eram_progress (id bigint) PARTITION BY LIST (id)",
        )
        .await;
        let found = only(db).await;
        assert!(found.fatal && found.saw.contains("a partitioned one"), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn other_roles_that_may_put_functions_into_the_schema_are_named_with_the_statement_that_ends_it() {
    with_database(async |db| {
        let (name, role) = (format!("other_{}", db.prefix), format!("\"other_{}\"", db.prefix));
        db.run(&format!("CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA \"{}\" TO {role}, PUBLIC", db.prefix)).await;
        let found = only(db).await;
        assert!(!found.fatal && found.saw.contains("CREATE for PUBLIC"), "{found:?}");
        db.run(&format!(
            "SET ROLE {role}; CREATE FUNCTION \"{0}\".format(text, integer) RETURNS text LANGUAGE sql AS 'SELECT 1'; RESET ROLE; {1}",
            db.prefix,
            found.sql.expect("a statement")
        ))
        .await;
        let found = only(db).await;
        assert!(found.saw.contains("format(text, integer)") && found.saw.contains(&name), "{found:?}");
        // What the owner made is its own affair, as the clock of the testing kit.
        db.run(&format!("ALTER FUNCTION format(text, integer) OWNER TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")).await;
        assert_eq!(seen(db, true).await, vec![]);
    })
    .await;
}

#[tokio::test]
async fn row_level_security_that_hides_rows_is_named_and_policies_that_let_the_role_through_are_not() {
    with_database(async |db| {
        let role = format!("\"app_{}\"", db.prefix);
        db.run(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA \"{0}\" TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"{0}\" TO {role};
             ALTER TABLE eram_jobs ENABLE ROW LEVEL SECURITY",
            db.prefix
        ))
        .await;
        let client = db.client().await;
        let config = Config::from_json(&json!({ "prefix": db.prefix, "queues": { "default": 1 } }).to_string(), &[]).expect("a config");
        let look = async || {
            client.batch_execute(&format!("SET ROLE {role}")).await.expect("a role");
            let seen = Inspection::of(&client, &db.prefix).await.expect("an inspection");
            let numbers = Numbers::of(&client, &db.prefix, &seen).await.expect("numbers");
            let found = findings(&seen, &numbers, Needs { prefix: &db.prefix, queues: true });
            let probed = probe::rows(&client, &config, &seen).await;
            client.batch_execute("RESET ROLE").await.expect("a role");
            let fatal = found.into_iter().find(|it| it.fatal).map(|it| it.saw);
            (fatal.unwrap_or_default(), probed.err().as_ref().map(Error::to_string).unwrap_or_default())
        };
        assert_eq!(seen(db, true).await, vec![], "the owner sees all rows");
        let (found, _) = look().await;
        assert!(found.contains("may SELECT, INSERT, UPDATE, DELETE"), "{found}");
        for (policy, found, probed) in [
            ("FOR SELECT USING (true)", "may INSERT, UPDATE, DELETE", "may insert"),
            ("USING (false)", "may SELECT, INSERT, UPDATE, DELETE", "may insert"),
            ("USING (queue = 'other')", "", "may insert"),
            ("USING (queue = 'other') WITH CHECK (true)", "", "may insert"),
            ("USING (queue = 'default')", "", ""),
            ("USING (true) WITH CHECK (true)", "", ""),
        ] {
            db.run(&format!("CREATE POLICY mine ON eram_jobs {policy}")).await;
            let (seen, tried) = look().await;
            assert!(seen.contains(found) && seen.is_empty() == found.is_empty(), "{policy}: {seen}");
            assert!(tried.contains(probed) && tried.is_empty() == probed.is_empty(), "{policy}: {tried}");
            db.run("DROP POLICY mine ON eram_jobs").await;
        }
        db.run("ALTER TABLE eram_jobs DISABLE ROW LEVEL SECURITY; ALTER TABLE eram_producers ENABLE ROW LEVEL SECURITY").await;
        let (found, _) = look().await;
        assert!(found.contains("eram_producers"), "{found}");
        assert_eq!(db.value("SELECT to_json(count(*)) FROM eram_jobs").await, json!(0), "the probe leaves nothing");
        db.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    })
    .await;
}
