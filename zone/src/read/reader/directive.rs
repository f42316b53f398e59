//! `$ORIGIN` and `$TTL`, and why there are no others.

use super::Reader;
use crate::text::push_name;
use crate::time;
use crate::tokens::{Broken, Token};

impl<'a> Reader<'a> {
    pub(super) fn directive(&mut self, word: &Token<'a>) -> Result<(), Broken> {
        let is = |name: &[u8]| word.text.eq_ignore_ascii_case(name);
        if is(b"$ORIGIN") {
            // Without it, all names that follow are others.
            self.stopped = true;
            let name = self.argument(word, "a domain name")?;
            self.scratch.clear();
            let text = name
                .plain()
                .ok_or_else(|| name.broken("is quoted where a domain name should be"))?;
            push_name(text, &self.origin, false, &mut self.scratch)
                .map_err(|rule| name.broken(rule))?;
            std::mem::swap(&mut self.origin, &mut self.scratch);
            self.after_origin = true;
            self.stopped = false;
        } else if is(b"$TTL") {
            // Whatever it is, the records that follow have one.
            self.default_ttl = self.default_ttl.or(Some(0));
            let period = self.argument(word, "a TTL")?;
            let seconds = period
                .plain()
                .and_then(time::period)
                .ok_or_else(|| period.broken(time::no_period(period.text, "TTL")))?;
            let seconds = self.limited(seconds, &period, None);
            self.default_ttl = Some(seconds);
            self.last_ttl = Some(seconds);
        } else if is(b"$INCLUDE") || is(b"$GENERATE") {
            return Err(word.broken("is not allowed: a zone has to bring all its records itself"));
        } else {
            return Err(word.broken("is not a directive that is known"));
        }
        match self.tokens.next()? {
            Some(extra) => Err(extra.broken("is more than the directive takes")),
            None => Ok(()),
        }
    }

    fn argument(&mut self, directive: &Token<'a>, wanted: &str) -> Result<Token<'a>, Broken> {
        self.tokens
            .next()?
            .ok_or_else(|| directive.broken(format!("needs {wanted}")))
    }
}
