package dadns

// loaded is what is known of a loaded zone.
type loaded struct {
	id        int64
	unmanaged bool
	version   uint64 // in the feed
	soa       string // of an unmanaged zone
	digest    uint64 // of an unmanaged zone: its rows as last read
	stable    bool   // of an unmanaged zone: two polls in a row read the same rows
	noSOA     bool
}

// load is a zone to load, and what is known of it once it is.
type load struct {
	name string
	loaded
}

// plan is what makes the zones here those of the database.
type plan struct {
	loads []load
	drops []string
}

// ledger knows which zones are loaded, to tell what has changed.
type ledger struct {
	loaded  map[string]*loaded
	refused map[string]bool // names of zones that were complained about
	// withoutSOA is how many of those loaded are.
	withoutSOA int
}

func newLedger() *ledger {
	return &ledger{loaded: make(map[string]*loaded), refused: make(map[string]bool)}
}

// set notes that the zone is loaded so from now on; nil: not any more.
func (l *ledger) set(name string, now *loaded) {
	if before := l.loaded[name]; before != nil && before.noSOA {
		l.withoutSOA--
	}
	if now == nil {
		delete(l.loaded, name)
		return
	}
	if now.noSOA {
		l.withoutSOA++
	}
	l.loaded[name] = now
}

// compare plans for what the feed says; whole: it was listed as a whole, so what is not in it is gone.
func (l *ledger) compare(changes []change, whole bool) *plan {
	p := &plan{}
	listed := make(map[string]bool, len(changes))
	for _, one := range changes {
		name, err := canonicalName(one.name)
		if err != nil {
			l.refuse(one.name, "its name is no absolute name: "+err.Error())
			continue
		}
		now := l.loaded[name]
		switch {
		case one.id != 0:
			listed[name] = true
			if now == nil || now.unmanaged || now.id != one.id || now.version != one.version {
				p.loads = append(p.loads, load{name, loaded{id: one.id, version: one.version}})
			}
		case now != nil && !now.unmanaged:
			p.drops = append(p.drops, name)
		}
	}
	if whole {
		p.drops = nil
		for name, now := range l.loaded {
			if !now.unmanaged && !listed[name] {
				p.drops = append(p.drops, name)
			}
		}
	}
	return p
}

// poll adds to the plan what the list of all unmanaged zones says.
func (l *ledger) poll(p *plan, unmanagedZones []unmanagedZone) {
	dropped := make(map[string]bool, len(p.drops))
	for _, name := range p.drops {
		dropped[name] = true
	}
	taken := make(map[string]bool)
	for _, one := range p.loads {
		taken[one.name] = true
	}
	for _, one := range unmanagedZones {
		name, err := canonicalName(one.name)
		if err != nil {
			l.refuse(one.name, "its name is no absolute name: "+err.Error())
			continue
		}
		now := l.loaded[name]
		if taken[name] || now != nil && !now.unmanaged && !dropped[name] {
			l.refuse(one.name, "another row has the same name")
			continue
		}
		taken[name] = true
		same := now != nil && now.unmanaged && now.id == one.id && now.soa == one.soa
		if same && now.stable {
			continue
		}
		next := load{name, loaded{id: one.id, unmanaged: true, soa: one.soa}}
		if same {
			// Others may write a zone row by row, its SOA first: so it is looked at once more.
			next.digest, next.stable = now.digest, true
		}
		p.loads = append(p.loads, next)
	}
	for name, now := range l.loaded {
		if now.unmanaged && !taken[name] {
			p.drops = append(p.drops, name)
		}
	}
	drops := p.drops[:0]
	for _, name := range p.drops {
		if !taken[name] {
			drops = append(drops, name)
		}
	}
	p.drops = drops
}

// refuse logs, once, that a row of the table of zones cannot be used.
func (l *ledger) refuse(name, why string) {
	if !l.refused[name] {
		l.refused[name] = true
		log.Warningf("zone %q is not served: %s", name, why)
	}
}
