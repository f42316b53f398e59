//! The `dadns` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    dadns::cli::main()
}
