//! `CMD_API_DNS_ADMIN`: whether a zone is here, its push, its removal.

use std::collections::BTreeSet;

use dadns_zone::{Reading, ZoneName, read};
use futures_util::future::join_all;

use super::counts::{Push, Removal};
use super::origin::Origin;
use super::refusal::Refusal;
use super::{Answer, Call};
use crate::http::reply;
use crate::logging::{debug, error, info, warning};
use crate::store::{Owner, Pushed, Removed, StoreError};

/// Zone texts up to this size are read where they arrive: that takes less than handing them over.
const READ_HERE: usize = 64 << 10;

impl Call<'_> {
    /// `action=exists`: fires as an administrator types, so names that are none are simply absent.
    pub(super) fn exists(&self) -> Answer {
        let absent = Ok(reply::ok(&[("exists", "0")]));
        let Some(domain) = self.params.get("domain") else {
            return Err(Refusal::new("No domain", "exists needs a domain"));
        };
        let Ok(name) = ZoneName::parse(domain.trim_ascii()) else {
            return absent;
        };
        if let Some(head) = self.present(&name)? {
            let details = format!("Domain exists on {}", self.host_of(&head));
            return Ok(reply::ok(&[("exists", "1"), ("details", &details)]));
        }
        if !self.params.is_set("check_for_parent_domain") {
            return absent;
        }
        for parent in name.ancestors() {
            let Some(head) = self.present(&parent)? else {
                continue;
            };
            let host = self.host_of(&head);
            if !self.face.name_parent_owner {
                let details = format!("Parent Domain exists on {host}");
                return Ok(reply::ok(&[("exists", "2"), ("details", &details)]));
            }
            let user = head.owner.as_ref().and_then(|owner| owner.user.as_deref());
            return Ok(reply::ok(&[
                ("exists", "3"),
                ("hostname", host),
                ("username", user.unwrap_or_default()),
            ]));
        }
        absent
    }

    /// `action=rawsave`: reads the zone, and says `error=0` once it is on disk.
    pub(super) async fn save(&self) -> Answer {
        let name = self.domain()?;
        let Origin {
            author, mut notes, ..
        } = self.origin()?;
        let Some(text) = self.params.zone_text() else {
            return Err(Refusal::new(
                "No zone text",
                format!("the push of zone {name} is empty; nothing was changed"),
            ));
        };
        let reading = self.read(&name, text).await.map_err(|reason| {
            let (master, source) = (author.master.as_deref(), author.shown());
            warning!(zone = %name, master, "zone {name} from {source} refused: {reason}");
            Refusal::new("Zone not accepted", reason).logged()
        })?;
        let (master, shown) = (author.master.clone(), author.shown());
        notes.extend(reading.notes.lines());
        // Masters push the same text again and again; the log has its notes once.
        let new_notes = match notes.is_empty() {
            true => None,
            false => {
                let present = self.present(&name)?;
                let known = present.is_some_and(|head| head.warnings == notes);
                (!known).then(|| notes.join("; "))
            }
        };
        let pushed = self.store.push(author, reading.zone, notes).await?;
        if let Some(notes) = new_notes {
            warning!(zone = %name, master, "zone {name} from {shown} has notes: {notes}");
        }
        if let Some(master) = &master {
            self.face.health.note_push(master);
        }
        match pushed {
            Pushed::Stored(stored) => {
                let (revision, serial) = (stored.revision, stored.serial);
                self.note_move(&name, stored.moved_from, &shown);
                if stored.changed {
                    self.face.counts.pushed(Push::Stored);
                    debug!(zone = %name, master, revision, serial, "zone {name} accepted from {shown}");
                } else {
                    self.face.counts.pushed(Push::Unchanged);
                    debug!(
                        zone = %name,
                        master,
                        revision,
                        serial,
                        "zone {name} came again unchanged from {shown}"
                    );
                }
            }
            Pushed::Held { reasons } => {
                let reasons = reasons.join("; ");
                warning!(
                    zone = %name,
                    master,
                    "zone {name} from {shown} is held: {reasons}; what was served before stays until \
                     `dadns approve {name}` or `dadns reject {name}`"
                );
                let details = format!(
                    "the push of zone {name} waits for an operator of the DNS gateway: {reasons}; \
                     what was served before is still served"
                );
                return Err(Refusal::Held(details).logged());
            }
        }
        Ok(reply::OK.to_owned())
    }

    async fn read(&self, name: &ZoneName, text: &[u8]) -> Result<Reading, String> {
        if text.len() <= READ_HERE {
            return read(name, text, &self.face.limits).map_err(|error| error.to_string());
        }
        let (send, receive) = tokio::sync::oneshot::channel();
        let (name, text, limits) = (name.clone(), text.to_vec(), self.face.limits);
        rayon::spawn(move || drop(send.send(read(&name, &text, &limits))));
        match receive.await {
            Ok(reading) => reading.map_err(|error| error.to_string()),
            Err(_) => Err("it could not be read: the reader stopped; please report this".into()),
        }
    }

    /// `action=delete` of one zone or many. What is wrong with one keeps none of the others.
    pub(super) async fn delete(&self) -> Answer {
        let Origin {
            author, unreadable, ..
        } = self.remover()?;
        let mut names = BTreeSet::new();
        let mut invalid = Vec::new();
        for sent in self.params.selected() {
            match ZoneName::parse(sent.trim_ascii()) {
                Ok(name) => drop(names.insert(name)),
                Err(error) => {
                    self.face.counts.removed(Removal::Refused);
                    invalid.push(error.to_string());
                }
            }
        }
        if names.is_empty() && invalid.is_empty() {
            return Err(Refusal::new(
                "No domain",
                "delete names no zone: select0 or domain",
            ));
        }
        let shown = author.shown();
        // All at once, so that one sync serves them.
        let removals = names.into_iter().map(|name| {
            let removed = self.store.remove(author.clone(), name.clone());
            async move { (name, removed.await) }
        });
        let mut kept = Vec::new();
        let mut failure = None;
        for (name, removed) in join_all(removals).await {
            self.face.counts.removed(counted(&removed));
            match removed {
                Ok(Removed::NotOwner { owner }) => {
                    kept.push(format!("{name} belongs to {owner}"));
                    note_removal(
                        &name,
                        Removed::NotOwner { owner },
                        author.master.as_deref(),
                        &shown,
                    );
                }
                Ok(Removed::NotPushed) => {
                    kept.push(format!("{name} was created here, and no master pushed it"));
                    note_removal(&name, Removed::NotPushed, author.master.as_deref(), &shown);
                }
                Ok(Removed::Removed { revision }) if author.master.is_none() => {
                    self.note_removal_by_nobody(&name, revision, &shown);
                }
                Ok(removed) => note_removal(&name, removed, author.master.as_deref(), &shown),
                Err(error) => {
                    error!(
                        zone = %name,
                        master = author.master,
                        "zone {name} could not be removed for {shown}: {error}"
                    );
                    failure = Some(error);
                }
            }
        }
        if !invalid.is_empty() {
            let invalid = invalid.join("; ");
            warning!(
                master = author.master,
                "{shown} asked to remove what cannot be a zone here: {invalid}"
            );
        }
        let text = if invalid.is_empty() {
            "Not the owner"
        } else {
            "Invalid domain"
        };
        let doubt = unreadable.filter(|_| !kept.is_empty());
        let unremoved = [kept, invalid, Vec::from_iter(doubt)].concat();
        match failure {
            Some(failure) => Err(Refusal::Store(failure).logged()),
            None if unremoved.is_empty() => Ok(reply::OK.to_owned()),
            None => {
                let details = format!("nothing was removed of these: {}", unremoved.join("; "));
                Err(Refusal::new(text, details).logged())
            }
        }
    }

    /// Logs a removal by a request that names no master: any client with the account can make one, of
    /// any zone.
    fn note_removal_by_nobody(&self, name: &ZoneName, revision: u64, shown: &str) {
        // A tombstone remembers whose the zone was.
        let owner = self.store.head(name).ok().flatten();
        match owner.and_then(|head| head.owner) {
            Some(owner) => warning!(
                zone = %name,
                master = owner.master,
                revision,
                "zone {name} removed by {shown}: the request named no hostname, and the zone belonged to \
                 {owner}; `dadns rollback` brings it back"
            ),
            None => info!(zone = %name, revision, "zone {name} removed by {shown}"),
        }
    }

    fn note_move(&self, name: &ZoneName, moved_from: Option<Owner>, shown: &str) {
        if let Some(old) = moved_from {
            info!(
                zone = %name,
                master = old.master,
                "zone {name} has moved: it belonged to {old}, and is now pushed by {shown}"
            );
        }
    }
}

/// What became of one removal, for the metrics.
fn counted(removed: &Result<Removed, StoreError>) -> Removal {
    match removed {
        Ok(Removed::Removed { .. }) => Removal::Removed,
        Ok(Removed::NotPresent { .. }) => Removal::NotPresent,
        Ok(Removed::NotOwner { .. } | Removed::NotPushed) => Removal::NotOwner,
        Err(_) => Removal::Failed,
    }
}

/// Logs what became of one removal.
fn note_removal(name: &ZoneName, removed: Removed, master: Option<&str>, shown: &str) {
    match removed {
        Removed::Removed { revision } => {
            info!(zone = %name, master, revision, "zone {name} removed by {shown}");
        }
        Removed::NotOwner { owner } => {
            warning!(
                zone = %name,
                master,
                "zone {name} is kept: {shown} asked to remove it, but it belongs to {owner}"
            );
        }
        Removed::NotPushed => warning!(
            zone = %name,
            master,
            "zone {name} is kept: {shown} asked to remove it, but no master pushed it; it was created here"
        ),
        // A master that was moved here may ask for what it never pushed here: nothing of this
        // gateway serves it, but its old name server may.
        Removed::NotPresent { known: false } => warning!(
            zone = %name,
            master,
            "{shown} asked to remove zone {name}, which was never pushed here; where another \
             program put it on a name server, it is still served"
        ),
        Removed::NotPresent { known: true } => {
            debug!(
                zone = %name,
                master,
                "{shown} asked to remove zone {name}, which is removed already"
            );
        }
    }
}
