package dadns

// held is what is known of a zone that is here.
type held struct {
	id      int64
	foreign bool
	version uint64 // in the feed
	soa     string // of a foreign zone
	digest  uint64 // of a foreign zone: its rows as last read
	settled bool   // of a foreign zone: two looks in a row found the same rows
	noSOA   bool
}

// want is a zone to load, and what it will then be held as.
type want struct {
	name string
	held
}

// plan is what makes the zones here those of the database.
type plan struct {
	loads []want
	drops []string
}

// ledger knows what is held, to tell what has changed.
type ledger struct {
	held    map[string]*held
	refused map[string]bool // names of zones that were complained about
	// withoutSOA is how many of those held are.
	withoutSOA int
}

func newLedger() *ledger {
	return &ledger{held: make(map[string]*held), refused: make(map[string]bool)}
}

// set notes that the zone is held so from now on; nil: not any more.
func (l *ledger) set(name string, now *held) {
	if before := l.held[name]; before != nil && before.noSOA {
		l.withoutSOA--
	}
	if now == nil {
		delete(l.held, name)
		return
	}
	if now.noSOA {
		l.withoutSOA++
	}
	l.held[name] = now
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
		now := l.held[name]
		switch {
		case one.id != 0:
			listed[name] = true
			if now == nil || now.foreign || now.id != one.id || now.version != one.version {
				p.loads = append(p.loads, want{name, held{id: one.id, version: one.version}})
			}
		case now != nil && !now.foreign:
			p.drops = append(p.drops, name)
		}
	}
	if whole {
		p.drops = nil
		for name, now := range l.held {
			if !now.foreign && !listed[name] {
				p.drops = append(p.drops, name)
			}
		}
	}
	return p
}

// poll adds to the plan what the list of all foreign zones says.
func (l *ledger) poll(p *plan, foreigns []foreign) {
	dropped := make(map[string]bool, len(p.drops))
	for _, name := range p.drops {
		dropped[name] = true
	}
	taken := make(map[string]bool)
	for _, one := range p.loads {
		taken[one.name] = true
	}
	for _, one := range foreigns {
		name, err := canonicalName(one.name)
		if err != nil {
			l.refuse(one.name, "its name is no absolute name: "+err.Error())
			continue
		}
		now := l.held[name]
		if taken[name] || now != nil && !now.foreign && !dropped[name] {
			l.refuse(one.name, "another row has the same name")
			continue
		}
		taken[name] = true
		same := now != nil && now.foreign && now.id == one.id && now.soa == one.soa
		if same && now.settled {
			continue
		}
		next := want{name, held{id: one.id, foreign: true, soa: one.soa}}
		if same {
			// Others may write a zone row by row, its SOA first: so it is looked at once more.
			next.digest, next.settled = now.digest, true
		}
		p.loads = append(p.loads, next)
	}
	for name, now := range l.held {
		if now.foreign && !taken[name] {
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
