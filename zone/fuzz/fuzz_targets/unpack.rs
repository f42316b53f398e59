//! No octets make unpacking panic; what it accepts packs and unpacks to the same zone.
#![no_main]

use dadns_zone::{Zone, ZoneName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|packed: &[u8]| {
    let name = ZoneName::parse("z.example").unwrap();
    if let Ok(zone) = Zone::unpack(name.clone(), packed) {
        assert_eq!(Zone::unpack(name, &zone.pack()).as_ref(), Ok(&zone));
        let _ = zone.to_string();
        assert_eq!(zone.with_serial(7).serial(), 7);
    }
});
