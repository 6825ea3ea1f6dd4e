//! Addresses without their passwords, for output.

use crate::text::masked;

/// Removes the secrets from a URL or a `key=value` text. In doubt, more is removed than necessary.
pub(super) fn without_password(url: &str) -> String {
    masked(&removed(url)).into_owned()
}

fn removed(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let Some((scheme, rest)) = url.split_once("://") else {
        // Cut from this word on, because values may be quoted and contain blanks.
        let cut = url.to_ascii_lowercase().find("pass").unwrap_or(url.len());
        return url.get(..cut).unwrap_or_default().trim_end().to_owned();
    };
    if let Some((account, server)) = rest.rsplit_once('@') {
        let user = account.split([':', '@', '/', '?']).next().unwrap_or_default();
        let server = server.split('?').next().unwrap_or_default();
        return format!("{scheme}://{user}@{server}{}", harmless(query));
    }
    format!("{place}{}", harmless(query))
}

/// The parameters of a URL that contain no secret.
fn harmless(query: &str) -> String {
    let kept: Vec<_> = query.split('&').filter(|pair| shown(pair)).collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

fn shown(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    !name.is_empty()
        && !["pass", "secret", "token"].iter().any(|word| name.contains(word))
        && !name.contains('%')
        && !pair.contains('@')
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("postgres://localhost/db", "postgres://localhost/db"),
            ("postgres://me@localhost/db?sslmode=require", "postgres://me@localhost/db?sslmode=require"),
            ("postgres://me:secret@localhost:5432/db", "postgres://me@localhost:5432/db"),
            ("postgres://me:se@cr/et?@localhost/db?a=b", "postgres://me@localhost/db"),
            ("postgres://localhost/db?user=me&password=secret&sslpassword=x", "postgres://localhost/db?user=me"),
            ("postgres://localhost/db?pass%77ord=secret", "postgres://localhost/db"),
            ("host=localhost user=me password='se cret' dbname=db", "host=localhost user=me"),
            ("host=localhost PASSWORD = secret", "host=localhost"),
            ("postgres://me:secret:5432/db", "postgres://me:•••"),
            ("postgres://localhost/db?oauth_client_secret=x", "postgres://localhost/db"),
            ("secret", "secret"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
