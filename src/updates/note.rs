//! The line of an update in the log.

use dadns_backends::update::{Code, Update};
use dadns_zone::{Change, ChangeKind, Diff, NameText, TypeName};

use super::NotMade;
use crate::access::Principal;
use crate::logging::{debug, error, info, warning};
use crate::store::{Edited, NotEdited};

/// How many changes a line names.
const NAMED: usize = 5;

/// Logs what an update came to.
pub(super) fn note(update: &Update, principal: &Principal, made: &Result<Edited, NotMade>) {
    let zone = &update.zone;
    let refused = |why: &str| {
        warning!(%zone, %principal, "an update of zone {zone} by {principal} was refused: {why}");
    };
    match made {
        Ok(edited) if !edited.stored.changed => {
            debug!(%zone, %principal, "an update of zone {zone} by {principal} changed nothing");
        }
        Ok(edited) => {
            let (revision, serial) = (edited.stored.revision, edited.stored.serial);
            info!(
                %zone,
                %principal,
                revision,
                serial,
                "zone {zone} updated by {principal}: {}; revision {revision}, serial {serial}",
                changes(&edited.diff)
            );
        }
        Err(Err(failure)) => error!(
            %zone,
            %principal,
            "an update of zone {zone} by {principal} was answered SERVFAIL: {failure}"
        ),
        Err(Ok(NotEdited::NotPresent)) => refused("the zone is not present"),
        Err(Ok(NotEdited::Signed)) => {
            refused("it is signed, and any change would break its signatures");
        }
        Err(Ok(NotEdited::Invalid(errors))) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            refused(&errors.join("; "));
        }
        Err(Ok(NotEdited::TooMany(why))) => refused(&why.to_string()),
        Err(Ok(NotEdited::Refused(why))) => match why.code {
            Code::Refused | Code::FormErr => refused(&why.why),
            // Clients find out so how a zone stands.
            code => debug!(
                %zone,
                %principal,
                "an update of zone {zone} by {principal} was answered {}: {}",
                code.as_str(),
                why.why
            ),
        },
    }
}

/// The first changes, and how many more there are.
fn changes(diff: &Diff) -> String {
    let named = diff.changes.iter().take(NAMED).map(change);
    let mut named: Vec<_> = named.collect();
    match diff.changes.len().saturating_sub(NAMED) {
        0 => {}
        more => named.push(format!("and {more} more")),
    }
    match named.is_empty() {
        true => "nothing but the SOA".to_owned(),
        false => named.join(", "),
    }
}

fn change(change: &Change) -> String {
    let sign = match change.kind {
        ChangeKind::Added { .. } => "added",
        ChangeKind::Removed { .. } => "removed",
        ChangeKind::Changed { .. } => "another TTL for",
    };
    format!(
        "{sign} {} {}",
        NameText(&change.owner),
        TypeName(change.rtype)
    )
}
