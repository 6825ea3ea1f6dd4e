//! Compares the table of `docs/reference/metrics.md` with the list of metrics. `UPDATE_DOCS=1` rewrites it.

use super::families::FAMILIES;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/metrics.md");
const HEADER: &str = "| metric | type | labels | |\n|---|---|---|---|\n";

#[test]
fn the_reference_lists_every_metric_as_it_is() {
    let page = std::fs::read_to_string(PAGE).expect("a page");
    let rows: Vec<_> = FAMILIES
        .iter()
        .map(|it| {
            let labels: Vec<_> = it.labels.iter().map(|label| format!("`{label}`")).collect();
            format!("| `{}` | {} | {} | {} |\n", it.name, it.kind.as_str(), labels.join(", "), it.help)
        })
        .collect();
    let start = page.find(HEADER).expect("the table") + HEADER.len();
    let end = start + page[start..].find("\n\n").map_or(page[start..].len(), |length| length + 1);
    let current = format!("{}{}{}", &page[..start], rows.concat(), &page[end..]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(PAGE, current).expect("a page");
    }
    assert_eq!(page, current, "run `UPDATE_DOCS=1 cargo test --no-default-features reference`");
}

#[test]
fn names_are_those_that_prometheus_recommends() {
    for it in FAMILIES {
        let ends = |suffix| it.name.ends_with(suffix);
        assert_eq!(it.kind == crate::metrics::Kind::Counter, ends("_total"), "{}", it.name);
        assert!(it.kind != crate::metrics::Kind::Histogram || ends("_seconds"), "{}", it.name);
        assert!(it.help.ends_with('.') && !it.help.contains(['\\', '\n', '|']), "{}", it.name);
    }
    let names: std::collections::BTreeSet<_> = FAMILIES.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), FAMILIES.len());
}
