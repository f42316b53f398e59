//! Runs clients and keeps what they print.

use std::path::Path;
use std::process::Command;

use crate::support::find;

/// A command that is given up after two minutes.
pub fn client(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command
        .arg("120")
        .arg(find(program).unwrap())
        // What the one who runs the tests has configured is not theirs.
        .env_remove("HTTP_PROXY")
        .env_remove("HTTPS_PROXY")
        .env("PYTHONUNBUFFERED", "1");
    command
}

/// Runs it; it has to succeed. What it prints, errors too.
pub fn run(command: &mut Command) -> String {
    let (succeeded, printed) = try_run(command);
    assert!(succeeded, "{command:?} fails:\n{printed}");
    printed
}

/// Runs it: whether it succeeds, and what it prints.
pub fn try_run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    // For the pages: cargo test -p dadns --test tools -- --nocapture
    println!("$ {}\n{printed}", shown(command));
    (output.status.success(), printed)
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let words = command.get_args().skip(1).map(|word| {
        let word = word.to_string_lossy();
        match Path::new(word.as_ref()).file_name() {
            Some(name) if word.starts_with('/') => name.to_string_lossy().into_owned(),
            _ => word.into_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
