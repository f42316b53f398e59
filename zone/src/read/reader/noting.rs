//! What is noted of single records as they are read.

use super::Reader;
use crate::Rtype;
use crate::escape::Excerpt;
use crate::read::notes::{Note, NoteKind, words};
use crate::tokens::Place;
use crate::words::Seen;

impl<'a> Reader<'a> {
    /// Notes what is odd about how the data of a record is written.
    pub(super) fn note_words(&mut self, rtype: Rtype, place: Place, seen: &Seen<'a>, start: usize) {
        if let Some(comment) = self.tokens.comment()
            && let Some(kind) = words::cut(rtype, &comment, &self.found.octets[start..])
        {
            self.note(comment.place, None, Some(rtype), kind);
        }
        if let Some(word) = seen.comment {
            let text = Some(Excerpt::new(word.text));
            self.note(word.place, text, Some(rtype), NoteKind::CommentedData);
        } else if seen.curly.is_some() {
            self.note(place, None, Some(rtype), NoteKind::CurlyQuote);
        } else if seen.has_loose_words() {
            self.note(place, None, Some(rtype), NoteKind::Words);
        }
    }

    /// Adds a note, about a record of the owner in hand if there is a type.
    pub(super) fn note(
        &mut self,
        place: Place,
        text: Option<Excerpt>,
        rtype: Option<Rtype>,
        kind: NoteKind,
    ) {
        let owner = rtype.map(|rtype| (rtype, self.owner_name()));
        self.noted.push(|| Note {
            place,
            text,
            record: owner,
            kind,
        });
    }
}
