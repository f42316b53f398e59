//! What keys are called: by paths in files, by variables in the environment.

/// What every variable starts with.
pub const PREFIX: &str = "DADNS_";

/// The path of `name` below `section`.
pub fn join(section: &str, name: &str) -> String {
    match section {
        "" => name.to_owned(),
        section => format!("{section}.{name}"),
    }
}

/// The variable that overrides the key at `path`.
pub fn variable(path: &str) -> String {
    format!("{PREFIX}{}", capitals(path))
}

/// `path` as it stands in a variable.
pub fn capitals(path: &str) -> String {
    path.to_ascii_uppercase().replace(['.', '-'], "_")
}
