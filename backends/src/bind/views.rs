//! Commands about one zone, given for each view of `named` that has it.
//!
//! A command that names no view is refused where several have the zone, so each view is told and asked by
//! its name. All of them read the same file.

use std::path::Path;

use dadns_zone::ZoneName;

use super::Bind;
use super::channel::{Answer, Rndc};
use crate::{BackendError, Served};

/// What `named` says to a `reload` of a zone whose file it has loaded already.
pub(super) const UP_TO_DATE: &str = "up-to-date";
/// What it says about a zone that it has no stanza for.
const UNKNOWN: &str = "no matching zone";
/// What it says to a command that names a view which it does not have.
const NO_VIEW: &str = "no matching view";
/// What it says about a zone that is in several views, to a command that names none.
const MULTIPLE: &str = "multiple views";

/// The answer to `command` about `name`, with the view that gave it, for each view that has our zones.
async fn each(
    bind: &Bind,
    rndc: &Rndc,
    command: &str,
    name: &ZoneName,
) -> Result<Vec<(Option<String>, Answer)>, BackendError> {
    let named = bind.named.get();
    let views = named.views(&bind.settings.views);
    // The dot: without it a zone called "-redirect" would be an option.
    let command = format!("{command} {name}. IN");
    if views.is_empty() {
        return Ok(vec![(None, rndc.call(&command).await?)]);
    }
    let mut answers = Vec::with_capacity(views.len());
    for view in views {
        let answer = rndc.call(&format!("{command} \"{view}\"")).await?;
        answers.push((Some(view.to_string()), answer));
    }
    Ok(answers)
}

/// Has `named` load the file of `name` in every view. Where all have loaded it already, the answer says so.
pub(super) async fn reload(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Answer, BackendError> {
    let mut last: Option<Answer> = None;
    for (view, answer) in each(bind, rndc, "reload", name).await? {
        let answer = answer.map_err(|said| match view {
            Some(view) => format!("in view {view}: {said}"),
            None => said,
        });
        let news = last.as_ref().is_none_or(|last| match (last, &answer) {
            (Ok(last), Ok(_)) => last.contains(UP_TO_DATE),
            (Ok(_), Err(_)) => true,
            (Err(_), _) => false,
        });
        if news {
            last = Some(answer);
        }
    }
    Ok(last.unwrap_or_else(|| Err("there is no view to reload it in".to_owned())))
}

/// What `named` has loaded of `name`, as its control channel says: [`Served::Divided`] where its views
/// differ.
pub(super) async fn loaded(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Served, BackendError> {
    let mut found = each(bind, rndc, "zonestatus", name)
        .await?
        .into_iter()
        .map(|(view, answer)| (view.unwrap_or_default(), status(&answer)));
    let Some((first_view, first)) = found.next() else {
        return Ok(Served::Absent);
    };
    let others: Vec<_> = found.collect();
    if others.iter().all(|(_, served)| *served == first) {
        return Ok(first);
    }
    let all = [(first_view, first)].into_iter().chain(others);
    let told: Vec<_> = all
        .map(|(view, served)| format!("view {view} {served}"))
        .collect();
    Ok(Served::Divided(told.join(", ")))
}

/// What the views say, where there are several and they differ.
pub(super) async fn divided(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Option<Served>, BackendError> {
    if bind.named.get().views(&bind.settings.views).len() < 2 {
        return Ok(None);
    }
    let loaded = loaded(bind, rndc, name).await?;
    Ok(matches!(loaded, Served::Divided(_)).then_some(loaded))
}

/// Whether any view has loaded `name` from our file.
pub(super) async fn have_ours(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<bool, BackendError> {
    let file = bind.disk.path(name);
    let is_ours = |line: &str| {
        let files = line.strip_prefix("files: ");
        files.is_some_and(|files| files.split(", ").any(|one| Path::new(one) == file))
    };
    let answers = each(bind, rndc, "zonestatus", name).await?;
    Ok(answers.iter().any(|(_, answer)| match answer {
        Ok(text) => text.lines().any(is_ours),
        // It is there and not loaded, or in views that are not known.
        Err(said) => !says_unknown(said),
    }))
}

/// What `zonestatus` says of the serial that is loaded.
pub(super) fn status(answer: &Answer) -> Served {
    match answer {
        Ok(text) => text
            .lines()
            .find_map(|line| line.strip_prefix("serial: ")?.trim().parse().ok())
            .map_or_else(|| Served::Broken("no serial".into()), Served::Serial),
        Err(_) if is_unknown(answer) => Served::Absent,
        Err(said) => Served::Broken(said.replace('\n', "; ")),
    }
}

/// Whether `named` has no stanza for the zone.
pub(super) fn is_unknown(answer: &Answer) -> bool {
    answer.as_ref().is_err_and(|said| says_unknown(said))
}

/// Whether `said` is about a zone that `named` has no stanza for.
pub(super) fn says_unknown(said: &str) -> bool {
    said.contains(UNKNOWN)
}

/// Whether `said` is about a view that `named` does not have.
pub(super) fn says_no_view(said: &str) -> bool {
    said.contains(NO_VIEW)
}

/// Whether `said` is about a zone that is in several views.
pub(super) fn says_multiple(said: &str) -> bool {
    said.contains(MULTIPLE)
}
