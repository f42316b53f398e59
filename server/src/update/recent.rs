//! Requests that were made a moment ago: one that is sent again, by a client that waited too short a time or by
//! somebody who listened, gets the same answer, and its changes are not made twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use dadns_dns::tsig::Time;
use tokio::sync::OnceCell;

use super::Code;

/// Most requests that are remembered.
const MOST: usize = 4096;

/// Which request it is: its ID and signature, in which the time is signed too.
pub(super) type Identity = ([u8; 2], Box<[u8]>);

/// What a request is answered with, once that is known.
pub(super) type Answer = Arc<OnceCell<Code>>;

/// The requests that are remembered.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Requests>);

#[derive(Debug, Default)]
struct Requests {
    answers: HashMap<Identity, Answer>,
    /// In the order in which they came, each with the time until which its signature is valid.
    order: VecDeque<(Time, Identity)>,
}

impl Recent {
    /// The answer of this request, whose signature is valid until `ends`: known, being made, or to be made.
    pub fn answer(&self, request: Identity, ends: Time, now: Time) -> Answer {
        // No step leaves it half changed.
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = requests.answers.get(&request) {
            return Arc::clone(answer);
        }
        while let Some((ends, _)) = requests.order.front() {
            if *ends >= now && requests.order.len() < MOST {
                break;
            }
            if let Some((_, old)) = requests.order.pop_front() {
                requests.answers.remove(&old);
            }
        }
        let answer = Answer::default();
        requests.order.push_back((ends, request.clone()));
        requests.answers.insert(request, Arc::clone(&answer));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: u16) -> Identity {
        (id.to_be_bytes(), [7; 16].into())
    }

    #[test]
    fn the_same_request_has_one_answer_and_another_one_its_own() {
        let recent = Recent::default();
        let answer = recent.answer(request(1), 10, 5);
        answer.set(Code::YxDomain).unwrap();
        let again = recent.answer(request(1), 10, 10);
        assert_eq!(again.get(), Some(&Code::YxDomain));
        assert_eq!(recent.answer(request(2), 10, 10).get(), None);
    }

    #[test]
    fn requests_whose_signature_has_ended_are_forgotten_and_so_are_the_oldest_of_too_many() {
        let recent = Recent::default();
        let first = recent.answer(request(0), 10, 5);
        first.set(Code::NoError).unwrap();
        recent.answer(request(1), 20, 11);
        assert_eq!(recent.answer(request(0), 20, 11).get(), None);
        for id in 0..u16::try_from(MOST).unwrap() {
            recent.answer(request(1000 + id), 20, 11);
        }
        let requests = recent.0.lock().unwrap();
        assert_eq!((requests.answers.len(), requests.order.len()), (MOST, MOST));
        assert!(!requests.answers.contains_key(&request(1)));
    }
}
