//! How broken rules are said.

/// The rule that an octet string or a token breaks, worded to follow the text at fault.
pub(crate) type Rule = &'static str;
