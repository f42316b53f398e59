package dadns

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"
)

// apexName is how the table of records says that an owner is the apex.
const apexName = "@"

// canonicalName gives name, an absolute name in presentation form, the one spelling that names of
// queries have: lower case, and every octet escaped as miekg/dns does when it reads a message.
func canonicalName(name string) (string, error) {
	wire, absolute, err := wireLabels(name)
	if err != nil {
		return "", err
	}
	if !absolute {
		return "", errors.New("it does not end in a dot")
	}
	return presented(wire)
}

// ownerName is the name that hostname, relative to the apex, stands for.
func ownerName(hostname, apex string) (string, error) {
	if hostname == apexName {
		return apex, nil
	}
	wire, absolute, err := wireLabels(hostname)
	if err != nil {
		return "", err
	}
	if absolute {
		return "", errors.New("it ends in a dot, but has to be relative to the apex")
	}
	apexWire, _, err := wireLabels(apex)
	if err != nil {
		return "", err
	}
	return presented(append(wire, apexWire...))
}

// wireLabels reads a name in presentation form strictly and returns its labels as in a message, lower
// case and without the root, and whether it was absolute. miekg/dns is not asked, as it takes
// much that is no name, such as \999.
func wireLabels(text string) (labels []byte, absolute bool, err error) {
	if text == "." {
		return nil, true, nil
	}
	if text == "" {
		return nil, false, errors.New("it is empty")
	}
	start := 0
	labels = append(labels, 0)
	finish := func() error {
		length := len(labels) - start - 1
		if length == 0 {
			return errors.New("it has an empty label")
		}
		if length > 63 {
			return errors.New("it has a label of more than 63 octets")
		}
		labels[start] = byte(length)
		return nil
	}
	for i := 0; i < len(text); {
		octet := text[i]
		i++
		switch {
		case octet == '.':
			if err := finish(); err != nil {
				return nil, false, err
			}
			if i == len(text) {
				return labels, true, nil
			}
			start = len(labels)
			labels = append(labels, 0)
			continue
		case octet == '\\':
			var width int
			if octet, width, err = escaped(text[i:]); err != nil {
				return nil, false, err
			}
			i += width
		case octet <= ' ' || octet > '~' || octet == '"' || octet == ';' || octet == '(' || octet == ')':
			return nil, false, fmt.Errorf("it has the octet %d, which has to be escaped", octet)
		}
		if 'A' <= octet && octet <= 'Z' {
			octet += 'a' - 'A'
		}
		labels = append(labels, octet)
	}
	return labels, false, finish()
}

// escaped reads what follows a backslash: three decimal digits, or one character that is none.
func escaped(text string) (octet byte, width int, err error) {
	if text == "" {
		return 0, 0, errors.New("it ends in a backslash")
	}
	if text[0] < '0' || text[0] > '9' {
		if text[0] < ' ' || text[0] > '~' {
			return 0, 0, fmt.Errorf("it has the octet %d after a backslash", text[0])
		}
		return text[0], 1, nil
	}
	value := 0
	for i := range 3 {
		if i >= len(text) || text[i] < '0' || text[i] > '9' {
			return 0, 0, errors.New("it has a backslash with fewer than three digits")
		}
		value = value*10 + int(text[i]-'0')
	}
	if value > 255 {
		return 0, 0, fmt.Errorf("it has the escape \\%d, which is no octet", value)
	}
	return byte(value), 3, nil
}

// presented is the name whose labels these are.
func presented(labels []byte) (string, error) {
	if len(labels) > 254 {
		return "", errors.New("it has more than 255 octets")
	}
	name, _, err := dns.UnpackDomainName(append(labels, 0), 0)
	return name, err
}
