//! Zones by chance, the same for the same seed: few labels, so that names meet, cover and hide
//! each other.

use std::collections::BTreeMap;

use super::zones::Source;

const LABELS: [&str; 6] = ["a", "b", "c", "x", "*", "*"];

pub fn sources(count: u64) -> Vec<Source> {
    (0..count)
        .map(|seed| Source {
            name: name(seed),
            text: text(seed, count),
        })
        .collect()
}

fn name(seed: u64) -> String {
    // Every third is below the one before it.
    match seed % 3 {
        2 => format!("child.g{}.example", seed - 1),
        _ => format!("g{seed}.example"),
    }
}

fn text(seed: u64, count: u64) -> String {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut records = Vec::new();
    if seed % 3 == 1 && chance.bool() {
        records.push(("child".to_owned(), "NS ns.child".to_owned()));
        records.push(("ns.child".to_owned(), "A 192.0.2.1".to_owned()));
    }
    // What may stand at a name depends on what is there: an alias or a cut stands alone.
    let mut taken = BTreeMap::<String, bool>::new();
    for n in 0..chance.u8(8..40) {
        let owner = owner(&mut chance);
        let target = target(&mut chance, count);
        let address = format!("A 192.0.2.{n}");
        let alone = chance.u8(..10) < 4;
        if taken.get(&owner).is_some_and(|&taken| taken || alone) {
            continue;
        }
        let wild = owner.contains('*');
        let data = match (alone, chance.u8(..8)) {
            (true, 0..=3) => format!("CNAME {target}"),
            (true, 4..=5) if !wild => format!("DNAME {target}"),
            (true, _) if !wild => {
                let secure = chance.bool();
                if secure {
                    let digest = format!("DS 1 13 2 {}", "01234567".repeat(8));
                    records.push((owner.clone(), digest));
                }
                if chance.bool() {
                    records.push((format!("ns.{owner}"), address));
                }
                records.push((owner.clone(), format!("NS {target}")));
                format!("NS ns.{owner}")
            }
            (true, _) => continue,
            (false, 0..=2) => address,
            (false, 3) => format!("AAAA 2001:db8::{n}"),
            (false, 4) => format!("MX {n} {target}"),
            (false, 5) => format!("SRV 1 2 3 {target}"),
            (false, 6) => format!("TYPE65400 \\# 1 {n:02x}"),
            (false, _) => format!("TXT t{n}"),
        };
        records.push((owner.clone(), data));
        taken.insert(owner, alone);
    }
    printed(records)
}

/// The zone without what stands below a DNAME: no server would take that (RFC 6672 section 2.4).
fn printed(mut records: Vec<(String, String)>) -> String {
    let cuts: Vec<_> = records
        .iter()
        .filter(|(_, data)| data.starts_with("DNAME"))
        .map(|(owner, _)| format!(".{owner}"))
        .collect();
    records.retain(|(owner, _)| !cuts.iter().any(|cut| owner.ends_with(cut)));
    let mut text = "@ 300 IN SOA ns hostmaster 1 7200 3600 1209600 60\n@ 300 NS ns\n\
                    ns 300 A 192.0.2.1\n"
        .to_owned();
    for (owner, data) in records {
        text += &format!("{owner} 300 {data}\n");
    }
    text
}

fn owner(chance: &mut fastrand::Rng) -> String {
    let labels: Vec<_> = (0..chance.u8(1..=4))
        .filter_map(|_| chance.choice(LABELS))
        .collect();
    labels.join(".")
}

/// Most often in the zone, else in another that is served, or in none.
fn target(chance: &mut fastrand::Rng, count: u64) -> String {
    match chance.u8(..10) {
        0 => format!("{}.{}.", owner(chance), name(chance.u64(..count))),
        1 => "www.outside.test.".into(),
        2 => "@".into(),
        _ => owner(chance),
    }
}
