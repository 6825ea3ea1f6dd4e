//! The password file: lines of `host:port:dbname:user:password`, where `*` matches anything and `\`
//! escapes `:` and `\`.
//!
//! PostgreSQL manual, chapter libpq, "The Password File".

use std::fs::{self, Metadata};
use std::path::Path;

/// The values that a line of the file must match.
pub(super) struct Login<'a> {
    pub host: &'a str,
    pub port: u16,
    pub dbname: &'a str,
    pub user: &'a str,
}

/// The lines of the file; `None` if the file does not exist or is not secure.
pub(super) fn read(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    if !metadata.is_file() {
        tracing::warn!("password file {}: expected a plain file, got something else; it is ignored", file.display());
        return None;
    }
    if open_to_others(&metadata) {
        tracing::warn!(
            "password file {}: expected permissions u=rw (0600) or less, got access for group or world; it is ignored",
            file.display()
        );
        return None;
    }
    fs::read_to_string(file)
        .inspect_err(|e| tracing::warn!("password file {}: cannot be read: {e}", file.display()))
        .ok()
}

#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

/// On other systems the folder is assumed to be secure, as in libpq.
#[cfg(not(unix))]
fn open_to_others(_: &Metadata) -> bool {
    false
}

/// The password of the first matching line.
pub(super) fn find(text: &str, login: &Login) -> Option<String> {
    let port = login.port.to_string();
    let wanted = [login.host, &port, login.dbname, login.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for value in wanted {
            rest = matching(rest, value)?;
        }
        Some(field(rest, None).0)
    })
}

/// The rest of a line after its first field, if the field matches the value.
fn matching<'a>(line: &'a str, value: &str) -> Option<&'a str> {
    if let Some(rest) = line.strip_prefix("*:") {
        return Some(rest);
    }
    let (text, rest) = field(line, Some(':'));
    rest.filter(|_| text == value)
}

/// Reads a field without its escapes, and returns the rest after its end mark.
fn field(line: &str, end: Option<char>) -> (String, Option<&str>) {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == end => return (text, Some(chars.as_str())),
            '\\' => text.push(chars.next().unwrap_or('\\')),
            c => text.push(c),
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::{Login, find, read};

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let text = "# a comment\n\
                    db1:5432:app:ann:one\n\
                    db1:*:*:ann:two\r\n\
                    \\:\\:1:5432:*:*:three\n\
                    /run/a\\\\b:5432:*:bob:fo\\:u\\\\r\n\
                    short:5432:app\n\
                    *:*:*:eve:\n\
                    *:*:*:*:last:word\n";
        for (host, port, dbname, user, password) in [
            ("db1", 5432, "app", "ann", "one"),
            ("db1", 5433, "app", "ann", "two"),
            ("db1", 5432, "other", "ann", "two"),
            ("::1", 5432, "app", "bob", "three"),
            (r"/run/a\b", 5432, "app", "bob", r"fo:u\r"),
            ("short", 5432, "app", "ann", "last:word"),
            ("any", 1, "x", "eve", ""),
        ] {
            let got = find(text, &Login { host, port, dbname, user });
            assert_eq!(got.as_deref(), Some(password), "{user}@{host}:{port}/{dbname}");
        }
        assert_eq!(find("db1:1:a:b:c", &Login { host: "db2", port: 1, dbname: "a", user: "b" }), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_ignored() {
        use std::os::unix::fs::PermissionsExt;
        let folder = super::super::testing::folder();
        let file = folder.file("pgpass", "*:*:*:*:x");
        for (mode, trusted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&file).is_some(), trusted, "{mode:o}");
        }
        assert!(read(folder.path()).is_none(), "a folder is not a password file");
        assert!(read(&folder.path().join("absent")).is_none());
    }
}
