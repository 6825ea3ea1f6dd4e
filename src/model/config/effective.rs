//! The options as they are in effect, for `status()` and for people.

use serde_json::{Map, Value, json};

use super::{Config, CronEntry, CustomPlugin, Lifeline, Prune, Reindexer, Stager};
use crate::model::read::Unit;

impl Config {
    /// Every option with its value, in the units that [`Config::from_json`] reads; passwords are left out of urls.
    pub fn effective(&self) -> Value {
        let millis = |duration| Unit::Milliseconds.number(duration);
        let queues: Map<_, _> = self.queues.iter().map(|queue| (queue.name.clone(), queue.effective())).collect();
        json!({
            "name": self.name,
            "node": self.node,
            "prefix": self.prefix,
            "url": self.url.as_deref().map(without_password),
            "listen_url": self.listen_url.as_deref().map(without_password),
            "pool": self.pool,
            "pgbouncer": self.pgbouncer,
            "notify": self.notify,
            "poll_interval": millis(self.poll_interval),
            "environment": self.environment,
            "version": self.version,
            "grace": millis(self.grace),
            "abort_grace": millis(self.abort_grace),
            "heartbeat_interval": millis(self.heartbeat_interval),
            "max_args_bytes": self.max_args_bytes,
            "max_result_bytes": self.limits.max_result_bytes,
            "max_error_bytes": self.limits.max_error_bytes,
            "max_crashes": self.limits.max_crashes,
            "max_rss": self.max_rss,
            "queues": queues,
            "peer": self.peer,
            "prune": or_false(self.prune.as_ref().map(Prune::effective)),
            "lifeline": or_false(self.lifeline.as_ref().map(Lifeline::effective)),
            "stager": or_false(self.stager.as_ref().map(Stager::effective)),
            "reindexer": or_false(self.reindexer.as_ref().map(Reindexer::effective)),
            "plugins": self.plugins.iter().map(CustomPlugin::effective).collect::<Vec<_>>(),
            "cron": or_false(self.cron.as_ref().map(|all| all.iter().map(CronEntry::effective).collect())),
            "timezone": self.timezone.name(),
        })
    }
}

fn or_false(plugin: Option<Value>) -> Value {
    plugin.unwrap_or(Value::Bool(false))
}

/// A url or a `key=value` text that may be shown. Where it is in doubt, more is left out than need be.
fn without_password(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let Some((scheme, rest)) = url.split_once("://") else {
        // The word and all that follows: values may be quoted and hold blanks.
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

/// The parameters of a url that name no secret.
fn harmless(query: &str) -> String {
    let kept: Vec<_> = query.split('&').filter(|pair| shown(pair)).collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

fn shown(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    !name.is_empty() && !name.contains("pass") && !name.contains('%') && !pair.contains('@')
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
            ("secret", "secret"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
