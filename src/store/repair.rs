//! Functions whose search path names another schema than theirs, because the schema was renamed or
//! restored under another name.

use tokio_postgres::Client;

use super::{Function, Inspection, quote_ident};
use crate::error::Result;

/// Functions whose search path lacks the schema that they are in. In what order the path names it
/// does not matter: schemas of the testing kit put a clock of their own first.
pub fn pins_elsewhere<'a>(seen: &'a Inspection, prefix: &'a str) -> impl Iterator<Item = &'a Function> {
    seen.functions.iter().filter(move |it| it.path.as_ref().is_some_and(|path| !names(path).any(|name| name == prefix)))
}

/// Gives such functions `path`, that of new functions of the schema; returns their names.
pub async fn repair(client: &Client, prefix: &str, path: &str) -> Result<Vec<String>> {
    let seen = Inspection::of(client, prefix).await?;
    let astray: Vec<String> = pins_elsewhere(&seen, prefix).map(|it| it.name.clone()).collect();
    if astray.is_empty() {
        return Ok(astray);
    }
    let schema = quote_ident(prefix);
    let sql: Vec<String> =
        astray.iter().map(|name| format!("ALTER FUNCTION {schema}.{name} SET search_path = {path};")).collect();
    client.batch_execute(&sql.join("\n")).await?;
    Ok(astray)
}

/// The names in a list as the server stores it: `jobs, "Other", pg_temp`.
fn names(path: &str) -> impl Iterator<Item = String> {
    let mut rest = path.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut name = String::new();
        let (mut quoted, mut end) = (false, rest.len());
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    name.push('"');
                    chars.next();
                }
                '"' => quoted = !quoted,
                ',' if !quoted => {
                    end = at + 1;
                    break;
                }
                ' ' if !quoted => {}
                _ => name.push(c),
            }
        }
        rest = &rest[end..];
        Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_search_path_is_read_as_the_server_stores_it() {
        for (path, read) in [
            ("jobs, pg_temp", vec!["jobs", "pg_temp"]),
            (r#""Jobs, ""old""", pg_catalog"#, vec!["Jobs, \"old\"", "pg_catalog"]),
            (r#""$user", public"#, vec!["$user", "public"]),
            ("", vec![]),
            (r#""""#, vec![""]),
        ] {
            assert_eq!(names(path).collect::<Vec<_>>(), read, "{path}");
        }
    }
}
