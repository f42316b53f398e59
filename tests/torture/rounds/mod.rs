//! Random changes by several masters while the gateway is killed: what was acknowledged is there.

use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;
use crate::support::zone_text;
use crate::{alone, amount, seed};

#[test]
fn what_was_acknowledged_survives_kills_at_random_moments() {
    let _alone = alone();
    let mut random = fastrand::Rng::with_seed(seed());
    let builtin = Builtin::new();
    let mut gateway = Gateway::start(&[builtin.backend("")]);
    for round in 1..=amount(3, 2_000) {
        let address = format!("10.0.0.{}", random.u8(1..));
        let serial = u32::try_from(round).unwrap();
        let pushed = gateway.push("a.example", &zone_text("a.example", serial, &address));
        assert_eq!(pushed, "error=0");
        gateway.kill();
        gateway.run();
        let waited = gateway.get("/api/v1/zones/a.example/wait");
        assert!(waited.contains("\"verified\":true"), "{waited}");
    }
}
