//! The macros: those of `tracing` with our seven levels and the name of the function.

/// The name of the function whose inner item has the type name `path`: its last part that is no
/// closure, so that an async block reads as the function it stands in.
#[doc(hidden)]
pub fn function_name(path: &'static str) -> &'static str {
    let outer = path.strip_suffix("::here").unwrap_or(path);
    let mut function = outer;
    while let Some(outer) = function.strip_suffix("::{{closure}}") {
        function = outer;
    }
    let mut depth = 0_usize;
    let mut start = 0;
    let mut end = function.len();
    let bytes = function.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => {
                if depth == 0 && at > start {
                    end = at;
                }
                depth += 1;
            }
            b'>' if at > 0 && bytes.get(at - 1) != Some(&b'-') => depth = depth.saturating_sub(1),
            b':' if depth == 0 => (start, end) = (at + 1, function.len()),
            _ => {}
        }
    }
    function.get(start..end).unwrap_or(function)
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $name:literal, $($arg:tt)+) => {
        $crate::logging::tracing::event!(
            name: $name,
            $crate::logging::tracing::Level::$level,
            log.function = {
                fn here() {}
                $crate::logging::function_name(::std::any::type_name_of_val(&here))
            },
            $($arg)+
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($($arg:tt)+) => { $crate::__log!(TRACE, "TRACE", $($arg)+) };
}
/// Logs a step, for hunting a fault.
#[doc(inline)]
pub use __log_trace as trace;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($arg:tt)+) => { $crate::__log!(DEBUG, "DEBUG", $($arg)+) };
}
/// Logs what was done to one zone.
#[doc(inline)]
pub use __log_debug as debug;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($arg:tt)+) => { $crate::__log!(INFO, "INFO", $($arg)+) };
}
/// Logs what an operator reads to see that all is well.
#[doc(inline)]
pub use __log_info as info;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_success {
    ($($arg:tt)+) => { $crate::__log!(INFO, "SUCCESS", $($arg)+) };
}
/// Logs that something worth waiting for has been done.
#[doc(inline)]
pub use __log_success as success;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_warning {
    ($($arg:tt)+) => { $crate::__log!(WARN, "WARNING", $($arg)+) };
}
/// Logs that something is not as it should be, and that the gateway copes.
#[doc(inline)]
pub use __log_warning as warning;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($arg:tt)+) => { $crate::__log!(ERROR, "ERROR", $($arg)+) };
}
/// Logs that something failed.
#[doc(inline)]
pub use __log_error as error;

#[doc(hidden)]
#[macro_export]
macro_rules! __log_critical {
    ($($arg:tt)+) => { $crate::__log!(ERROR, "CRITICAL", $($arg)+) };
}
/// Logs that the gateway cannot go on.
#[doc(inline)]
pub use __log_critical as critical;
