//! The rules of the house: who may know whom, the words, the pages, the measures. Nothing of the gateway
//! runs here: these tests read the repository as text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrows;
mod files;
mod measures;
mod pages;
mod rooms;
mod source;
mod words;

/// Fails with all that was found, not only the first of it.
#[track_caller]
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n  {}", found.join("\n  "));
}
