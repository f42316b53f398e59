//! What several nodes share: the rules of a ledger, kept by its twin in memory and by a real etcd.

// Figures are printed, not asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod access;
mod cut;
mod lost;
mod members;
mod on_etcd;
mod on_memory;
mod protocol;
mod suite;
mod trouble;

/// All tests of the suite, for a macro that runs them on one engine.
#[macro_export]
macro_rules! all_of_the_suite {
    ($run:ident) => {
        $run! {
            documents:
                a_document_is_written_only_if_it_stands_as_it_was_seen,
                the_same_write_twice_is_one_write,
                one_conflict_among_many_writes_refuses_one,
                a_write_without_a_value_only_asks,
                a_large_document_is_written_whole,
                everything_is_read_in_pages_in_the_order_of_names,
                many_are_fetched_in_the_order_of_the_question,
                a_cluster_is_made_once_and_writes_need_it;
            feed:
                a_follower_sees_all_writes_in_their_order,
                a_follower_resumes_where_it_was,
                a_follower_catches_up_with_much_and_misses_nothing,
                an_idle_engine_gives_its_cursor,
                large_documents_are_followed,
                who_was_absent_too_long_is_told,
                who_has_seen_more_than_there_is_is_told,
                the_document_that_was_given_last_is_looked_for,
                without_a_cluster_nobody_follows,
                what_is_removed_by_hand_is_not_followed;
            notes:
                one_of_two_has_a_claim_until_its_lease_is_over,
                a_claim_ends_with_its_lease,
                a_note_is_written_only_under_a_fence_that_stands,
                notes_are_listed_by_the_beginning_of_their_names;
        }
    };
}
