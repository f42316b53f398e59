package dadns

import (
	"github.com/coredns/coredns/plugin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are those of one database. They live as long as the process, so a reload of the Corefile
// goes on counting where the instance before stopped.
type metrics struct {
	up            prometheus.Gauge
	lastSync      prometheus.Gauge
	zones         prometheus.Gauge
	withoutSOA    prometheus.Gauge
	zonesLoaded   prometheus.Counter
	rowsRead      prometheus.Counter
	rowsRefused   prometheus.Counter
	statements    prometheus.Counter
	databaseFails prometheus.Counter
}

func gauge(name, help string) *prometheus.GaugeVec {
	return promauto.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: name, Help: help,
	}, []string{"database"})
}

func counter(name, help string) *prometheus.CounterVec {
	return promauto.NewCounterVec(prometheus.CounterOpts{
		Namespace: plugin.Namespace, Subsystem: pluginName, Name: name, Help: help,
	}, []string{"database"})
}

var (
	databaseUp     = gauge("database_up", "Whether the last read of the database succeeded (1) or not (0).")
	lastSync       = gauge("last_sync_timestamp_seconds", "When the zones were last known to be as the database has them.")
	zonesHere      = gauge("zones", "Zones loaded, with those that cannot be served.")
	zonesWithout   = gauge("zones_without_soa", "Zones whose rows have no usable SOA record: the version before is served, or SERVFAIL.")
	zonesLoaded    = counter("zones_loaded_total", "Zones read from the database, new, changed or again.")
	rowsRead       = counter("rows_read_total", "Rows of the table of records read.")
	rowsRefused    = counter("rows_refused_total", "Rows that are no record of their zone, counted with every load of the zone.")
	statements     = counter("statements_total", "Statements sent to the database.")
	databaseErrors = counter("database_errors_total", "Reads of the database that failed.")
)

func metricsOf(database string) metrics {
	return metrics{
		up:            databaseUp.WithLabelValues(database),
		lastSync:      lastSync.WithLabelValues(database),
		zones:         zonesHere.WithLabelValues(database),
		withoutSOA:    zonesWithout.WithLabelValues(database),
		zonesLoaded:   zonesLoaded.WithLabelValues(database),
		rowsRead:      rowsRead.WithLabelValues(database),
		rowsRefused:   rowsRefused.WithLabelValues(database),
		statements:    statements.WithLabelValues(database),
		databaseFails: databaseErrors.WithLabelValues(database),
	}
}
