//! Why a call was not answered.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a call was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers, or the answer is cut off. It may work later.
    #[error(
        "the gateway at {url} cannot be asked: {cause}; is it running, with the same configuration?"
    )]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// What went wrong.
        cause: String,
    },
    /// It answers that it will not.
    #[error("{0}")]
    Refused(Fault),
    /// The answer is not what was to be expected.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl Error {
    /// The HTTP status of the answer; `None`: there was none.
    ///
    /// ```
    /// let error = dadns_client::Error::Unreadable("cut".to_owned());
    /// assert_eq!(error.status(), None);
    /// ```
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(fault) => Some(fault.status),
            Self::Unreachable { .. } | Self::Unreadable(_) => None,
        }
    }
}

/// What an answer with an error says: as RFC 9457 has it, as the faces of the registry do, or as short text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, for programs; empty where the face has none.
    pub code: String,
    /// What went wrong, as a sentence.
    pub detail: String,
    /// What to do next; empty where nothing is said of it.
    pub hint: String,
    /// All that is wrong with the request, where that is more than one sentence.
    pub errors: Vec<String>,
}

/// The members of a problem that are read.
#[derive(Deserialize)]
struct Problem {
    detail: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    hint: String,
    #[serde(default)]
    errors: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    name: Option<String>,
    #[serde(rename = "type")]
    rtype: Option<String>,
    detail: String,
}

/// Most characters of an answer that is no JSON.
const SHOWN: usize = 300;

impl Fault {
    pub(crate) fn of(status: u16, body: &str) -> Self {
        match serde_json::from_str::<Problem>(body) {
            Ok(problem) => Self {
                status,
                code: problem.code,
                detail: problem.detail,
                hint: problem.hint,
                errors: problem.errors.iter().map(Part::text).collect(),
            },
            Err(_) => Self {
                status,
                detail: said(status, body),
                ..Self::default()
            },
        }
    }
}

/// What an answer that is no problem says.
fn said(status: u16, body: &str) -> String {
    let text: String = body.trim().chars().take(SHOWN).collect();
    match text.is_empty() || text.starts_with('<') || text.chars().any(char::is_control) {
        true => format!("it answers {status}"),
        false => text,
    }
}

impl Part {
    fn text(&self) -> String {
        let parts = [&self.name, &self.rtype].into_iter().flatten();
        parts.fold(String::new(), |text, part| text + part + " ") + &self.detail
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        self.errors
            .iter()
            .try_for_each(|error| write!(f, "\n  {error}"))
    }
}

/// What an answer says.
///
/// ```
/// let names: Vec<String> = dadns_client::parse(r#"["a", "b"]"#)?;
/// # assert_eq!(names.len(), 2);
/// # Ok::<(), dadns_client::Error>(())
/// ```
///
/// # Errors
/// When it cannot be read.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Unreadable(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_of_errors_is_read_and_a_page_of_a_proxy_is_not_shown() {
        let problem = r#"{"type": "x", "title": "t", "status": 422, "detail": "no", "code": "c", "hint": "do",
            "errors": [{"index": 0, "name": "a", "type": "A", "detail": "bad"}]}"#;
        let fault = Fault::of(422, problem);
        assert_eq!(fault.to_string(), "no; do\n  a A bad");
        assert_eq!(fault.code, "c");
        assert_eq!(
            Fault::of(404, r#"{"detail": "no such"}"#).to_string(),
            "no such"
        );
        assert_eq!(
            Fault::of(403, "Permission denied: x").to_string(),
            "Permission denied: x"
        );
        for page in ["<html>", "", "a\nb"] {
            assert_eq!(
                Fault::of(502, page).to_string(),
                "it answers 502",
                "{page:?}"
            );
        }
    }
}
