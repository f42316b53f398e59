package dadns

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
)

// errNoFeed: the table of changes does not exist, so nobody says what changed.
var errNoFeed = errors.New("the database has no table of changes")

// noSuchTable is the number of that error of the server.
const noSuchTable = 1146

// queryer is a connection, or a transaction on it.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// reader asks the tables. Zones and records are joined by id, never by name: the tables may
// compare texts differently.
type reader struct {
	tables     tables
	statements prometheus.Counter
}

// change is a row of the feed.
type change struct {
	name    string
	id      int64 // 0: the zone is gone
	version uint64
}

// changes lists what has a newer version than since, and tells the newest version there is.
func (r *reader) changes(ctx context.Context, q queryer, since uint64) ([]change, uint64, error) {
	query := "(SELECT zone_name, NULL, version FROM " + r.tables.changes + " WHERE zone_name = '')" +
		" UNION ALL (SELECT c.zone_name, z.id, c.version FROM " + r.tables.changes + " c" +
		" LEFT JOIN " + r.tables.zones + " z ON z.id = c.zone_id" +
		" WHERE c.version > ? AND c.zone_name <> '')"
	var found []change
	var newest uint64
	err := r.each(ctx, q, query, []any{since}, func(rows *sql.Rows) error {
		var one change
		var id sql.NullInt64
		if err := rows.Scan(&one.name, &id, &one.version); err != nil {
			return err
		}
		newest = max(newest, one.version)
		if one.name != "" {
			one.id = id.Int64
			found = append(found, one)
		}
		return nil
	})
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == noSuchTable {
		return nil, 0, errNoFeed
	}
	return found, newest, err
}

// unmanagedZone is a zone that dadns did not write.
type unmanagedZone struct {
	id   int64
	name string
	soa  string // its SOA row, whatever that says: a new one is the sign of a change
}

// unmanagedZones lists the zones that are not in the feed, in the order of their ids.
func (r *reader) unmanagedZones(ctx context.Context, q queryer, feed bool) ([]unmanagedZone, error) {
	query := "SELECT z.id, z.zone_name, r.ttl, r.data FROM " + r.tables.zones + " z LEFT JOIN " + r.tables.records +
		" r ON r.zone_id = z.id AND r.hostname = '@' AND r.type = 'SOA' AND r.online <> 0"
	if feed {
		query += " WHERE NOT EXISTS (SELECT 1 FROM " + r.tables.changes + " c WHERE c.zone_id = z.id)"
	}
	names := make(map[int64]string)
	soas := make(map[int64][]string)
	err := r.each(ctx, q, query, nil, func(rows *sql.Rows) error {
		var id int64
		var name, ttl, data sql.NullString
		if err := rows.Scan(&id, &name, &ttl, &data); err != nil {
			return err
		}
		names[id] = name.String
		soas[id] = append(soas[id], ttl.String+" "+data.String)
		return nil
	})
	found := make([]unmanagedZone, 0, len(names))
	for id, name := range names {
		slices.Sort(soas[id]) // no order is asked for, as it would cost the server a sort of all
		found = append(found, unmanagedZone{id, name, strings.Join(soas[id], "\n")})
	}
	slices.SortFunc(found, func(a, b unmanagedZone) int { return int(min(max(a.id-b.id, -1), 1)) })
	return found, err
}

// records reads the rows of zones, zone by zone in the order of their ids.
func (r *reader) records(ctx context.Context, q queryer, ids []int64, take func(zone int64, one row)) error {
	var list strings.Builder
	for i, id := range ids {
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(strconv.FormatInt(id, 10))
	}
	query := "SELECT zone_id, id, hostname, type, data, ttl FROM " + r.tables.records +
		" WHERE zone_id IN (" + list.String() + ") AND online <> 0 ORDER BY zone_id, id"
	return r.each(ctx, q, query, nil, func(rows *sql.Rows) error {
		var zone int64
		var one row
		if err := rows.Scan(&zone, &one.id, &one.hostname, &one.rtype, &one.data, &one.ttl); err != nil {
			return err
		}
		take(zone, one)
		return nil
	})
}

func (r *reader) each(ctx context.Context, q queryer, query string, args []any, take func(*sql.Rows) error) error {
	r.statements.Inc()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
