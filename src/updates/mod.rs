//! The door of dynamic updates (RFC 2136), which come to the built-in servers. These verify the signature and
//! read the message; here it becomes an edit of layer `records`, judged against the zone as it stands while
//! nobody else changes it, within what the key may.

mod note;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use dadns_backends::update::{Code, Refused, Step, Update, Updated, Updater};
use dadns_zone::{Rrset, RrsetError};

use crate::access::{Login, Principal, Right, Rights, Scope};
use crate::store::{
    Author, Edited, Edits, Mode, NotEdited, RecordEdit, Standing, Store, StoreError,
};

pub use settings::{KeyGrant, Settings};

/// Why an update was not made.
type NotMade = Result<NotEdited<Refused>, StoreError>;

/// Makes updates.
struct Door {
    store: Store,
    scopes: BTreeMap<String, Option<Arc<Scope>>>,
}

/// Makes updates in `store`, of keys within their grants.
pub fn updater(store: Store, settings: &Settings) -> Updater {
    let door = Arc::new(Door {
        store,
        scopes: settings.scopes(),
    });
    Arc::new(move |update| {
        let door = Arc::clone(&door);
        Box::pin(async move { door.make(update).await })
    })
}

impl Door {
    async fn make(&self, update: Update) -> Updated {
        let update = Arc::new(update);
        let principal = self.principal(&update);
        let made = self.edit(&update, principal.clone()).await;
        note::note(&update, &principal, &made);
        match made {
            Ok(edited) => {
                let stored = edited.stored;
                Updated {
                    code: Code::NoError,
                    serial: stored.changed.then_some(stored.serial),
                }
            }
            Err(not_made) => code(&not_made).into(),
        }
    }

    async fn edit(&self, update: &Arc<Update>, principal: Principal) -> Result<Edited, NotMade> {
        // Before its prerequisites, whose answers would tell of zones that are none of its business.
        if let Err(denied) = principal.may(Right::Edit, &update.zone) {
            return Err(Ok(NotEdited::Refused(refused(denied.to_string()))));
        }
        let author = Author::new(principal.clone());
        let planned = Arc::clone(update);
        let plan = move |standing: &Standing<'_>| plan(&planned, &principal, standing);
        let made = self
            .store
            .edit(author, update.zone.clone(), Mode::Make, plan)
            .await;
        match made {
            Ok(Ok(edited)) => Ok(edited),
            // Its prerequisites come first.
            Ok(Err(NotEdited::Signed)) => Err(match self.store.served(&update.zone) {
                Ok(Some(served)) => Ok(match update.judge(&served.zone) {
                    Ok(_) => NotEdited::Signed,
                    Err(refused) => NotEdited::Refused(refused),
                }),
                Ok(None) => Ok(NotEdited::NotPresent),
                Err(error) => Err(error),
            }),
            Ok(Err(why)) => Err(Ok(why)),
            Err(error) => Err(Err(error)),
        }
    }

    fn principal(&self, update: &Update) -> Principal {
        let (rights, scope) = match self.scopes.get(&update.key) {
            None => (Rights::NONE.with(Right::Edit), None),
            Some(Some(scope)) => (scope.rights(), Some(Arc::clone(scope))),
            Some(None) => (Rights::NONE, None),
        };
        Principal::Key(Login {
            name: update.key.clone(),
            address: update.client.to_canonical(),
            rights,
            scope,
        })
    }
}

/// What is answered to an update that was not made.
fn code(not_made: &NotMade) -> Code {
    match not_made {
        Err(_) => Code::ServFail,
        Ok(NotEdited::NotPresent) => Code::NotAuth,
        Ok(NotEdited::Signed | NotEdited::Invalid(_) | NotEdited::TooMany(_)) => Code::Refused,
        Ok(NotEdited::Refused(refused)) => refused.code,
    }
}

/// The edits that `update` comes to, if `principal` may make them.
fn plan(update: &Update, principal: &Principal, standing: &Standing<'_>) -> Result<Edits, Refused> {
    let plan = update.judge(standing.zone)?;
    for (key, ttl) in &plan.asked {
        principal
            .may_edit(&update.zone, key, *ttl)
            .map_err(|denied| refused(denied.to_string()))?;
    }
    let edits = plan.steps.into_iter().map(edit).collect::<Result<_, _>>();
    // It was read as data of that type.
    let edits = edits.map_err(|error| refused(error.to_string()))?;
    Ok(Edits::of(edits))
}

fn refused(why: String) -> Refused {
    let code = Code::Refused;
    Refused { code, why }
}

fn edit(step: Step) -> Result<RecordEdit, RrsetError> {
    Ok(match step {
        Step::Add(key, ttl, rdata) => RecordEdit::Add {
            key,
            ttl: Some(ttl),
            rdata,
        },
        Step::Replace(key, ttl, rdata) => {
            RecordEdit::Replace(Rrset::new(key.owner(), key.rtype(), ttl, [rdata])?)
        }
        Step::Remove(key, rdata) => RecordEdit::Remove { key, rdata },
        Step::RemoveSet(key) => RecordEdit::Delete(key),
    })
}

#[cfg(test)]
mod tests;
