//! The parameters of conditions.

use tokio_postgres::types::{ToSql, Type};

use crate::store::Param;
use crate::store::types::Micros;

/// The parameters of a search itself come first.
const FIRST: usize = 4;

type Value = Box<dyn ToSql + Sync + Send>;

#[derive(Default)]
pub struct Params(Vec<(Value, Type)>);

impl Params {
    fn push(&mut self, value: Value, ty: Type) -> String {
        self.0.push((value, ty));
        format!("${}", FIRST + self.0.len() - 1)
    }

    pub fn text(&mut self, value: &str) -> String {
        self.push(Box::new(value.to_owned()), Type::TEXT)
    }

    pub fn texts(&mut self, values: Vec<String>) -> String {
        self.push(Box::new(values), Type::TEXT_ARRAY)
    }

    /// A JSON text.
    pub fn jsonb(&mut self, value: &str) -> String {
        format!("{}::text::jsonb", self.text(value))
    }

    /// The text of a number of any size.
    pub fn numeric(&mut self, value: &str) -> String {
        format!("{}::text::numeric", self.text(value))
    }

    pub fn integer(&mut self, value: i64) -> String {
        self.push(Box::new(value), Type::INT8)
    }

    pub fn instant(&mut self, micros: i64) -> String {
        self.push(Box::new(Micros(micros)), Type::TIMESTAMPTZ)
    }

    pub fn all(&self) -> impl Iterator<Item = Param<'_>> {
        self.0.iter().map(|(value, ty)| (value.as_ref() as &(dyn ToSql + Sync), ty.clone()))
    }
}
