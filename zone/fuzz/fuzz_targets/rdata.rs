//! No wire RDATA makes checking or printing panic; what is printed reads back to the same octets.
#![no_main]

use dadns_zone::{Limits, Rdata, Rrset, Rtype, Zone, ZoneName, presentation, read};
use libfuzzer_sys::fuzz_target;

// The type comes first, in two octets.
fuzz_target!(|input: &[u8]| {
    let Some((rtype, wire)) = input.split_first_chunk() else { return };
    let rtype = Rtype::from_int(u16::from_be_bytes(*rtype));
    let Ok(rdata) = Rdata::from_wire(rtype, wire) else { return };
    assert!(!presentation(rtype, &rdata).chars().any(char::is_control));
    let name = ZoneName::parse("z.example").unwrap();
    let apex = name.to_domain_name();
    let soa = Rdata::from_wire(Rtype::SOA, &[0; 22]).unwrap();
    let ns = Rdata::from_wire(Rtype::NS, &[0]).unwrap();
    let below = ZoneName::parse("a.z.example").unwrap().to_domain_name();
    let sets = [
        Rrset::new(&apex, Rtype::SOA, 1, [soa]).unwrap(),
        Rrset::new(&apex, Rtype::NS, 1, [ns]).unwrap(),
        Rrset::new(&below, rtype, 1, [rdata]).unwrap(),
    ];
    if let Ok(zone) = Zone::new(name.clone(), sets) {
        let again = read(&name, zone.to_string().as_bytes(), &Limits::default()).expect("what is printed can be read");
        assert_eq!(again.zone, zone);
    }
});
