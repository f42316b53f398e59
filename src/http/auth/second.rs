//! The codes of accounts that have a second factor: asked for after the password, and metered as that is.

use actix_web::HttpRequest;
use jiff::Timestamp;

use super::account::Account;
use super::gate::{Gate, Holder};
use super::suspects::network_of;
use crate::access::Principal;
use crate::http::problem::{Code, Problem};
use crate::logging::warning;

impl Gate {
    /// The account that `is` picks, if it has a second factor.
    pub(in crate::http) fn with_second_factor(
        &self,
        is: impl Fn(&Account) -> bool,
    ) -> Option<Account> {
        let mut accounts = self.accounts.iter();
        let found = accounts.find(|account| account.second.is_some() && is(account));
        found.cloned()
    }

    /// Takes the code of an account whose password was right. Wrong ones count as wrong passwords do.
    pub(in crate::http) fn take_code(
        &self,
        request: &HttpRequest,
        account: Account,
        code: &str,
    ) -> Result<(Principal, Holder), Problem> {
        let Some((address, second)) = self.client(request).zip(account.second.as_ref()) else {
            return Err(Problem::not_logged_in());
        };
        let network = network_of(address);
        let suspicious = self.suspects.has(network);
        if suspicious && let Some(wait) = self.suspects.wait(network) {
            self.suspects.note_wait(network, address, false);
            return Err(Problem::too_many_failures(wait));
        }
        let now = u64::try_from(Timestamp::now().as_second()).unwrap_or(0);
        if let Err(wrong) = second.factor.take(code.trim(), now) {
            if self.suspects.add(network) {
                let user = &account.name;
                warning!(
                    user,
                    "a wrong code of a second factor came from {address}, after the right password"
                );
            }
            return Err(Problem::new(Code::NotLoggedIn, wrong.to_string()));
        }
        if suspicious {
            self.suspects.remove(network);
        }
        let holder = Holder::Account(account);
        Ok((self.admit(&holder, address)?, holder))
    }
}
