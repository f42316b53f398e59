//! The first way to provision: a stanza for each zone in the include file, and `reconfig`.
//!
//! `reconfig` is all or nothing, and a single bad stanza makes it nothing: a zone that the operator
//! declares elsewhere in `named.conf` too would keep every other new zone out, and would stop `named`
//! from starting again. So no stanza stays in the include file that `named` has not accepted. When it
//! refuses, the file is put back as it was; if it still refuses, the fault is the operator's. If not,
//! halving finds the zones at fault, and all the rest goes in and out. A removal is at fault where something
//! else in `named.conf` needs the zone, such as an `in-view`.

use dadns_zone::ZoneName;

use super::apply::Work;
use super::channel::Rndc;
use super::disk::{Change, Disk, Step};
use super::{Bind, named, reason};
use crate::BackendError;

mod moving;

pub(super) use self::moving::{move_back, unmark};

/// Writes `changes` on disk.
pub(super) async fn write(
    bind: &Bind,
    changes: Vec<Change>,
    names: Vec<ZoneName>,
    owed: &mut bool,
) -> Result<Work, BackendError> {
    // Owed while the disk is written: should this future be dropped, the writing goes on without it.
    let owed_before = std::mem::replace(owed, true);
    let written = bind.on_disk(move |disk| disk.write(&changes)).await?;
    *owed = owed_before || written.before.is_some() || bind.disk.was_put_back();
    Ok(Work::new(names, written))
}

/// Makes `named` read what stands on disk, where it may not have. A batch would fail for as long as
/// this does.
pub(super) async fn pay(bind: &Bind, rndc: &Rndc, owed: &mut bool) -> Result<(), BackendError> {
    *owed |= bind.disk.was_put_back();
    renew(bind, rndc, owed).await?;
    if *owed {
        reconfig(bind, rndc).await?;
        *owed = false;
    }
    Ok(())
}

/// Makes `named` read its configuration, none of our stanzas being new.
async fn reconfig(bind: &Bind, rndc: &Rndc) -> Result<(), BackendError> {
    match rndc.call("reconfig").await? {
        Ok(_) => Ok(()),
        Err(said) => Err(refused(bind, &said).await),
    }
}

/// Gives stanzas of ours that are in an older form the present one, all together. Where `named` refuses
/// that and takes the older one, it is left with the first form.
pub(super) async fn renew(bind: &Bind, rndc: &Rndc, owed: &mut bool) -> Result<(), BackendError> {
    let Some(before) = bind.on_disk(Disk::renew_stanzas).await? else {
        return Ok(());
    };
    *owed = true;
    let refusal = match rndc.call("reconfig").await {
        Ok(Ok(_)) => {
            *owed = false;
            // From here on named keeps no journals. Those that it kept would end zones at its next start.
            return bind.on_disk(|disk| disk.clear()).await;
        }
        Ok(Err(said)) => Ok(why_refused(bind, &said).await),
        Err(error) => Err(error),
    };
    bind.on_disk(move |disk| disk.restore(&before, &[])).await?;
    let said = refusal?;
    reconfig(bind, rndc).await?;
    *owed = false;
    named::refuses_options(bind, &said);
    Ok(())
}

/// What is at fault when `named` refuses its configuration and none of our stanzas is new.
async fn refused(bind: &Bind, said: &str) -> BackendError {
    let why = why_refused(bind, said).await;
    BackendError::unreachable("making named read its configuration", why)
}

/// What `named` said of its configuration as it stands now, with the reason as far as it can be found.
async fn why_refused(bind: &Bind, said: &str) -> String {
    let named = bind.named.get();
    let why = reason::why_refused(named.configuration(), &named.logs()).await;
    format!("{said}; {why}")
}

/// Makes `named` read the include file. Returns whether it did; where it refuses, the steps that
/// wait for it have failed, and the include file is as it was but for what `named` accepts.
pub(super) async fn provision(
    bind: &Bind,
    rndc: &Rndc,
    work: &mut Work,
    owed: &mut bool,
) -> Result<bool, BackendError> {
    let said = match rndc.call("reconfig").await {
        Ok(Ok(_)) => {
            *owed = false;
            return Ok(true);
        }
        Ok(Err(said)) => said,
        Err(error) => {
            restore(bind, work, Vec::new()).await?;
            return Err(error);
        }
    };
    let added = work.names_of(|step| matches!(step, Step::Put { new: true, .. }));
    let mut removed = work.names_of(|step| matches!(step, Step::Removed { listed: true }));
    restore(bind, work, removed.clone()).await?;
    let mut said = match added.is_empty() {
        true => Some(said),
        false => rndc.call("reconfig").await?.err(),
    };
    match said.is_some() && !removed.is_empty() {
        true => {
            restore(bind, work, Vec::new()).await?;
            said = rndc.call("reconfig").await?.err();
        }
        // They are out already.
        false => removed.clear(),
    }
    if let Some(said) = said {
        let error = refused(bind, &said).await;
        work.fail(&error, Step::needs_reconfig);
        return Ok(false);
    }
    admit(bind, rndc, work, added, removed).await?;
    *owed = false;
    Ok(true)
}

/// What is done with the stanzas of some zones.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Add,
    Remove,
}

/// Adds the stanzas of `added` and takes those of `removed` out, as far as `named` accepts that.
async fn admit(
    bind: &Bind,
    rndc: &Rndc,
    work: &mut Work,
    added: Vec<ZoneName>,
    removed: Vec<ZoneName>,
) -> Result<(), BackendError> {
    let mut groups = vec![(Edit::Add, added), (Edit::Remove, removed)];
    while let Some((edit, group)) = groups.pop() {
        let names = group.clone();
        let edited = bind.on_disk(move |disk| match edit {
            Edit::Add => disk.add(&names),
            Edit::Remove => disk.withdraw(&names),
        });
        let Some(before) = edited.await? else {
            continue;
        };
        let said = rndc.call("reconfig").await;
        let said = match said {
            Ok(Ok(_)) => continue,
            // While the file still stands there as it was refused.
            Ok(Err(said)) if group.len() == 1 => Ok(Err(why_refused(bind, &said).await)),
            said => said,
        };
        bind.on_disk(move |disk| disk.restore(&before, &[])).await?;
        let Err(said) = said? else { continue };
        match group.as_slice() {
            [name] => work.fail_one(name, at_fault(edit, name, &said)),
            _ => {
                let (left, right) = group.split_at(group.len() / 2);
                groups.extend([(edit, left.to_vec()), (edit, right.to_vec())]);
            }
        }
    }
    Ok(())
}

/// The failure of a zone whose stanza `named` does not accept, or cannot do without.
fn at_fault(edit: Edit, name: &ZoneName, said: &str) -> BackendError {
    match edit {
        Edit::Add => {
            let cause = format!(
                "{said}; with its stanza named refuses its whole configuration, as it does where the zone is \
                 declared elsewhere in it"
            );
            BackendError::zone(name, "adding the stanza", cause)
        }
        Edit::Remove => {
            let cause = format!(
                "{said}; without its stanza named refuses its whole configuration, as it does where an \
                 in-view in another view needs the zone; remove that from named.conf"
            );
            BackendError::zone(name, "removing the stanza", cause)
        }
    }
}

/// Puts the include file back as it was before the batch, without the stanzas of `removed`.
async fn restore(bind: &Bind, work: &Work, removed: Vec<ZoneName>) -> Result<(), BackendError> {
    match work.before() {
        Some(before) => {
            bind.on_disk(move |disk| disk.restore(&before, &removed))
                .await
        }
        None => Ok(()),
    }
}
