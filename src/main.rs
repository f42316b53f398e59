//! The `dadns` command.

use std::process::ExitCode;

/// A push costs a fifth less CPU than with the allocator of glibc, measured side by side.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dadns::cli::main()
}
