//! The service file: named groups of connection parameters, `[name]` and `key=value` lines.
//!
//! PostgreSQL manual, chapter libpq, "The Connection Service File". The user's own file comes
//! first, then the system's.

use std::path::{Path, PathBuf};

use super::env::{Env, home};
use crate::error::{Error, Result};

/// The folders of the file in distributions of PostgreSQL, used if `PGSYSCONFDIR` is not set.
const SYSTEM_FOLDERS: [&str; 2] = ["/etc/postgresql-common", "/etc/sysconfig/pgsql"];

/// The parameters of a service. `file` comes from the connection string and replaces all other
/// places.
pub(super) fn read(name: &str, file: Option<String>, env: &Env) -> Result<Vec<(String, String)>> {
    let chosen = file.or_else(|| env("PGSERVICEFILE")).filter(|file| !file.is_empty()).map(PathBuf::from);
    if let Some(file) = chosen.as_ref().filter(|file| !file.exists()) {
        return Err(refuse(name, &format!("expected a service file at {}, found none", file.display())));
    }
    let own = chosen.or_else(|| home(env).map(|home| home.join(".pg_service.conf")));
    let system =
        env("PGSYSCONFDIR").map_or_else(|| SYSTEM_FOLDERS.map(PathBuf::from).to_vec(), |folder| vec![folder.into()]);
    let files: Vec<_> =
        own.into_iter().chain(system.into_iter().map(|folder| folder.join("pg_service.conf"))).collect();
    for file in files.iter().filter(|file| file.exists()) {
        if let Some(pairs) = section(name, file)? {
            return Ok(pairs);
        }
    }
    let places: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    Err(refuse(name, &format!("expected a section [{name}], found none in {}", places.join(", "))))
}

fn section(name: &str, file: &Path) -> Result<Option<Vec<(String, String)>>> {
    let at = |line: usize| format!("{}:{}", file.display(), line + 1);
    let text = std::fs::read_to_string(file)
        .map_err(|e| refuse(name, &format!("expected to read {}, got: {e}", file.display())))?;
    let mut found = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if title.strip_suffix(']') == Some(name) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        // The line may contain a password, so errors name only its number.
        match line.split_once('=') {
            _ if line.starts_with("ldap") => {
                return Err(refuse(name, &format!("{}: LDAP look-up is not supported", at(number))));
            }
            Some(("service" | "servicefile", _)) => {
                return Err(refuse(name, &format!("{}: a service cannot name another service", at(number))));
            }
            Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
            None => return Err(refuse(name, &format!("{}: expected key=value", at(number)))),
        }
    }
    Ok(found)
}

fn refuse(name: &str, text: &str) -> Error {
    Error::Config(format!("service {name:?}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::read;

    fn service(name: &str, text: &str) -> Result<String, String> {
        let folder = super::super::testing::folder();
        let file = folder.file("pg_service.conf", text);
        let pairs = read(name, Some(file.display().to_string()), &|_| None).map_err(|e| e.to_string())?;
        Ok(pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "))
    }

    const FILE: &str = "# comment\n[first]\nhost=a\n\n  port=1  \n[second]\nhost=b\npassword=x=y\n[bad]\nhush\n[nested]\nservice=first\n[tree]\nldap://host\n";

    #[test]
    fn a_section_is_read_to_its_end() {
        assert_eq!(service("first", FILE).unwrap(), "host=a port=1");
        assert_eq!(service("second", FILE).unwrap(), "host=b password=x=y");
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_place() {
        for (name, expected) in [
            ("absent", "expected a section [absent]"),
            ("bad", ":10: expected key=value"),
            ("nested", "cannot name another"),
            ("tree", "LDAP"),
        ] {
            let error = service(name, FILE).expect_err(name);
            assert!(error.contains(expected) && !error.contains("hush"), "{name}: {error}");
        }
        let error = read("x", Some("/nowhere/at/all".into()), &|_| None).expect_err("no file").to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
