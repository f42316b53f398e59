//! The same work for each of some zones: on all cores, but for one zone where it is asked for.

use rayon::prelude::*;

/// Does `work` for each of `items`, several at a time; returns what comes of them, in order.
///
/// A single one is not handed over: to wake another thread and to wait for it takes longer than most work on a
/// zone.
pub fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    match items.len() {
        0 | 1 => items.into_iter().map(work).collect(),
        _ => items.into_par_iter().map(work).collect(),
    }
}
