//! `engine.jobs.suggest()`: completes a search at the caret.

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::error::Result;
use crate::model::read::{Owner, Reader};
use crate::model::schedule::Zone;
use crate::model::search::completion::{Asked, Known, Place, suggest};
use crate::model::search::{self, Field, MAX_CHARS};

/// The number of jobs of which names, paths and values are taken, and of rows among which they are looked for.
const SAMPLE: i64 = 2_000;
const ROWS: i64 = 50_000;

/// The most names of each kind.
const NAMES: i64 = 1_000;

impl Engine {
    /// `{ from, to, items, sampled }`; options and answer are JSON. The caret counts UTF-16 code units, as JavaScript does.
    pub(in crate::engine) async fn suggest(&self, options: &str) -> Result<String> {
        let given = Owner::Config.parse("jobs.suggest", options)?;
        let reader = Reader::new(Owner::Config, "jobs.suggest", &given);
        reader.only(&["text", "caret"])?;
        let text = reader.text("text", 0..=MAX_CHARS)?.unwrap_or_default();
        let length = i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX);
        let caret = usize::try_from(reader.integer("caret", 0..=length)?.unwrap_or(length)).unwrap_or_default();
        let place = Place::at(text, bytes(text, caret));
        let known = self.known(&place).await?;
        Ok(json!({
            "from": units(text, place.word.start), "to": units(text, place.word.end),
            "items": suggest(&place, &known), "sampled": known.sample.len(),
        })
        .to_string())
    }

    /// What the suggestions are made of, and no more.
    async fn known(&self, place: &Place) -> Result<Known> {
        let mut known = Known::default();
        let field = match &place.asked {
            Asked::Nothing | Asked::Key(_) => return Ok(known),
            Asked::Path { .. } => Field::Args,
            Asked::Value { field, .. } => *field,
        };
        match field {
            Field::State => {
                let counts = self.counts().await?;
                let states = counts["states"].as_object().into_iter().flatten();
                let jobs = |(name, of): (&String, &Value)| Some((name.clone(), of["jobs"].as_i64()?));
                known.states = states.filter_map(jobs).collect();
            }
            Field::Queue | Field::Worker | Field::Node | Field::Cron => {
                (known.queues, _) = self.store.known_queues().await?;
                (known.workers, known.nodes, known.crons) = self.store.known_names(NAMES).await?;
            }
            Field::Tag | Field::Args | Field::Meta | Field::Has => {}
            _ => return Ok(known),
        }
        if field != Field::State {
            // A search that cannot be read yet says nothing.
            let terms = search::parse(&place.others).unwrap_or_default();
            let search = self.store.job_search(&terms, Zone::Etc__UTC);
            known.sample = self.store.sample_jobs(&search, ROWS, SAMPLE).await?;
        }
        Ok(known)
    }
}

/// The place in bytes after so many UTF-16 code units; between those of a character, before it.
fn bytes(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left < c.len_utf16() {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

fn units(text: &str, bytes: usize) -> usize {
    text[..bytes].encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::{bytes, units};

    #[test]
    fn a_caret_of_javascript_is_a_place_in_the_text() {
        let text = "aä😀b";
        for (caret, at) in [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (5, 8), (9, 8)] {
            assert_eq!(bytes(text, caret), at, "{caret}");
        }
        assert_eq!([0, 1, 3, 7, 8].map(|at| units(text, at)), [0, 1, 2, 4, 5]);
    }
}
