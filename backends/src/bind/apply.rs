//! One batch: files, include file, at most one `reconfig`, one `reload` for each zone.
//!
//! Every zone that is put is reloaded, whether its file changed or not. `named` answers an unchanged
//! one in a fifth of a millisecond, and only `named` knows whether it loaded what stands on disk.
//!
//! `reconfig` is all or nothing, and a single bad stanza makes it nothing: a zone that the operator
//! declares elsewhere in `named.conf` too would keep every other new zone out, and would stop `named`
//! from starting again. So no stanza stays in the include file that `named` has not accepted. When it
//! refuses, the new ones are taken out; if it still refuses, the fault is the operator's. If not,
//! halving finds the zones at fault, and all the rest goes in.

use dadns_zone::ZoneName;

use super::channel::Rndc;
use super::disk::{Change, Disk, Step, Written};
use super::views::is_unknown;
use super::{Bind, diagnose, named, reason, views};
use crate::{BackendError, ZoneChange, ZoneResult};

/// Of how many zones of a batch the reason is looked for why `named` does not load them: that takes time.
const REASONS: usize = 10;

pub(super) async fn apply(bind: &Bind, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
    let mut owed = bind.reconfig_owed.lock().await;
    match attempt(bind, batch, &mut owed).await {
        Ok(steps) => steps
            .into_iter()
            .map(|step| step.map_or_else(ZoneResult::from, Step::result))
            .collect(),
        Err(error) => vec![ZoneResult::from(error); batch.len()],
    }
}

/// What became of each change; an error when BIND as a whole failed.
async fn attempt(
    bind: &Bind,
    batch: &[ZoneChange<'_>],
    owed: &mut bool,
) -> Result<Vec<Result<Step, BackendError>>, BackendError> {
    if let Some(rndc) = &bind.rndc {
        // Nothing is written for a `named` that is not there to say whether it accepts it.
        named::look(bind, rndc).await?;
        renew(bind, rndc, owed).await?;
    }
    let changes = batch.iter().map(|change| match change {
        ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => Change::Put {
            zone: (*zone).clone(),
            rewrite: matches!(change, ZoneChange::Rewrite(_)),
        },
        ZoneChange::Remove(name) => Change::Remove((*name).clone()),
    });
    let changes: Vec<_> = changes.collect();
    // Owed while the disk is written: should this future be dropped, the writing goes on without it.
    let owed_before = std::mem::replace(owed, true);
    let written = bind.on_disk(move |disk| disk.write(&changes)).await?;
    *owed = owed_before || written.before.is_some() || bind.disk.was_put_back();
    let names = batch.iter().map(|change| change.name().clone()).collect();
    let mut work = Work {
        bind,
        names,
        written,
    };
    if let Some(rndc) = &bind.rndc {
        let fresh = *owed && work.reconfig(rndc, owed).await?;
        work.reload(rndc, fresh).await?;
    }
    work.remove_files().await?;
    Ok(work.written.steps)
}

/// Makes `named` read what stands on disk, where it may not have. A batch would fail for as long as
/// this does.
pub(super) async fn pay(bind: &Bind, rndc: &Rndc) -> Result<(), BackendError> {
    let mut owed = bind.reconfig_owed.lock().await;
    *owed |= bind.disk.was_put_back();
    renew(bind, rndc, &mut owed).await?;
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
async fn renew(bind: &Bind, rndc: &Rndc, owed: &mut bool) -> Result<(), BackendError> {
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

impl Step {
    fn result(self) -> ZoneResult {
        let unchanged = matches!(
            self,
            Self::Put {
                written: false,
                new: false,
            } | Self::Removed { listed: false }
        );
        ZoneResult::applied(!unchanged)
    }

    /// Whether it has no effect before `named` has read the include file again.
    fn needs_reconfig(self) -> bool {
        matches!(self, Self::Put { new: true, .. } | Self::Removed { .. })
    }
}

/// A batch that stands on disk and has yet to be told.
struct Work<'a> {
    bind: &'a Bind,
    names: Vec<ZoneName>,
    written: Written,
}

impl Work<'_> {
    /// Makes `named` read the include file. Returns whether it did; where it refuses, the steps that
    /// wait for it have failed, and the include file is as it was but for what `named` accepts.
    async fn reconfig(&mut self, rndc: &Rndc, owed: &mut bool) -> Result<bool, BackendError> {
        let said = match rndc.call("reconfig").await {
            Ok(Ok(_)) => {
                *owed = false;
                return Ok(true);
            }
            Ok(Err(said)) => said,
            Err(error) => {
                self.restore(Vec::new()).await?;
                return Err(error);
            }
        };
        let added = self.names_of(|step| matches!(step, Step::Put { new: true, .. }));
        let removed = self.names_of(|step| matches!(step, Step::Removed { listed: true }));
        self.restore(removed).await?;
        let said = if added.is_empty() {
            Some(said)
        } else {
            rndc.call("reconfig").await?.err()
        };
        if let Some(said) = said {
            let error = refused(self.bind, &said).await;
            self.fail(&error, Step::needs_reconfig);
            return Ok(false);
        }
        self.admit(rndc, added).await?;
        *owed = false;
        Ok(true)
    }

    /// Adds the stanzas of `added` as far as `named` accepts them.
    async fn admit(&mut self, rndc: &Rndc, added: Vec<ZoneName>) -> Result<(), BackendError> {
        let mut groups = vec![added];
        while let Some(group) = groups.pop() {
            let names = group.clone();
            let Some(before) = self.bind.on_disk(move |disk| disk.add(&names)).await? else {
                continue;
            };
            let said = rndc.call("reconfig").await;
            let said = match said {
                Ok(Ok(_)) => continue,
                // While its stanza still stands there.
                Ok(Err(said)) if group.len() == 1 => Ok(Err(why_refused(self.bind, &said).await)),
                said => said,
            };
            self.bind
                .on_disk(move |disk| disk.restore(&before, &[]))
                .await?;
            let Err(said) = said? else { continue };
            match group.as_slice() {
                [name] => {
                    let cause = format!(
                        "{said}; with its stanza named refuses its whole configuration, as it does where the \
                         zone is declared elsewhere in it"
                    );
                    let error = BackendError::zone(name, "adding the stanza", cause);
                    let at = self.names.iter().position(|known| known == name);
                    if let Some(at) = at {
                        self.written.steps[at] = Err(error);
                    }
                }
                _ => {
                    let (left, right) = group.split_at(group.len() / 2);
                    groups.extend([left.to_vec(), right.to_vec()]);
                }
            }
        }
        Ok(())
    }

    /// Makes `named` load what is put. `fresh`: it has just read the include file.
    async fn reload(&mut self, rndc: &Rndc, mut fresh: bool) -> Result<(), BackendError> {
        let bind = self.bind;
        let (mut looked, mut reasons) = (false, REASONS);
        for (name, step) in self.names.iter().zip(&mut self.written.steps) {
            let Ok(Step::Put { written, .. }) = step else {
                continue;
            };
            let mut answer = views::reload(bind, rndc, name).await?;
            if is_unknown(&answer) && !fresh {
                // Started with an older include file, or told about a newer one by nobody. Once is
                // enough for the whole batch.
                fresh = true;
                *written = true;
                answer = match rndc.call("reconfig").await? {
                    Ok(_) => views::reload(bind, rndc, name).await?,
                    refused => refused,
                };
            }
            let no_view = |said: &String| views::says_no_view(said);
            if answer.as_ref().is_err_and(no_view) && !looked {
                // The configuration file and what named has read of it are not the same.
                looked = true;
                if rndc.call("reconfig").await?.is_ok() {
                    named::look_again(bind, rndc).await?;
                    answer = views::reload(bind, rndc, name).await?;
                }
            }
            match answer {
                // Anything else: it had not loaded this file yet.
                Ok(said) => *written |= !said.contains(views::UP_TO_DATE),
                Err(said) => {
                    let why = match reasons {
                        0 => said,
                        _ => diagnose::why_not_loaded(bind, name, &said).await,
                    };
                    reasons = reasons.saturating_sub(1);
                    *step = Err(BackendError::zone(name, "making named load it", why));
                }
            }
        }
        Ok(())
    }

    /// Removes the files of removed zones, once nobody is told to read them any more.
    async fn remove_files(&mut self) -> Result<(), BackendError> {
        let names = self.names_of(|step| matches!(step, Step::Removed { .. }));
        if names.is_empty() {
            return Ok(());
        }
        let had_file = self
            .bind
            .on_disk(move |disk| disk.remove_files(&names))
            .await?;
        let steps = self.written.steps.iter_mut();
        let removed = steps.filter(|step| matches!(step, Ok(Step::Removed { .. })));
        for (step, had_file) in removed.zip(had_file) {
            match (&mut *step, had_file) {
                // A file without a stanza is what a batch that was cut short leaves behind.
                (Ok(Step::Removed { listed }), Ok(had_file)) => *listed |= had_file,
                (_, Err(error)) => *step = Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts the include file back as it was before the batch, without the stanzas of `removed`.
    async fn restore(&self, removed: Vec<ZoneName>) -> Result<(), BackendError> {
        match self.written.before.clone() {
            Some(before) => {
                self.bind
                    .on_disk(move |disk| disk.restore(&before, &removed))
                    .await
            }
            None => Ok(()),
        }
    }

    fn names_of(&self, wanted: impl Fn(Step) -> bool) -> Vec<ZoneName> {
        let steps = self.names.iter().zip(&self.written.steps);
        steps
            .filter(|(_, step)| step.as_ref().is_ok_and(|step| wanted(*step)))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn fail(&mut self, error: &BackendError, wanted: impl Fn(Step) -> bool) {
        for step in &mut self.written.steps {
            if step.as_ref().is_ok_and(|step| wanted(*step)) {
                *step = Err(error.clone());
            }
        }
    }
}
