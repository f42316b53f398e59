//! Who sends a call, as far as it says so.

use dadns_zone::Excerpt;

use super::Call;
use super::refusal::Refusal;
use crate::http::hostname;
use crate::store::Author;

/// The longest user name of a master that is taken.
const MAX_USER: usize = 64;

/// Who sends a call.
pub(super) struct Origin {
    /// Its account and address, and the master and user that it names, where they can be read.
    pub author: Author,
    /// What was odd about these names, in words for an operator. None of it decides over a push.
    pub notes: Vec<String>,
    /// Why no master can be read from the host name, where there is one.
    pub unreadable: Option<String>,
}

impl Call<'_> {
    /// Who sends this.
    pub(super) fn origin(&self) -> Result<Origin, Refusal> {
        let Some(principal) = self.principal() else {
            return Err(Refusal::new("Login failed", "the request has no login"));
        };
        let mut notes = Vec::new();
        let (master, unreadable) = match self.params.get("hostname").map(hostname::read) {
            None => (None, None),
            Some(Ok(read)) => {
                notes.extend(read.note);
                (Some(read.host), None)
            }
            Some(Err(why)) => {
                notes.push(format!("{why}; the zone's owner is left as it was"));
                (None, Some(why))
            }
        };
        let user = self.params.get("username").map(|sent| {
            let user = sent.trim();
            let fits = (1..=MAX_USER).contains(&user.len())
                && user.bytes().all(|octet| octet.is_ascii_graphic());
            if !fits {
                notes.push(format!(
                    "username {} is left out: a user name has 1 to {MAX_USER} printable ASCII \
                     characters without blanks",
                    Excerpt::new(sent.as_bytes())
                ));
            }
            fits.then(|| user.to_owned())
        });
        Ok(Origin {
            author: Author {
                master,
                user: user.flatten(),
                ..Author::new(principal)
            },
            notes,
            unreadable,
        })
    }

    /// Who asks for a removal. A host name that cannot be read is that of nobody: taken for none, it
    /// would remove zones of any master, at the word of the account alone.
    pub(super) fn remover(&self) -> Result<Origin, Refusal> {
        let mut origin = self.origin()?;
        if origin.unreadable.is_some() {
            let sent = self.params.get("hostname").unwrap_or_default();
            // No owner has quotes in its name.
            origin.author.master = Some(Excerpt::new(sent.as_bytes()).to_string());
        }
        Ok(origin)
    }
}
