//! The macros: those of `tracing` with our seven levels and the name of the function.

/// The name of the function in whose body an item has the type name `path`: the part before the
/// item that is no closure, so that an async block reads as the function it stands in.
#[doc(hidden)]
pub fn function_name(path: &'static str) -> &'static str {
    let mut outward = path.rsplit("::").skip(1);
    outward.find(|part| *part != "{{closure}}").unwrap_or(path)
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
/// Logs what an operator reads to see what the gateway does.
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
/// Logs that something is wrong, and that the gateway copes.
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
