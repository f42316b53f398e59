//! Which backends serve which zone, where not all of them serve all.
//!
//! Backends stand in groups, and each zone goes to as many groups as the *factor* says. Which ones follows from the
//! name of the zone alone (`rank`), so that every node finds the same without asking, and a change of the groups
//! moves no more zones than it must. What was found is stored with the zone and stays: the delegation of a zone names
//! its servers, so that it may not wander when a group is added, and less still when one is down. Only an order of an
//! operator moves it.
//!
//! A modulus of a hash would move nearly all zones when a group is added. A ring needs thousands of points to spread
//! as evenly by weight, and more for weights that differ much.

mod groups;
mod placed;
mod rank;
mod settings;

pub use groups::{Group, Groups, Target};
pub use placed::{Before, Placement, Why};
pub use settings::{GroupKeys, Settings};

#[cfg(test)]
mod tests;
