// connector is a source of external-dns: it sends the endpoints that are in a file of JSON to whoever
// connects, as external-dns' own type in encoding/gob, until it is ended.
//
// usage: connector ADDRESS FILE
package main

import (
	"encoding/gob"
	"encoding/json"
	"log"
	"net"
	"os"
)

// Endpoint has the fields of external-dns' endpoint.Endpoint that are sent; gob matches them by name.
type Endpoint struct {
	DNSName    string
	Targets    []string
	RecordType string
	RecordTTL  int64
}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Print("Listening on ", listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		var endpoints []*Endpoint
		text, err := os.ReadFile(os.Args[2])
		if err == nil {
			err = json.Unmarshal(text, &endpoints)
		}
		if err == nil {
			err = gob.NewEncoder(connection).Encode(endpoints)
		}
		if err != nil {
			log.Print(err)
		}
		connection.Close()
	}
}
