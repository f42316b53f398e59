//! Answers as DirectAdmin gives them: `error=0&…`, form-encoded.

use form_urlencoded::Serializer;

/// The type that DirectAdmin gives its API answers.
pub const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// `error=0` alone.
pub const OK: &str = "error=0";

/// `error=0` with further fields.
pub fn ok(fields: &[(&str, &str)]) -> String {
    Serializer::new(OK.to_owned()).extend_pairs(fields).finish()
}

/// `error=1` with what went wrong and why.
pub fn error(text: &str, details: &str) -> String {
    Serializer::new("error=1".to_owned())
        .append_pair("text", text)
        .append_pair("details", details)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_the_error_code_form_encoded() {
        assert_eq!(
            ok(&[("text", "Login OK"), ("details", "none")]),
            "error=0&text=Login+OK&details=none"
        );
        assert_eq!(
            error("no", "a=b & c\r\n"),
            "error=1&text=no&details=a%3Db+%26+c%0D%0A"
        );
    }
}
