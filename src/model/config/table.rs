//! Tables of options. From one line for each option follow the struct, the known names, the reader,
//! the output of `status()`, and the table of the reference.
//!
//! ```text
//! options! {
//!     pub struct Options() {
//!         limit: u32 = rows() => 5_000, "Maximum number of jobs per statement.";
//!     }
//! }
//! ```
//! A line holds the name and type of the option, its kind (see [`super::kind`]), its default, and
//! its meaning in the reference. A default may use the options above it, and the arguments in the
//! parentheses. Fields after `besides` are not options; they begin with their default.

macro_rules! options {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident($($given:ident: $given_type:ty),*) {
            $( $option:ident: $type:ty = $kind:expr => $default:expr, $meaning:literal; )*
        }
        $( besides { $( $(#[$note:meta])* $field:ident: $field_type:ty, )* } )?
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq)]
        $visibility struct $name {
            $( pub $option: $type, )*
            $( $( $(#[$note])* pub $field: $field_type, )* )?
        }

        #[allow(dead_code, reason = "not every table is used in every way")]
        impl $name {
            /// The names of the options.
            pub(crate) const NAMES: &'static [&'static str] = &[$(stringify!($option)),*];

            /// Reads these options from an object that may have others too, and passes the row of
            /// each to `line`.
            fn walk(
                reader: &$crate::model::read::Reader<'_>,
                $($given: $given_type,)*
                line: &mut dyn FnMut($crate::model::config::kind::Row),
            ) -> $crate::error::Result<Self> {
                $(
                    let kind: $crate::model::config::kind::Kind<$type> = $kind;
                    let $option: $type = match kind.read(reader, stringify!($option))? {
                        Some(given) => given,
                        None => $default,
                    };
                    line(kind.row(stringify!($option), &$option, $meaning));
                )*
                Ok(Self { $($option,)* $($($field: Default::default(),)*)? })
            }

            /// Reads an object that has no other options.
            pub(crate) fn read(
                reader: &$crate::model::read::Reader<'_>,
                $($given: $given_type),*
            ) -> $crate::error::Result<Self> {
                reader.only(Self::NAMES)?;
                Self::walk(reader, $($given,)* &mut |_| ())
            }

            /// All options with their values, in the units in which they are read.
            pub(crate) fn values(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut all = serde_json::Map::new();
                $(
                    let kind: $crate::model::config::kind::Kind<$type> = $kind;
                    all.insert(stringify!($option).to_owned(), kind.write(&self.$option));
                )*
                all
            }

            /// The rows of the reference.
            pub(crate) fn rows($($given: $given_type),*) -> Vec<$crate::model::config::kind::Row> {
                let mut rows = vec![];
                let nothing = serde_json::json!({});
                let reader = $crate::model::read::Reader::new($crate::model::read::Owner::Config, "", &nothing);
                Self::walk(&reader, $($given,)* &mut |row| rows.push(row)).expect("defaults");
                rows
            }
        }
    };
}

pub(crate) use options;
