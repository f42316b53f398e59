//! What a principal may do.

use std::fmt;

/// One thing that a principal may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Push and remove zones as a master does.
    Push,
    /// Read zones, status and metrics.
    Read,
    /// Run operations: verify, import, reconcile, forget a master, remove a zone.
    Operate,
    /// Decide what a zone is: approve or reject a held push, roll back.
    Decide,
    /// Edit records.
    Edit,
    /// Create zones.
    Create,
    /// Delete zones.
    Delete,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 7] = [
        Self::Push,
        Self::Read,
        Self::Operate,
        Self::Decide,
        Self::Edit,
        Self::Create,
        Self::Delete,
    ];

    /// Its word, in documentation and refusals; that of the action of a token, where there is one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Decide => "decide",
            Self::Edit => "edit",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Push => "push zones",
            Self::Read => "read zones or status",
            Self::Operate => "run operations",
            Self::Decide => "decide on zones",
            Self::Edit => "edit records",
            Self::Create => "create zones",
            Self::Delete => "delete zones",
        })
    }
}

/// The rights of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// None.
    pub const NONE: Self = Self(0);
    /// Those of the masters' account.
    pub const MASTER: Self = Self::NONE.with(Right::Push).with(Right::Read);
    /// All of them: those of an operator and of the gateway itself.
    pub const ALL: Self = Self::MASTER
        .with(Right::Operate)
        .with(Right::Decide)
        .with(Right::Edit)
        .with(Right::Create)
        .with(Right::Delete);

    /// These and `right`.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right.bit())
    }

    /// These without `right`.
    #[must_use]
    pub const fn without(self, right: Right) -> Self {
        Self(self.0 & !right.bit())
    }

    /// Whether `right` is one of them.
    pub const fn has(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }
}

/// A principal lacks a right, or has it for other zones, names or types only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this {who} may not {right}: {}", limit.clone().unwrap_or_else(|| lacking(who, *right)))]
pub struct Denied {
    /// What lacks it: an `account`, a `token` or a `key`.
    pub who: &'static str,
    /// The right that it lacks.
    pub right: Right,
    /// Where it ends, in words for whoever asked; `None`: it does not have it at all.
    pub limit: Option<String>,
}

/// Tokens and keys have actions, one of which gives two rights.
fn lacking(who: &str, right: Right) -> String {
    match (who, right) {
        ("token" | "key", Right::Decide) => "it lacks the action \"operate\"".to_owned(),
        ("token" | "key", right) => format!("it lacks the action \"{}\"", right.word()),
        (_, right) => format!("it lacks the right \"{}\"", right.word()),
    }
}

impl From<Right> for Denied {
    fn from(right: Right) -> Self {
        Self {
            who: "account",
            right,
            limit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_stands_by_itself() {
        for right in Right::ALL {
            assert!(Rights::ALL.has(right));
            assert!(!Rights::NONE.has(right));
            let others = Rights::ALL.without(right);
            assert!(!others.has(right));
            assert_eq!(others.with(right), Rights::ALL);
            let kept = Right::ALL.iter().filter(|other| others.has(**other));
            assert_eq!(kept.count(), Right::ALL.len() - 1);
        }
    }
}
