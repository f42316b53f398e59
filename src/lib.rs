//! dadns: a zone is pushed once; every name server that should serve it does, verifiably, and keeps
//! doing so.
//!
//! `ARCHITECTURE.md` has the picture. The way of a push: [`http`] reads it, [`store`] makes it
//! durable and marks it pending for each backend, a `lane` per backend applies and verifies it, and
//! records the result in the store; `lane::batch_log` tells the operator, [`metrics`] the monitors.
//! [`health`] knows how the backends are. [`app`] owns all tasks.

pub mod access;
pub mod app;
mod blocking;
mod check;
mod child;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod engine;
pub mod feed;
pub mod health;
pub mod http;
mod lane;
pub mod ledger;
mod line;
pub mod logging;
pub mod masters;
pub mod metrics;
mod moves;
pub mod operations;
pub mod placement;
mod preload;
pub mod reconcile;
pub mod records;
pub mod registry;
pub mod report;
mod retry;
pub mod samples;
pub mod sources;
pub mod store;
pub mod updates;
mod verify;
