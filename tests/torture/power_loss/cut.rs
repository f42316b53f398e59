//! Which of what is not durable a disk holds after the power went: one of the many ways it can be.

use std::path::Path;

use fastrand::Rng;

use super::disk::{Change, Disk, Names, Node, put};

/// How what is not durable is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing of it is there.
    Nothing,
    /// All of it is there, as after a kill.
    All,
    /// All names, and no data.
    NamesOnly,
    /// All data, and no names.
    DataOnly,
    /// Files are as long as they were, with zeroes for data.
    Lengths,
    /// The calls up to some moment.
    Prefix,
    /// Any of the calls.
    Reordered,
    /// Any sectors of 512 octets.
    Sectors,
    /// Any sectors of 4,096 octets.
    Pages,
    /// Only the last call is torn, within its sectors.
    Torn,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Nothing,
        Self::All,
        Self::NamesOnly,
        Self::DataOnly,
        Self::Lengths,
        Self::Prefix,
        Self::Reordered,
        Self::Sectors,
        Self::Pages,
        Self::Torn,
    ];

    /// The octets that are written together or not at all; `None`: a whole call.
    fn sector(self) -> Option<usize> {
        match self {
            Self::Sectors | Self::Torn => Some(512),
            Self::Pages => Some(4_096),
            _ => None,
        }
    }
}

/// Writes a disk into the directory `to`, where `root` of the recorded process is.
pub fn write(disk: &Disk, root: &Path, kind: Kind, rng: &mut Rng, to: &Path) {
    let names = names(disk, kind, rng);
    std::fs::create_dir_all(to).unwrap();
    for (path, node) in &names {
        let target = to.join(path.strip_prefix(root).unwrap());
        match node {
            // A file whose directory is lost is lost with it.
            Node::Dir => drop(std::fs::create_dir(&target)),
            Node::File(index) if target.parent().is_some_and(Path::is_dir) => {
                std::fs::write(&target, contents(disk, *index, kind, rng)).unwrap();
            }
            Node::File(_) => {}
        }
    }
}

fn names(disk: &Disk, kind: Kind, rng: &mut Rng) -> Names {
    let mut names = disk.names.clone();
    let many = disk.naming.len();
    match kind {
        Kind::Nothing | Kind::DataOnly => {}
        Kind::All | Kind::NamesOnly | Kind::Lengths | Kind::Torn => {
            disk.naming
                .iter()
                .for_each(|naming| naming.apply(&mut names));
        }
        // File systems with a journal keep the order of names.
        Kind::Prefix | Kind::Sectors | Kind::Pages => {
            let taken = rng.usize(..=many);
            let taken = &disk.naming[..taken];
            taken.iter().for_each(|naming| naming.apply(&mut names));
        }
        Kind::Reordered => {
            for naming in &disk.naming {
                if rng.bool() {
                    naming.apply(&mut names);
                }
            }
        }
    }
    names
}

fn contents(disk: &Disk, index: usize, kind: Kind, rng: &mut Rng) -> Vec<u8> {
    let file = &disk.files[index];
    let mut octets = file.durable.clone();
    let many = file.pending.len();
    // Most of it there, about half, or hardly any.
    let share = [0.1, 0.5, 0.9][rng.usize(..3)];
    let mut all = || rng.f64() < share;
    match kind {
        Kind::Nothing | Kind::NamesOnly => {}
        Kind::All | Kind::DataOnly => file.pending.iter().for_each(|c| c.apply(&mut octets)),
        Kind::Lengths => {
            let mut whole = octets.clone();
            file.pending.iter().for_each(|c| c.apply(&mut whole));
            octets.resize(whole.len(), 0);
        }
        Kind::Prefix => {
            let taken = rng.usize(..=many);
            file.pending[..taken]
                .iter()
                .for_each(|c| c.apply(&mut octets));
        }
        Kind::Reordered => {
            let taken = file.pending.iter().filter(|_| all());
            taken.for_each(|c| c.apply(&mut octets));
        }
        Kind::Sectors | Kind::Pages | Kind::Torn => {
            for (place, change) in file.pending.iter().enumerate() {
                let whole = kind == Kind::Torn && place + 1 < many;
                match change {
                    Change::Write { at, data } if !whole => {
                        let size = kind.sector().unwrap_or(data.len());
                        sectors(&mut octets, *at, data, size, &mut all);
                    }
                    change if whole || all() => change.apply(&mut octets),
                    _ => {}
                }
            }
        }
    }
    octets
}

/// Writes those sectors of a write that `taken` says; the file may be longer than what is there of it.
fn sectors(
    octets: &mut Vec<u8>,
    at: usize,
    data: &[u8],
    size: usize,
    taken: &mut impl FnMut() -> bool,
) {
    let mut from = at;
    while from < at + data.len() {
        // Sectors are those of the disk, not of the call.
        let to = ((from / size + 1) * size).min(at + data.len());
        if taken() {
            put(octets, from, &data[from - at..to - at]);
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_are_those_of_the_disk() {
        let mut octets = vec![0; 12];
        let mut turn = false;
        let mut every_other = || {
            turn = !turn;
            turn
        };
        sectors(&mut octets, 2, &[1; 10], 4, &mut every_other);
        assert_eq!(octets, [0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]);
    }
}
