//! What an operator can say about the log.

use std::path::PathBuf;

use dadns_keys::{Takes, Text, Type, any, boolean, custom, keys, one, optional, whole};
use jiff::tz::TimeZone;

use super::Level;

keys! {
    /// What is logged, how and where.
    pub struct Settings("") {
        /// Time zone of log timestamps, by its IANA name, such as Pacific/Auckland. Empty: the system's.
        pub timezone: TimeZone = time_zone(), "\"\"";
        /// Lowest level that is logged: TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR or CRITICAL.
        pub level "log_level": Level = one(level()), "INFO";
        /// One JSON object per line instead of text, for log collectors.
        pub json "log_json": bool = boolean(), "false";
        /// Also log to this file, such as /var/log/dadns/dadns.log. dadns writes one file per day (UTC)
        /// beside it (dadns.2026-11-21.log), and this name always points to the newest. Empty: standard
        /// error only.
        pub file "log_file": Option<PathBuf> = optional(any()), "\"\"";
        /// Days of log files to keep.
        pub file_keep "log_file_keep": usize = whole(1, 3_650), "14";
    }
}

const fn time_zone() -> Type<TimeZone> {
    let known = Text::Read(|name| match TimeZone::get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err("an IANA time zone such as UTC or Pacific/Auckland".to_owned()),
    });
    custom(Takes::Optional(known), |values, key| {
        match values.one(key)? {
            "" => Some(TimeZone::system()),
            name => TimeZone::get(name).ok(),
        }
    })
}

const fn level() -> Text {
    Text::Read(|text| match text.parse::<Level>() {
        Ok(level) => Ok(level.name().to_owned()),
        Err(_) => Err(format!("one of {}", Level::NAMES)),
    })
}
