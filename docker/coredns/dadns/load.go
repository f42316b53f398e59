package dadns

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

const (
	// batch is how many zones one statement reads.
	batch = 500
	// mostNotices is how many bad rows of one zone are logged.
	mostNotices = 20
)

// load reads the zones and serves each as soon as it is whole. The rows pass through: only one
// zone at a time is in the making.
func (r *refresher) load(ctx context.Context, q queryer, wants []load) error {
	// In the order in which the rows come.
	slices.SortFunc(wants, func(a, b load) int { return int(min(max(a.id-b.id, -1), 1)) })
	for part := range slices.Chunk(wants, batch) {
		ids := make([]int64, len(part))
		for i, one := range part {
			ids[i] = one.id
		}
		var building *builder
		digest := fnv.New64a()
		finish := func() {
			r.serve(part[0], building, digest.Sum64())
			part, building = part[1:], nil
			digest.Reset()
		}
		begin := func() {
			if building == nil {
				building = newBuilder(part[0].name)
			}
		}
		err := r.reader.records(ctx, q, ids, func(zone int64, one row) {
			for part[0].id != zone {
				begin()
				finish()
			}
			begin()
			building.add(one)
			if part[0].unmanaged {
				one.digest(digest)
			}
			r.metrics.rowsRead.Inc()
		})
		if err != nil {
			return err
		}
		for len(part) > 0 {
			begin()
			finish()
		}
	}
	return nil
}

// digest adds the row to a digest of the rows of its zone.
func (one row) digest(into interface{ Write([]byte) (int, error) }) {
	for _, text := range []string{one.hostname.String, one.rtype.String, one.data.String} {
		into.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		into.Write([]byte(text))
	}
	into.Write(binary.BigEndian.AppendUint64(nil, uint64(one.ttl.Int64)))
}

// serve puts a zone that was read in the place of the one before.
func (r *refresher) serve(one load, read *builder, digest uint64) {
	r.metrics.zonesLoaded.Inc()
	now := one.loaded
	if one.unmanaged {
		now.digest, now.stable = digest, one.stable && one.digest == digest
		if now.stable {
			now.noSOA = r.ledger.loaded[one.name].noSOA
			r.ledger.set(one.name, &now)
			return
		}
	}
	r.metrics.rowsRefused.Add(float64(len(read.refusals)))
	read.report()
	served := read.finish()
	now.noSOA = served == nil
	r.ledger.set(one.name, &now)
	switch before := r.zones.get(one.name); {
	case served != nil:
		r.zones.put(one.name, served)
	case before != nil && before.answers != nil:
		log.Errorf("zone %s has no usable SOA record: the version before is served on", one.name)
	default:
		r.zones.put(one.name, &zone{name: one.name})
		log.Errorf("zone %s has no usable SOA record: queries for it are answered with SERVFAIL", one.name)
	}
}

// report logs what of the rows is not served.
func (b *builder) report() {
	for i, bad := range b.refusals {
		if i == mostNotices {
			log.Warningf("zone %s: %d more rows are no records and left out", b.apex, len(b.refusals)-i)
			break
		}
		log.Warningf("zone %s: %v; the record is left out, the rest of the zone is served", b.apex, bad)
	}
	if b.nsec3 > 0 {
		log.Warningf("zone %s: %d records of its NSEC3 chain are left out, so denials of existence carry no proof; sign it with NSEC",
			b.apex, b.nsec3)
	}
}
