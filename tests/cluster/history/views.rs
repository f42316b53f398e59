//! What nodes show of a zone while it changes: a copy may be behind, but it never goes back while its node runs, and what is revision 7 at
//! one is revision 7 at all.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Mutex;

/// What was seen so far. `C` is what a revision has: records, a digest, a serial.
#[derive(Debug)]
pub struct Views<C> {
    last: Mutex<HashMap<(usize, String), u64>>,
    contents: Mutex<HashMap<(String, u64), C>>,
}

impl<C> Default for Views<C> {
    fn default() -> Self {
        Self {
            last: Mutex::default(),
            contents: Mutex::default(),
        }
    }
}

impl<C: Debug + PartialEq> Views<C> {
    /// A node was killed and starts: it shows what its disk has until it has followed.
    pub fn starts(&self, node: usize) {
        self.last.lock().unwrap().retain(|(at, _), _| *at != node);
    }

    /// A node shows this. No two looks at one zone of one node may be under way at a time.
    pub fn see(&self, node: usize, zone: &str, revision: u64, content: C) -> Result<(), String> {
        let last = self
            .last
            .lock()
            .unwrap()
            .insert((node, zone.to_owned()), revision);
        if let Some(last) = last.filter(|last| *last > revision) {
            return Err(format!(
                "node {node} shows revision {revision} of {zone} after revision {last}"
            ));
        }
        let mut contents = self.contents.lock().unwrap();
        match contents.get(&(zone.to_owned(), revision)) {
            Some(known) if *known != content => Err(format!(
                "node {node} shows revision {revision} of {zone} as {content:?}, another as {known:?}"
            )),
            Some(_) => Ok(()),
            None => {
                contents.insert((zone.to_owned(), revision), content);
                Ok(())
            }
        }
    }
}
