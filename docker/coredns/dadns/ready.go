package dadns

// Ready implements ready.Readiness: whether all zones are here, and as new as the database has them.
func (h *handler) Ready() bool { return h.refresher.current.Load() }
