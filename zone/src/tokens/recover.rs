//! Finds the next record after one that could not be read.

use super::{Broken, Tokens};

impl Tokens<'_> {
    /// Goes past what is left of a record in which something is wrong, so that what follows can be read.
    ///
    /// # Errors
    /// A parenthesis that is open at the end of the text: nothing follows.
    pub(crate) fn recover(&mut self) -> Result<(), Broken> {
        self.peeked = None;
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        loop {
            if self.lost {
                self.go_to_next_owner();
                return Ok(());
            }
            match self.scan() {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => {}
                Err(broken) if self.at >= self.text.len() => {
                    return if self.parens == 0 {
                        Ok(())
                    } else {
                        Err(broken)
                    };
                }
                Err(_) => {
                    if matches!(self.text[self.at], 0 | b')') {
                        self.at += 1;
                    }
                }
            }
        }
    }

    /// Goes to the next line that starts with what looks like an owner: whether a line before that belongs
    /// to the broken record cannot be known.
    fn go_to_next_owner(&mut self) {
        self.lost = false;
        self.parens = 0;
        while let Some(len) = self.text[self.at..].iter().position(|&byte| byte == b'\n') {
            self.at += len;
            self.end_line();
            let first = self.text.get(self.at);
            if !first.is_none_or(|byte| b" \t\r\n\"();".contains(byte)) {
                return;
            }
        }
        self.at = self.text.len();
    }
}
