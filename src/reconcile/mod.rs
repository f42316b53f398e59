//! Keeps desired state in step with the masters: what they list is compared with what is held here.

pub mod plan;
