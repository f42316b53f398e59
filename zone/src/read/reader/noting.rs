//! What is noted of single records as they are read.

use super::Reader;
use crate::Rtype;
use crate::escape::Excerpt;
use crate::read::notes::{Note, NoteKind, words};
use crate::tokens::Position;
use crate::words::Seen;

impl<'a> Reader<'a> {
    /// Notes what is odd about how the data of a record is written.
    pub(super) fn note_words(
        &mut self,
        rtype: Rtype,
        position: Position,
        seen: &Seen<'a>,
        start: usize,
    ) {
        if let Some(comment) = self.tokens.comment()
            && let Some(kind) = words::cut(rtype, &comment, &self.found.octets[start..])
        {
            self.note(comment.position, None, Some(rtype), kind);
        }
        if let Some(word) = seen.comment {
            let text = Some(Excerpt::new(word.text));
            self.note(word.position, text, Some(rtype), NoteKind::CommentedData);
        } else if seen.curly.is_some() {
            self.note(position, None, Some(rtype), NoteKind::CurlyQuote);
        } else if seen.has_loose_words() {
            self.note(position, None, Some(rtype), NoteKind::Words);
        }
    }

    /// Adds a note, about a record of the owner in hand if there is a type.
    pub(super) fn note(
        &mut self,
        position: Position,
        text: Option<Excerpt>,
        rtype: Option<Rtype>,
        kind: NoteKind,
    ) {
        let owner = rtype.map(|rtype| (rtype, self.owner_name()));
        self.noted.push(|| Note {
            position,
            text,
            record: owner,
            kind,
        });
    }
}
