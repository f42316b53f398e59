// lego gets a certificate by DNS-01, by the libraries of lego. Lego's own command cannot be built without
// modules that the Go proxy refuses.
//
// usage: lego DIRECTORY PROVIDER RESOLVER DOMAIN...
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certcrypto"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/lego"
	"github.com/go-acme/lego/v5/providers/dns/acmedns"
	"github.com/go-acme/lego/v5/providers/dns/dnsupdate"
	"github.com/go-acme/lego/v5/providers/dns/pdns"
	"github.com/go-acme/lego/v5/registration"
)

type user struct {
	key     crypto.Signer
	account *acme.ExtendedAccount
}

func (u *user) GetEmail() string                       { return "hostmaster@example.com" }
func (u *user) GetRegistration() *acme.ExtendedAccount { return u.account }
func (u *user) GetPrivateKey() crypto.Signer           { return u.key }

// Each provider reads its settings from the environment, as lego's command has them.
var providers = map[string]func() (challenge.Provider, error){
	"pdns":      func() (challenge.Provider, error) { return pdns.NewDNSProvider() },
	"dnsupdate": func() (challenge.Provider, error) { return dnsupdate.NewDNSProvider() },
	"acmedns":   func() (challenge.Provider, error) { return acmedns.NewDNSProvider() },
}

func run(directory, name, resolver string, domains []string) error {
	options := dns01.NewOptions()
	options.RecursiveNameservers = []string{resolver}
	dns01.SetDefaultClient(dns01.NewClient(options))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	account := &user{key: key}
	config := lego.NewConfig(account)
	config.CADirURL = directory
	client, err := lego.NewClient(config)
	if err != nil {
		return err
	}
	provider, err := providers[name]()
	if err != nil {
		return err
	}
	// The name servers in the zone are not on this machine; the resolver is.
	err = client.Challenge.SetDNS01Provider(provider, dns01.DisableAuthoritativeNssPropagationRequirement())
	if err != nil {
		return err
	}
	ctx := context.Background()
	account.account, err = client.Registration.Register(ctx, registration.RegisterOptions{TermsOfServiceAgreed: true})
	if err != nil {
		return err
	}
	request := certificate.ObtainRequest{Domains: domains, KeyType: certcrypto.EC256, Bundle: true}
	resource, err := client.Certificate.Obtain(ctx, request)
	if err != nil {
		return err
	}
	fmt.Printf("%s", resource.Certificate)
	return nil
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
