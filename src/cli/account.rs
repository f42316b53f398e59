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
