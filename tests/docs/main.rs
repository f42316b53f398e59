//! The pages for people: their commands are run and their output is compared, their configurations are
//! loaded, their links lead somewhere.
//!
//! A page is `README.md` or a file of `docs/`. Its code blocks are, by the first word behind the fence:
//!
//! | | |
//! |---|---|
//! | `sh` | commands; each block has to succeed |
//! | `console` | commands behind `$`, with what they print |
//! | `yaml` | a configuration; `dadns config check` has to accept it |
//! | `named` | a configuration of BIND; `named-checkconf` has to accept it |
//! | `text` | anything else: a picture, a log, the configuration of other software |
//!
//! `not-run: REASON` behind the word leaves a block out. A comment that begins with `<!-- run` has commands
//! that are run and not shown. All blocks of a page are run from top to bottom, each command in a shell of
//! its own, in a directory that looks like the repository, against the gateway that [`world`] starts.
//!
//! Numbers that differ from run to run (times, serials, sizes, places in the code) are not compared. To
//! write what the commands print now into the pages: `just pages`, which is
//! `WRITE_PAGES=1 cargo test -p dadns --test docs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod compare;
mod http;
mod links;
mod metrics;
mod page;
mod pages;
mod run;
mod world;
