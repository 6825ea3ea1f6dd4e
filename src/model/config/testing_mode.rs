//! How much of an engine runs in a test.

use super::kind::Kind;

/// The option `testing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestingMode {
    /// Enqueues insert; nothing runs.
    Manual,
    /// Enqueues perform in the caller; nothing else runs.
    Inline,
    /// Queues run; plugins tick only when they are told to.
    Live,
}

impl TestingMode {
    const ALL: [(&str, Self); 3] = [("manual", Self::Manual), ("inline", Self::Inline), ("live", Self::Live)];

    /// Whether the engine serves no queues and does nothing by itself.
    pub const fn is_idle(self) -> bool {
        !matches!(self, Self::Live)
    }
}

pub(crate) fn testing_mode() -> Kind<TestingMode> {
    Kind::new(
        "`'manual'`, `'inline'` or `'live'`",
        |it| {
            let found = TestingMode::ALL.iter().find(|(name, _)| it.value().as_str() == Some(name));
            found.map(|(_, mode)| *mode).ok_or_else(|| it.expected("'manual', 'inline' or 'live'"))
        },
        |mode| TestingMode::ALL.iter().find(|(_, it)| it == mode).map(|(name, _)| *name).into(),
    )
}
