//! The commands for added zones, and what `named` answers to them.
//!
//! Answers are told apart by their words: those are the same in 9.18, 9.20 and 9.21, and the codes are not.

use std::path::Path;

use dadns_zone::ZoneName;

use crate::BackendError;
use crate::bind::channel::{Answer, Rndc};
use crate::bind::named::Way;
use crate::bind::settings::{Provision, View};
use crate::bind::{Bind, named, views};

/// A name that nobody has (RFC 6761), for a question that changes nothing.
const PROBE: &str = "addzone-probe.dadns.invalid";
const EXISTS: &str = "already exists";
const NOT_ALLOWED: &str = "Not allowing new zones";
const NO_FILE: &str = "file not found";
/// All that it says where it could not save what it serves already.
const UNSAVED: &str = "failure";

pub(super) const IS_OF_OTHERS: &str = "named has a zone of this name that dadns did not put there, from \
     named.conf or added by somebody else; remove it there (rndc delzone, or its stanza) if dadns is to serve it";

/// Where `named` has a zone from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bind) enum Kept {
    /// It has none of this name.
    Nowhere,
    /// It was added, with our file, and is saved.
    Saved,
    /// So too, with other options than it should.
    SavedOtherwise,
    /// It was added, with our file, and is not saved: it would be gone after a restart.
    Unsaved,
    /// It is in `named.conf`, or was when that was last read.
    InConfiguration {
        /// It has our file.
        ours: bool,
    },
    /// It was added with another file.
    Elsewhere,
}

/// The view that zones are added to, as a word of a command.
fn view(bind: &Bind) -> String {
    let named = bind.named.get();
    match named.views(&bind.settings.views) {
        [view] => format!(" \"{view}\""),
        _ => String::new(),
    }
}

/// Which way `named` can be given zones, as it is configured now. Changes nothing.
///
/// # Errors
/// When it does not answer, or when it does not allow the one way that is set.
pub(in crate::bind) async fn detect(
    bind: &Bind,
    rndc: &Rndc,
    views: &[View],
) -> Result<Way, BackendError> {
    let provision = bind.settings.provision;
    if provision == Provision::Include {
        return Ok(Way::Include);
    }
    // What named has in its database it would not serve, and stanzas beside that would stop it.
    let may_have_some =
        bind.disk.is_marked() && bind.on_disk(|disk| disk.has_without_stanza()).await?;
    let cannot = |why: String| match provision {
        Provision::Auto if !may_have_some => Ok(Way::Include),
        _ => Err(BackendError::unreachable("adding zones to named", why)),
    };
    let id = &bind.id;
    let view = match views {
        [] => String::new(),
        [view] if view.to_string().contains([' ', '/']) => {
            return cannot(format!(
                "named cannot be told to add zones to view {view}, for the space or slash in its name; \
                 rename it, or set dns.backends.{id}.provision to include"
            ));
        }
        [view] => format!(" {view}"),
        many => {
            return cannot(format!(
                "zones can be added to one view only, and {} have the zones of dadns; name one in \
                 dns.backends.{id}.views, or set dns.backends.{id}.provision to include",
                many.len()
            ));
        }
    };
    let file = bind.settings.zones_dir.join("none").join(PROBE);
    let command = format!(
        "addzone \"{PROBE}\" IN{view} {{ type primary; file \"{}\"; }};",
        file.display()
    );
    let said = match rndc.call(&command).await? {
        Ok(_) => {
            // Somebody has made that file.
            rndc.call(&format!("delzone {PROBE} IN{view}")).await?.ok();
            return Ok(Way::Addzone);
        }
        Err(said) => said,
    };
    if said.contains(NOT_ALLOWED) {
        return cannot(format!(
            "named does not allow it ({said}); set allow-new-zones yes in the options or the view of \
             named.conf, or dns.backends.{id}.provision to include"
        ));
    }
    if views::says_no_view(&said) {
        return cannot(format!(
            "named says {said:?}; name the view that has the zones of dadns in dns.backends.{id}.views"
        ));
    }
    // What else it says is about the file, which it would have loaded.
    match said.contains(NO_FILE) || said.contains("dns_zone_loadnew") || said.contains(EXISTS) {
        true => Ok(Way::Addzone),
        false => cannot(format!("named says {said:?}")),
    }
}

/// Adds a zone whose file stands there.
pub(super) async fn add(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Result<(), String>, BackendError> {
    for _ in 0..2 {
        let said = match tell(bind, rndc, "addzone", name).await? {
            Ok(_) => return Ok(Ok(())),
            Err(said) => said,
        };
        if said.contains(NOT_ALLOWED) {
            // It was configured anew, and has just said what it is like.
            named::look_again(bind, rndc).await?;
            return Err(BackendError::unreachable("adding zones to named", said));
        }
        if said != UNSAVED && !said.contains(EXISTS) {
            return Ok(Err(said));
        }
        match kept(bind, rndc, name).await? {
            // By a command whose answer was lost, or by another dadns.
            Kept::Saved | Kept::SavedOtherwise => {
                return Ok(views::reload(bind, rndc, name).await?.map(drop));
            }
            Kept::Unsaved if said == UNSAVED => {
                forget(bind, rndc, name).await?;
                return Ok(Err(said));
            }
            Kept::Unsaved => {
                let saved = modify(bind, rndc, name).await?;
                return Ok(match saved {
                    Ok(()) => views::reload(bind, rndc, name).await?.map(drop),
                    Err(said) => Err(said),
                });
            }
            Kept::InConfiguration { ours: true } => forget(bind, rndc, name).await?,
            Kept::InConfiguration { ours: false } | Kept::Elsewhere => {
                return Ok(Err(IS_OF_OTHERS.to_owned()));
            }
            Kept::Nowhere if said == UNSAVED => return Ok(Err(said)),
            Kept::Nowhere => {}
        }
    }
    Ok(Err("named has and has not this zone".to_owned()))
}

/// Writes the record of an added zone again, with the options of now.
pub(super) async fn modify(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Result<(), String>, BackendError> {
    Ok(tell(bind, rndc, "modzone", name).await?.map(drop))
}

async fn tell(
    bind: &Bind,
    rndc: &Rndc,
    command: &str,
    name: &ZoneName,
) -> Result<Answer, BackendError> {
    // Without quotes: here named does not know them for a view.
    let view = view(bind).replace('"', "");
    let body = bind.disk.body(name);
    rndc.call(&format!("{command} \"{name}.\" IN{view} {{ {body}}};"))
        .await
}

/// Has `named` forget a zone. That it has none is as good.
pub(in crate::bind) async fn forget(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<(), BackendError> {
    // Never with -clean: that removes our file.
    let answer = one(bind, rndc, "delzone", name).await?;
    match answer {
        Err(said) if !views::says_unknown(&said) => {
            let cause = format!("named says {said:?}");
            Err(BackendError::zone(name, "removing it from named", cause))
        }
        _ => Ok(()),
    }
}

/// Where `named` has the zone from.
pub(in crate::bind) async fn kept(
    bind: &Bind,
    rndc: &Rndc,
    name: &ZoneName,
) -> Result<Kept, BackendError> {
    let file = bind.disk.path(name);
    let shown = || one(bind, rndc, "showzone", name);
    match one(bind, rndc, "zonestatus", name).await? {
        Ok(text) => {
            let field = |field: &str| text.lines().find_map(|line| line.strip_prefix(field));
            let files = field("files: ").unwrap_or_default();
            let ours = files.split(", ").any(|one| Path::new(one) == file);
            match field("reconfigurable via modzone: ") {
                Some("yes") if !ours => Ok(Kept::Elsewhere),
                Some("yes") => Ok(match shown().await? {
                    Ok(text) if bind.disk.has_options(&text) => Kept::Saved,
                    Ok(_) => Kept::SavedOtherwise,
                    Err(_) => Kept::Unsaved,
                }),
                _ => Ok(Kept::InConfiguration { ours }),
            }
        }
        Err(said) if views::says_unknown(&said) => Ok(Kept::Nowhere),
        // It is there and not loaded: what is saved says whose it is.
        Err(_) => Ok(match shown().await? {
            Ok(text) if text.contains(&format!("\"{}\"", file.display())) => Kept::Saved,
            Ok(_) => Kept::InConfiguration { ours: false },
            Err(_) => Kept::Unsaved,
        }),
    }
}

async fn one(
    bind: &Bind,
    rndc: &Rndc,
    command: &str,
    name: &ZoneName,
) -> Result<Answer, BackendError> {
    let view = view(bind);
    rndc.call(&format!("{command} \"{name}.\" IN{view}")).await
}

/// What an answer means that says little by itself.
pub(super) fn explained(said: &str) -> Option<String> {
    match said {
        IS_OF_OTHERS => Some(said.to_owned()),
        UNSAVED => Some(
            "named serves it and cannot save it, so it was taken back: its database of added zones or the \
             disk is full, or the log of named has the reason (MDB_MAP_FULL: raise lmdb-mapsize)"
                .to_owned(),
        ),
        _ => None,
    }
}
