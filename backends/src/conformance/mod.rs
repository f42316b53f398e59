//! The contract of [`Backend`] as checks that run against any of them.
//!
//! A backend calls them in tests: [`all`] with an empty one, [`shared`] with a way to open several on the
//! same server or database, [`unmanaged`] where it can have unmanaged zones, [`fenced`] where nodes can share it, and [`crashes`] where a daemon
//! runs it. What a check finds wrong it panics with, as tests do. A new rule of the contract becomes a check here, and every backend has to keep it.

#![allow(clippy::panic, clippy::expect_used)]

mod answers;
mod ask;
mod batches;
mod contents;
mod crashes;
mod fenced;
mod generate;
mod life;
mod sharing;
mod unmanaged;
mod versions;

use crate::Backend;

pub use dadns_zone::testing::zone;

pub use self::crashes::{Daemon, crashes};
pub use self::fenced::fenced;
pub use self::sharing::shared;
pub use self::unmanaged::unmanaged;

/// Runs every check, one after the other, against a backend that has no zones.
///
/// # Panics
/// With the first rule of the contract that `backend` breaks.
pub async fn all(backend: &dyn Backend) {
    life::has_nothing_at_first(backend).await;
    life::put_is_read_back_and_listed(backend).await;
    life::the_same_again_is_unchanged(backend).await;
    life::a_replacement_is_whole(backend).await;
    life::an_older_serial_is_put_all_the_same(backend).await;
    life::remove_is_idempotent(backend).await;
    life::a_removed_zone_can_come_back(backend).await;
    batches::a_batch_gives_one_result_per_change_in_order(backend).await;
    batches::one_bad_zone_spoils_no_other(backend).await;
    batches::a_slice_gives_one_result_per_zone_in_order(backend).await;
    batches::comparing_finds_what_reading_finds(backend).await;
    batches::a_rewritten_zone_is_as_it_was(backend).await;
    answers::what_is_answered_wrong_is_told_with_its_record(backend).await;
    answers::names_in_a_zone_below_are_no_fault_of_the_zone_above(backend).await;
    answers::long_answers_are_compared_whole(backend).await;
    contents::odd_names_and_owners_are_stored(backend).await;
    contents::types_of_every_kind_come_back_as_they_went_in(backend).await;
    contents::types_that_few_have_come_back_and_are_answered(backend).await;
    contents::every_sample_comes_back_as_it_went_in(backend).await;
    contents::generated_zones_come_back_as_they_went_in_and_as_they_were_changed(backend).await;
}
