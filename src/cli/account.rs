//! Accounts of operators: their second factors.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::access::totp::{new_secret, uri};
use crate::http::Settings;

/// Makes the second factor of an operator. Nothing is changed: it stands in the configuration.
///
/// # Errors
/// When there is no such operator, or it cannot be made.
pub fn totp(app: &Settings, name: &str) -> Result<String, String> {
    if !app.operators.iter().any(|operator| operator.name == name) {
        return Err(format!(
            "\"{name}\" is no account of app.operators; only these can have a second factor"
        ));
    }
    let secret = new_secret().map_err(|error| error.to_string())?;
    let uri = uri(name, &secret);
    let code = QrCode::new(&uri).map_err(|error| error.to_string())?;
    // Light on dark, as most terminals are.
    let picture = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    let replaced = match app.second_factor(name) {
        Some(_) => " in place of the present one",
        None => "",
    };
    Ok(format!(
        "{picture}\n\n{uri}\n\nThis is shown once. Have your authenticator read it, then add to the configuration{replaced}:\n\n\
         app:\n  second_factors:\n    - \"{name}:{secret}\"\n\nor DADNS_APP_SECOND_FACTORS=\"{name}:{secret}\", and start dadns again."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::totp::SecondFactor;
    use crate::config::Config;

    #[test]
    fn an_operator_gets_a_secret_and_nobody_else_does() {
        let variables = [("DADNS_APP_OPERATORS", "anna:secret")];
        let loaded = Config::load(None, variables.into_iter()).unwrap();
        let app = loaded.config.app;
        let text = totp(&app, "anna").unwrap();
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("- \"anna:"));
        let secret = line.unwrap().trim_end_matches('"');
        assert!(SecondFactor::new(secret).is_ok(), "{text}");
        assert!(text.contains(&uri("anna", secret)), "{text}");
        assert!(totp(&app, "ben").is_err());
    }
}
