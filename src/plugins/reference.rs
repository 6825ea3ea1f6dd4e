//! Compares the tables of `docs/reference/options.md` with the tables of options. `UPDATE_DOCS=1`
//! rewrites them.

use super::DEFINITIONS;
use crate::model::config::kind::Row;
use crate::model::config::{Config, Idle, QueueConfig};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/options.md");

/// The tables, by the headings above them.
fn tables() -> Vec<(&'static str, Vec<Row>)> {
    let plugins = DEFINITIONS.iter().filter_map(|it| it.option.clone());
    let engine = Config::reference().into_iter().chain(plugins).collect();
    let own = DEFINITIONS.iter().filter_map(|it| it.table.as_ref()).map(|(heading, rows)| (*heading, rows()));
    [("Engine", engine), ("Idle", Idle::rows()), ("Queue", QueueConfig::reference())].into_iter().chain(own).collect()
}

fn markdown(rows: &[Row]) -> String {
    let lines = rows.iter().map(|Row { name, kind, default, meaning }| {
        assert!(![kind, default, *meaning].iter().any(|cell| cell.contains('|')), "{name}: expected cells without |");
        format!("| `{name}` | {kind} | {default} | {meaning} |\n")
    });
    ["| option | type | default | meaning |\n|---|---|---|---|\n".to_owned()].into_iter().chain(lines).collect()
}

/// The page with this table as the first one below its heading.
fn with_table(page: &str, heading: &str, rows: &[Row]) -> String {
    let below = page.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("expected a heading {heading:?}")) + 1;
    let start = below + page[below..].find("\n|").unwrap_or_else(|| panic!("{heading}: expected a table")) + 1;
    let end = start + page[start..].find("\n\n").map_or(page[start..].len(), |length| length + 1);
    format!("{}{}{}", &page[..start], markdown(rows), &page[end..])
}

#[test]
fn the_reference_lists_every_option_as_it_is() {
    let page = std::fs::read_to_string(PAGE).expect("a page");
    let current = tables().iter().fold(page.clone(), |page, (heading, rows)| with_table(&page, heading, rows));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(PAGE, current).expect("a page");
    }
    for (line, expected) in page.lines().zip(current.lines()) {
        assert_eq!(line, expected, "run `UPDATE_DOCS=1 cargo test --no-default-features reference`");
    }
    assert_eq!(page.lines().count(), current.lines().count(), "run it with UPDATE_DOCS=1");
}
