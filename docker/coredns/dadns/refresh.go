package dadns

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"
)

// mostBackoff is the longest pause between two attempts to reach the database, unless `refresh`
// is longer.
const mostBackoff = 15 * time.Second

// refresher keeps the zones as the database has them: one goroutine, one connection.
type refresher struct {
	settings *settings
	zones    *zones
	reader   reader
	metrics  metrics
	ledger   *ledger
	current  atomic.Bool // all zones are here, and the database was reached last time

	db       *sql.DB
	conn     *sql.Conn // nil: to be made, and then everything is compared
	feed     bool      // whether there is a table of changes
	seen     uint64    // the newest version that is here
	nextPoll time.Time

	cancel context.CancelFunc
	first  chan struct{} // closed after the first attempt
	done   chan struct{} // closed when the goroutine has ended
}

func newRefresher(s *settings, loaded *zones) *refresher {
	m := metricsOf(s.dsn.Addr + "/" + s.dsn.DBName)
	db := sql.OpenDB(s.connector)
	db.SetMaxOpenConns(s.maxConnections)
	db.SetMaxIdleConns(s.maxIdle)
	return &refresher{
		db:       db,
		settings: s,
		zones:    loaded,
		reader:   reader{s.tables, m.statements},
		metrics:  m,
		ledger:   newLedger(),
		first:    make(chan struct{}),
		done:     make(chan struct{}),
	}
}

func (r *refresher) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go r.run(ctx)
}

// waitForFirst waits until the first attempt to load all zones has ended, well or not.
func (r *refresher) waitForFirst(most time.Duration) {
	select {
	case <-r.first:
	case <-time.After(most):
		log.Warningf("not all zones are loaded after %v: starting with those that are", most)
	}
}

// stop returns when nothing of the refresher is left, no goroutine and no connection.
func (r *refresher) stop() {
	r.cancel()
	<-r.done
}

func (r *refresher) run(ctx context.Context) {
	defer close(r.done)
	defer r.db.Close()
	defer r.disconnect()

	pause := r.settings.refresh
	told := ""
	for attempt := 0; ; attempt++ {
		err := r.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			if told != "" || attempt == 0 {
				log.Infof("the database answers; its %d zones are loaded", len(r.ledger.loaded))
			}
			told, pause = "", r.settings.refresh
			r.succeeded()
		} else {
			if told != "" {
				pause = max(min(2*pause, mostBackoff), r.settings.refresh)
			}
			if text := reason(err); text != told {
				log.Errorf("reading the database failed: %s; the zones that are here are served on, and it is tried again", text)
				told = text
			}
			r.failed()
		}
		if attempt == 0 {
			close(r.first)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (r *refresher) succeeded() {
	r.current.Store(true)
	r.metrics.up.Set(1)
	r.metrics.lastSync.SetToCurrentTime()
	r.metrics.zones.Set(float64(len(r.ledger.loaded)))
	r.metrics.withoutSOA.Set(float64(r.ledger.withoutSOA))
}

func (r *refresher) failed() {
	r.disconnect()
	r.current.Store(false)
	r.metrics.up.Set(0)
	r.metrics.databaseFails.Inc()
}

// refresh looks once for what has changed, and loads it.
func (r *refresher) refresh(ctx context.Context) error {
	whole := r.conn == nil
	if whole {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			return err
		}
		r.conn = conn
	} else if quiet, err := r.quiet(ctx); err != nil || quiet {
		return err
	}
	// The snapshot is the one of the first statement.
	tx, err := r.conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := r.follow(ctx, tx, whole); err != nil {
		return err
	}
	return tx.Commit()
}

// quiet tells with one cheap statement that there is nothing to do.
func (r *refresher) quiet(ctx context.Context) (bool, error) {
	if !r.feed || !time.Now().Before(r.nextPoll) {
		return false, nil
	}
	changes, newest, err := r.reader.changes(ctx, r.conn, r.seen)
	if errors.Is(err, errNoFeed) {
		return false, nil
	}
	return len(changes) == 0 && newest == r.seen, err
}

// follow makes the zones those of the snapshot. If it fails on the way, each zone is one version
// as a whole still, and the next attempt compares them all.
func (r *refresher) follow(ctx context.Context, q queryer, whole bool) error {
	since := r.seen
	if whole {
		since = 0
	}
	changes, newest, err := r.reader.changes(ctx, q, since)
	feed := !errors.Is(err, errNoFeed)
	if feed && err != nil {
		return err
	}
	if feed && !whole && newest < r.seen || feed != r.feed {
		// An older state was restored, or the table of changes came or went.
		if whole = true; feed && since != 0 {
			if changes, newest, err = r.reader.changes(ctx, q, 0); err != nil {
				return err
			}
		}
	}
	todo := r.ledger.compare(changes, whole)
	poll := whole || !feed || !time.Now().Before(r.nextPoll)
	if poll {
		unmanagedZones, err := r.reader.unmanagedZones(ctx, q, feed)
		if err != nil {
			return err
		}
		r.ledger.poll(todo, unmanagedZones)
	}
	if err := r.load(ctx, q, todo.loads); err != nil {
		return err
	}
	for _, name := range todo.drops {
		r.zones.remove(name)
		r.ledger.set(name, nil)
	}
	r.feed, r.seen = feed, newest
	if poll {
		r.nextPoll = time.Now().Add(r.settings.poll)
	}
	return nil
}

// disconnect gives the connection up for good: another one has to find out what was missed.
func (r *refresher) disconnect() {
	if r.conn != nil {
		r.conn.Raw(func(any) error { return driver.ErrBadConn })
		r.conn.Close()
		r.conn = nil
	}
}
