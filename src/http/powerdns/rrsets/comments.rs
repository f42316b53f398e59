//! Comments of RRsets. They are no part of what is served: they stand in an attribute of the zone.

use std::collections::BTreeMap;

use dadns_zone::{NameText, RrsetKey, TypeName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::powerdns::body;
use crate::store::Attributes;

/// The attribute that has them.
const ATTRIBUTE: &str = "powerdns.comments";

/// The most octets that the comments of a zone may take.
const MOST: usize = 1 << 20;

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub account: String,
    pub content: String,
    pub modified_at: i64,
}

/// The comments of a zone, by [`key`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments(BTreeMap<String, Vec<Comment>>);

fn key(of: &RrsetKey) -> String {
    format!("{} {}", NameText(of.owner()), TypeName(of.rtype()))
}

impl Comments {
    /// What a zone has. What cannot be read is none.
    pub fn of(attributes: &Attributes) -> Self {
        let text = attributes.get(ATTRIBUTE);
        let all = text.and_then(|text| serde_json::from_str(text).ok());
        Self(all.unwrap_or_default())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of one RRset.
    pub fn get(&self, of: &RrsetKey) -> &[Comment] {
        match self.0.is_empty() {
            true => &[],
            false => self.0.get(&key(of)).map_or(&[], Vec::as_slice),
        }
    }

    /// The comments of an RRset are these from now on.
    pub fn set(&mut self, of: &RrsetKey, comments: Vec<Comment>) {
        match comments.is_empty() {
            true => self.0.remove(&key(of)),
            false => self.0.insert(key(of), comments),
        };
    }

    /// Every RRset, as `owner type`, with its comments.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &Comment)> {
        self.0.iter().flat_map(|(key, comments)| {
            let (owner, rtype) = key.rsplit_once(' ').unwrap_or((key, ""));
            comments.iter().map(move |comment| (owner, rtype, comment))
        })
    }

    /// Keeps them.
    ///
    /// # Errors
    /// When they are too many.
    pub fn keep(&self, attributes: &mut Attributes) -> Result<(), String> {
        if self.0.is_empty() {
            attributes.remove(ATTRIBUTE);
            return Ok(());
        }
        let text = serde_json::to_string(&self.0).map_err(|error| error.to_string())?;
        if text.len() > MOST {
            return Err(format!(
                "the comments of the zone take more than {MOST} octets"
            ));
        }
        attributes.insert(ATTRIBUTE.into(), text);
        Ok(())
    }
}

/// The comments of a request.
///
/// # Errors
/// Why they are none.
pub fn read(values: &[Value], now: Timestamp) -> Result<Vec<Comment>, String> {
    let one = |value: &Value| {
        let object = value.as_object().ok_or("a comment is not an object")?;
        let text = |key| Ok::<_, String>(body::text(object, key)?.unwrap_or_default().to_owned());
        let modified_at = match object.get("modified_at") {
            None | Some(Value::Null) => now.as_second(),
            Some(at) => at.as_i64().ok_or("Key 'modified_at' is not a number")?,
        };
        Ok(Comment {
            account: text("account")?,
            content: text("content")?,
            modified_at,
        })
    };
    values.iter().map(one).collect()
}
