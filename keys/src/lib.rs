//! How a setting is declared: once, beside the code that uses it.
//!
//! ```
//! use dadns_keys::{keys, whole};
//!
//! keys! {
//!     /// How zones go to the backends.
//!     pub struct Settings("lanes") {
//!         /// Most zones of one batch.
//!         pub batch_max: usize = whole(1, 100_000), "1000";
//!     }
//! }
//! ```
//!
//! That one line is the field of the struct, its documentation, the comment and the default in
//! `config/app.yml`, the range, the variable `DADNS_LANES_BATCH_MAX`, the entry of the JSON schema and the
//! line of `dadns config check`. The gateway's configuration lists the structs and knows nothing of
//! what they hold.
//!
//! A field may have another name than its key: `level "log_level": Level = …`. A key of a list item
//! that has no default has an example: `hostname: String = one(host()), required "da1.example.com"`.
//! With `Default` behind the path the struct also gets that trait, from the same defaults.

mod annotated;
mod misfit;
mod names;
mod read;
mod report;
mod schema;
mod secret;
mod takes;
#[cfg(test)]
mod tests;
mod values;
pub mod yaml;

pub use annotated::Annotated;
pub use misfit::Misfit;
pub use names::{PREFIX, capitals, join, variable};
pub use read::{Expected, endpoint, host, network, socket, user_name};
pub use report::Report;
pub use schema::{object, sentence};
pub use secret::{MASK, Secret};
pub use takes::{
    Takes, Text, Type, any, boolean, checked, custom, items, many, millis, minutes, one, one_of,
    optional, optional_secret, or_none, parsed, secret, secrets, text, whole,
};
pub use values::{Found, Values, defaults};

/// The declaration of one key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name below its section.
    pub name: &'static str,
    /// What it means, line by line: the comment in `config/app.yml`.
    pub doc: &'static [&'static str],
    /// What it takes.
    pub takes: Takes,
    /// Its default as it stands in `config/app.yml`; an example where it is [`required`](Key::required).
    pub default: &'static str,
    /// Whether it has no default. Only keys of list items may be so.
    pub required: bool,
}

/// Keys that stand together.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Where they stand, such as `lanes`; empty at the top of the file.
    pub path: &'static str,
    /// What the section is for, line by line.
    pub doc: &'static [&'static str],
    /// Its keys, in the order of `config/app.yml`.
    pub keys: &'static [Key],
}

/// Settings that are declared with [`keys!`].
pub trait Keys: Sized + 'static {
    /// The declarations.
    const SECTION: Section;

    /// The settings with these values; `None` if one is absent.
    fn read(values: &Values<'_>) -> Option<Self>;
}

/// Declares settings: a struct, and each field with the key that sets it. See the crate.
#[macro_export]
macro_rules! keys {
    (
        $(#[doc = $about:literal])*
        $seen:vis struct $Name:ident($path:literal $(, $Default:ident)?) {
            $(
                $(#[doc = $doc:literal])*
                $visible:vis $field:ident $($name:literal)?: $Type:ty
                    = $takes:expr $(, $default:literal)? $(, required $example:literal)?;
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        $seen struct $Name {
            $($(#[doc = $doc])* $visible $field: $Type,)*
        }

        impl $crate::Keys for $Name {
            const SECTION: $crate::Section = $crate::Section {
                path: $path,
                doc: &[$($about),*],
                keys: &[$($crate::Key {
                    name: $crate::keys!(@name $field $($name)?),
                    doc: &[$($doc),*],
                    takes: { const TYPE: $crate::Type<$Type> = $takes; TYPE.takes() },
                    default: concat!($($default)? $($example)?),
                    required: $crate::keys!(@required $($example)?),
                }),*],
            };

            fn read(values: &$crate::Values<'_>) -> Option<Self> {
                Some(Self {
                    $($field: {
                        const TYPE: $crate::Type<$Type> = $takes;
                        TYPE.get(values, $crate::keys!(@name $field $($name)?))?
                    },)*
                })
            }
        }

        $crate::keys!(@default [$($Default)?] $Name { $($field: [$($default)?];)* });
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (@required) => { false };
    (@required $example:literal) => { true };
    (@default [] $($any:tt)*) => {};
    (@default [Default] $Name:ident { $($field:ident: [$default:literal];)* }) => {
        impl Default for $Name {
            fn default() -> Self {
                Self { $($field: $default.parse().unwrap_or_default(),)* }
            }
        }
    };
}
