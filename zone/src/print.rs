//! A zone as master file: one record a line, absolute names, nothing that depends on the line before.

use std::fmt;

use crate::present::{NameText, Presentation, TypeName};
use crate::{Rrset, Zone};

impl fmt::Display for Zone {
    /// Canonical text, which [`read`](crate::read) and BIND take back to the same records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rrsets()
            .iter()
            .try_for_each(|set| fmt::Display::fmt(set, f))
    }
}

impl fmt::Display for Rrset {
    /// One line for each record, each with its line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, ttl, rtype) = (NameText(self.owner()), self.ttl(), TypeName(self.rtype()));
        for rdata in self.rdata() {
            writeln!(
                f,
                "{owner}\t{ttl}\tIN\t{rtype}\t{}",
                Presentation {
                    rtype: self.rtype(),
                    rdata
                }
            )?;
        }
        Ok(())
    }
}
