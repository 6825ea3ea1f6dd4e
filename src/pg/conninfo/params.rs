//! The parameters of a connection from all sources that libpq uses, in order of precedence: the
//! connection string, the service file, the environment. Each value keeps its source, so that an
//! error can name it.
//!
//! PostgreSQL manual, chapter libpq, "Environment Variables" and "The Connection Service File".

use std::collections::HashMap;

use super::env::Env;
use super::pairs::{self, Pairs};
use super::words::{self, Handling};
use super::{service, uri};
use crate::error::{Error, Result};
use crate::text::shorten;

#[derive(Default)]
pub(super) struct Params(HashMap<&'static str, Value>);

pub(super) struct Value {
    pub text: String,
    pub source: Source,
}

#[derive(Clone)]
pub(super) enum Source {
    /// If guarded, the text may contain a part of the password.
    Url {
        guarded: bool,
    },
    Service(String),
    Env(&'static str),
}

impl Params {
    pub fn gather(url: Option<&str>, env: &Env) -> Result<Self> {
        let mut params = Self::default();
        params.add_string(url.unwrap_or_default())?;
        params.add_service(env)?;
        for word in words::WORDS {
            let Some(variable) = word.env else { continue };
            // Containers set a variable to the empty string to say "not set".
            if let Some(text) = env(variable).filter(|text| !text.is_empty()) {
                params.add(word.name, text, &Source::Env(variable))?;
            }
        }
        Ok(params)
    }

    fn add_string(&mut self, url: &str) -> Result<()> {
        // Secrets read from files end with a newline.
        let url = url.trim();
        let Pairs { list, guarded } = match uri::body(url) {
            Some(body) => uri::parse(body)?,
            None => pairs::parse(well_formed(url)?)?,
        };
        let source = Source::Url { guarded };
        for (key, text) in list.into_iter().rev() {
            self.add(&key, text, &source)?;
        }
        Ok(())
    }

    fn add_service(&mut self, env: &Env) -> Result<()> {
        let setting = |name| self.text(name).map(str::to_owned);
        let Some(name) = setting("service").or_else(|| env("PGSERVICE")).filter(|name| !name.is_empty()) else {
            return Ok(());
        };
        let source = Source::Service(name.clone());
        for (key, text) in service::read(&name, setting("servicefile"), env)? {
            self.add(&key, text, &source)?;
        }
        Ok(())
    }

    /// Adds a value, unless a source of higher precedence has given one.
    fn add(&mut self, key: &str, text: String, source: &Source) -> Result<()> {
        let Some(word) = words::find(key) else {
            return Err(source.unknown(key));
        };
        if self.0.contains_key(word.name) {
            return Ok(());
        }
        let why = match word.handling {
            Handling::Checked(refuse) if !text.is_empty() => refuse(&text),
            Handling::Checked(_) | Handling::Used | Handling::Ignored => None,
        };
        if let Some(why) = why {
            return Err(Error::Config(format!("{}: cannot be honoured: {why}", source.subject(word.name))));
        }
        self.0.insert(word.name, Value { text, source: source.clone() });
        Ok(())
    }

    /// The value of a parameter; `None` if it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| value.text.as_str())
    }

    fn value(&self, name: &str) -> Option<&Value> {
        debug_assert!(words::find(name).is_some(), "{name} is not in the list of words");
        self.0.get(name).filter(|value| !value.text.is_empty())
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub fn whole_number(&self, name: &str) -> Result<Option<i32>> {
        let parse = |text: &str| text.trim().parse().map_err(|_| self.refuse(name, "a whole number"));
        self.text(name).map(parse).transpose()
    }

    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let pick = |text| {
            let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
            found.ok_or_else(|| {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                self.refuse(name, &format!("one of {}", words.join(", ")))
            })
        };
        self.text(name).map(pick).transpose()
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>> {
        const WORDS: &[(&str, bool)] = &[
            ("1", true),
            ("0", false),
            ("true", true),
            ("false", false),
            ("on", true),
            ("off", false),
            ("yes", true),
            ("no", false),
        ];
        self.choice(name, WORDS)
    }

    /// The error for a value that does not meet `expected`, with its source.
    pub fn refuse(&self, name: &str, expected: &str) -> Error {
        let Some(Value { text, source }) = self.value(name) else {
            return Error::Config(format!("url: {name}: expected {expected}, got nothing"));
        };
        let subject = source.subject(name);
        Error::Config(match source {
            Source::Url { guarded: true } => format!("{subject}: expected {expected}, got something else"),
            _ => format!("{subject}: expected {expected}, got {:?}", shorten(text)),
        })
    }
}

impl Source {
    /// The name of a parameter from this source in an error.
    fn subject(&self, name: &str) -> String {
        match self {
            Self::Url { .. } => format!("url: {name}"),
            Self::Service(service) => format!("service {:?}: {name}", shorten(service)),
            Self::Env(variable) => (*variable).to_owned(),
        }
    }

    fn unknown(&self, key: &str) -> Error {
        let subject = match self {
            Self::Service(service) => format!("service {:?}", shorten(service)),
            Self::Url { .. } | Self::Env(_) => "url".to_owned(),
        };
        Error::Config(match (words::nearest(key), self) {
            (Some(meant), _) => format!("{subject}: unknown parameter {:?}, did you mean {meant:?}?", shorten(key)),
            (None, Self::Url { guarded: true }) => {
                format!(
                    "{subject}: unknown parameter; if the password holds a space, \"/\" or \"@\", quote or percent-encode it"
                )
            }
            (None, _) => format!("{subject}: unknown parameter {:?}", shorten(key)),
        })
    }
}

/// Rejects a text that is neither a URI nor keywords, with a better message than "missing =".
fn well_formed(url: &str) -> Result<&str> {
    let expected = r#"expected "postgres://user@host/dbname" or "host=… dbname=…""#;
    match url.split_once("://") {
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.:".contains(c)) => {
            Err(Error::Config(format!(
                "url: {expected}, got a URL that begins with {:?}",
                shorten(&format!("{scheme}://"))
            )))
        }
        _ if !url.is_empty() && !url.contains('=') => Err(Error::Config(format!("url: {expected}, got neither"))),
        _ => Ok(url),
    }
}
