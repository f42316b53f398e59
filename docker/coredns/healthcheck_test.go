package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheHealthcheckFailsUnlessTheServerSaysThatItIsHealthy(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	if got := healthcheck([]string{server.URL}); got != 0 {
		t.Errorf("a healthy server: %d", got)
	}
	status = http.StatusServiceUnavailable
	if got := healthcheck([]string{server.URL}); got != 1 {
		t.Errorf("an unhealthy server: %d", got)
	}
	server.Close()
	if got := healthcheck([]string{server.URL}); got != 1 {
		t.Errorf("no server: %d", got)
	}
}
