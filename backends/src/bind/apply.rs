//! One batch: zone files are written, `named` is given the zones by the way in use, and reloads each.
//!
//! Every zone that is put is reloaded, whether its file changed or not. `named` answers an unchanged
//! one in a fifth of a millisecond, and only `named` knows whether it loaded what stands on disk.

use std::sync::Arc;
use std::time::Duration;

use dadns_zone::ZoneName;
use tokio::time::{Instant, sleep};

use super::addzone::{self, Removals};
use super::channel::Rndc;
use super::disk::{Change, Include, Step, Written};
use super::named::Way;
use super::views::is_unknown;
use super::{Bind, diagnose, named, stanzas, views};
use crate::{BackendError, Served, ZoneChange, ZoneResult};

/// From so many new zones on they are not told one by one to be loaded: `reconfig` has had `named` load them,
/// the lane asks for each of them, and puts those again that are not served.
const MANY: usize = 100;
/// Of so many zones it is asked whether they are loaded by then, and how long that may take.
const SAMPLE: usize = 32;
const LOADING: Duration = Duration::from_secs(2);

/// Of how many zones of a batch the reason is looked for why `named` does not load them: that takes time.
const REASONS: usize = 10;

/// What is left to be done from one batch to the next. One batch at a time has it.
#[derive(Debug)]
pub(super) struct Turn {
    /// Whether `named` may not have read the include file as it is now.
    reconfig_owed: bool,
    /// What `named` was told to forget.
    removals: Removals,
    /// Zones that have no stanza any more, and are yet to be added.
    moving: Vec<ZoneName>,
    /// The start of `named` after which its zones were looked at.
    healed: Option<String>,
}

impl Default for Turn {
    /// What `named` knows after our restart is unknown, and a reconfig of nothing is cheap.
    fn default() -> Self {
        Self {
            reconfig_owed: true,
            removals: Removals::default(),
            moving: Vec::new(),
            healed: None,
        }
    }
}

pub(super) async fn apply(bind: &Bind, batch: &[ZoneChange<'_>]) -> Vec<ZoneResult> {
    let mut turn = bind.turn.lock().await;
    match attempt(bind, batch, &mut turn).await {
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
    turn: &mut Turn,
) -> Result<Vec<Result<Step, BackendError>>, BackendError> {
    let names: Vec<_> = batch.iter().map(|change| change.name().clone()).collect();
    let changes: Vec<_> = batch.iter().map(change).collect();
    let Some(rndc) = &bind.rndc else {
        let mut work = stanzas::write(bind, changes, names, &mut turn.reconfig_owed).await?;
        work.remove_files(bind).await?;
        return Ok(work.written.steps);
    };
    // Nothing is written for a `named` that is not there to say whether it accepts it.
    let mut removes = batch
        .iter()
        .map(|change| matches!(change, ZoneChange::Remove(_)));
    let removes = removes.any(|removes| removes) || turn.removals.are_waiting();
    let way = named::way(bind, rndc, removes).await?;
    match way {
        Way::Include => {
            let owed = &mut turn.reconfig_owed;
            stanzas::renew(bind, rndc, owed).await?;
            stanzas::move_back(bind, rndc, &names).await?;
            let mut work = stanzas::write(bind, changes, names, owed).await?;
            let fresh = *owed && stanzas::provision(bind, rndc, &mut work, owed).await?;
            work.reload(bind, rndc, way, fresh).await?;
            work.remove_files(bind).await?;
            Ok(work.written.steps)
        }
        Way::Addzone => {
            catch_up(bind, rndc, turn).await?;
            let rewritten = batch.iter();
            let rewritten = rewritten.map(|change| matches!(change, ZoneChange::Rewrite(_)));
            let rewritten: Vec<_> = rewritten.collect();
            let written = addzone::Batch::write(bind, changes).await?;
            let mut work =
                addzone::provision(bind, rndc, names, written, &mut turn.removals).await?;
            // A reconfig adds nothing here.
            if work.reload(bind, rndc, way, true).await? {
                turn.healed = None;
            }
            work.save(bind, rndc, &rewritten).await?;
            Ok(work.written.steps)
        }
    }
}

/// Makes `named` have what it should but for what is pending. A batch would fail for as long as this does.
pub(super) async fn pay(bind: &Bind, rndc: &Rndc) -> Result<(), BackendError> {
    let way = named::look(bind, rndc).await?;
    let mut turn = bind.turn.lock().await;
    match way {
        Way::Include => {
            stanzas::pay(bind, rndc, &mut turn.reconfig_owed).await?;
            stanzas::unmark(bind).await
        }
        Way::Addzone => {
            catch_up(bind, rndc, &mut turn).await?;
            let start = bind.named.get().start().to_owned();
            if turn.healed.as_ref() != Some(&start) {
                addzone::heal(bind, rndc).await?;
                turn.healed = Some(start);
            }
            addzone::move_some(bind, rndc, &mut turn.moving).await
        }
    }
}

/// Ends what an earlier batch, or an earlier `named`, has left half done.
async fn catch_up(bind: &Bind, rndc: &Rndc, turn: &mut Turn) -> Result<(), BackendError> {
    let restarted = turn.healed.as_deref() != Some(bind.named.get().start());
    turn.removals.finish(bind, rndc, restarted).await?;
    addzone::finish_moves(bind, rndc, &mut turn.moving).await
}

fn change(change: &ZoneChange<'_>) -> Change {
    match change {
        ZoneChange::Put(zone) | ZoneChange::Rewrite(zone) => Change::Put {
            zone: (*zone).clone(),
            rewrite: matches!(change, ZoneChange::Rewrite(_)),
        },
        ZoneChange::Remove(name) => Change::Remove((*name).clone()),
    }
}

impl Step {
    fn result(self) -> ZoneResult {
        let unchanged = matches!(
            self,
            Self::Put {
                written: false,
                new: false,
                ..
            } | Self::Removed { listed: false }
        );
        ZoneResult::applied(!unchanged)
    }

    /// Whether it has no effect before `named` has read the include file again.
    pub(super) fn needs_reconfig(self) -> bool {
        matches!(self, Self::Put { new: true, .. } | Self::Removed { .. })
    }
}

/// A batch that stands on disk and has yet to be told.
pub(super) struct Work {
    names: Vec<ZoneName>,
    written: Written,
}

impl Work {
    pub(super) fn new(names: Vec<ZoneName>, written: Written) -> Self {
        Self { names, written }
    }

    /// Each zone with what became of it.
    pub(super) fn steps(
        &mut self,
    ) -> impl Iterator<Item = (&ZoneName, &mut Result<Step, BackendError>)> {
        self.names.iter().zip(&mut self.written.steps)
    }

    /// The include file as it was before, where it was changed.
    pub(super) fn before(&self) -> Option<Arc<Include>> {
        self.written.before.clone()
    }

    /// Makes `named` load what is put. `fresh`: it has just read the include file. Returns whether it had lost
    /// an added zone.
    async fn reload(
        &mut self,
        bind: &Bind,
        rndc: &Rndc,
        way: Way,
        mut fresh: bool,
    ) -> Result<bool, BackendError> {
        let mut lost = false;
        let (mut looked, mut reasons) = (false, REASONS);
        let are_many = way == Way::Include && fresh && self.loads_many(bind, rndc).await?;
        for (name, step) in self.names.iter().zip(&mut self.written.steps) {
            let Ok(Step::Put { written, new, .. }) = step else {
                continue;
            };
            // It was loaded as it was added.
            if *new && (way == Way::Addzone || are_many) {
                continue;
            }
            let mut answer = views::reload(bind, rndc, name).await?;
            if way == Way::Addzone
                && let Some(put) = addzone::instead(bind, rndc, name, &answer).await?
            {
                *written = true;
                lost |= is_unknown(&answer);
                if let Err(said) = put {
                    *step = Err(addzone::failed(bind, name, said).await);
                }
                continue;
            }
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
        Ok(lost)
    }

    /// Whether there are many new zones. Then waits until `named` is through with them.
    async fn loads_many(&self, bind: &Bind, rndc: &Rndc) -> Result<bool, BackendError> {
        let new = self.names_of(|step| matches!(step, Step::Put { new: true, .. }));
        if new.len() < MANY {
            return Ok(false);
        }
        let end = Instant::now() + LOADING;
        for name in new.iter().step_by(new.len().div_ceil(SAMPLE)) {
            while !matches!(views::loaded(bind, rndc, name).await?, Served::Serial(_))
                && Instant::now() < end
            {
                sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(true)
    }

    /// Has `named` save what is put again: it may serve it and not have it in its database.
    async fn save(
        &mut self,
        bind: &Bind,
        rndc: &Rndc,
        rewritten: &[bool],
    ) -> Result<(), BackendError> {
        for ((name, step), rewritten) in self
            .names
            .iter()
            .zip(&mut self.written.steps)
            .zip(rewritten)
        {
            if *rewritten
                && step.is_ok()
                && let Err(said) = addzone::save(bind, rndc, name).await?
            {
                *step = Err(addzone::failed(bind, name, said).await);
            }
        }
        Ok(())
    }

    /// Removes the files of removed zones, once nobody is told to read them any more.
    async fn remove_files(&mut self, bind: &Bind) -> Result<(), BackendError> {
        let names = self.names_of(|step| matches!(step, Step::Removed { .. }));
        if names.is_empty() {
            return Ok(());
        }
        let had_file = bind.on_disk(move |disk| disk.remove_files(&names)).await?;
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

    pub(super) fn names_of(&self, wanted: impl Fn(Step) -> bool) -> Vec<ZoneName> {
        let steps = self.names.iter().zip(&self.written.steps);
        steps
            .filter(|(_, step)| step.as_ref().is_ok_and(|step| wanted(*step)))
            .map(|(name, _)| name.clone())
            .collect()
    }

    pub(super) fn fail(&mut self, error: &BackendError, wanted: impl Fn(Step) -> bool) {
        for step in &mut self.written.steps {
            if step.as_ref().is_ok_and(|step| wanted(*step)) {
                *step = Err(error.clone());
            }
        }
    }

    pub(super) fn fail_one(&mut self, name: &ZoneName, error: BackendError) {
        let at = self.names.iter().position(|known| known == name);
        if let Some(at) = at {
            self.written.steps[at] = Err(error);
        }
    }
}
