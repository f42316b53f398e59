//! Zones made up from a seed: odd owners, types of many kinds, cuts, aliases, wildcards, signatures.

mod records;

use dadns_zone::Zone;

use super::zone;

/// Most pieces that a zone is made of. None has more than four records.
const PIECES: usize = 30;

/// Makes zones up. The same seed makes the same ones.
pub(super) struct Generator(Random);

/// A zone as the pieces that its text is made of, each of which can go without the others.
pub(super) struct Draft {
    apex: String,
    pieces: Vec<String>,
    /// How many pieces there ever were: no two cuts or aliases have the same owner.
    made: usize,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self(Random(seed))
    }

    /// The zone of this number, all of them with different names.
    pub fn draft(&mut self, number: usize) -> Draft {
        let above = [
            "example",
            "a.b.example",
            "_u.example",
            "2.0.192.in-addr.arpa",
        ];
        let mut draft = Draft {
            apex: format!("g{number}.{}", self.0.one_of(&above)),
            pieces: Vec::new(),
            made: 0,
        };
        for _ in 0..self.0.below(PIECES - 1) {
            self.add(&mut draft);
        }
        draft
    }

    /// Takes a few pieces out, puts one in.
    pub fn change(&mut self, draft: &mut Draft) {
        for _ in 0..self.0.below(3) {
            if !draft.pieces.is_empty() {
                let at = self.0.below(draft.pieces.len());
                draft.pieces.remove(at);
            }
        }
        self.add(draft);
    }

    fn add(&mut self, draft: &mut Draft) {
        let piece = records::piece(&mut self.0, draft.made);
        let at = self.0.below(draft.pieces.len() + 1);
        draft.pieces.insert(at, piece);
        draft.made += 1;
    }
}

impl Draft {
    pub fn zone(&self, serial: u32) -> Zone {
        zone(&self.apex, serial, &self.pieces.concat())
    }
}

/// Numbers that look like chance (xorshift).
struct Random(u64);

impl Random {
    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half: the lower bits of neighbours resemble each other.
        (self.0 >> 32) as usize % bound
    }

    fn octet(&mut self) -> u8 {
        self.below(256) as u8
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dadns_zone::Rtype;

    use super::*;

    #[test]
    fn what_is_generated_is_various_enough() {
        let mut generator = Generator::new(1);
        let zones: Vec<_> = (0..30)
            .map(|number| generator.draft(number).zone(1))
            .collect();
        let sets = || zones.iter().flat_map(Zone::rrsets);
        let types: BTreeSet<_> = sets().map(|set| set.rtype().to_int()).collect();
        assert!(types.len() > 40, "{types:?}");
        assert!(zones.iter().all(|zone| zone.record_count() <= 122));
        assert!(zones.iter().map(Zone::record_count).sum::<usize>() > 600);
        let covered: BTreeSet<_> = sets().filter_map(|set| set.covered()).collect();
        assert!(covered.len() > 5, "{covered:?}");
        for wanted in [Rtype::NS, Rtype::DS, Rtype::CNAME, Rtype::DNAME] {
            assert!(sets().any(|set| set.rtype() == wanted), "{wanted}");
        }
        let octets: BTreeSet<_> = sets().flat_map(|set| set.owner().as_slice()).collect();
        assert!(octets.len() > 150, "owners have {} octets", octets.len());
    }
}
