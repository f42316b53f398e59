package dadns

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// record is the one record that a row says, or why it says none or several. What comes out has been
// through the form of messages once, so it fits into one, and is spelled as it will be answered.
func record(owner, typeName, data string, ttl int64) (dns.RR, error) {
	rtype, err := recordType(typeName)
	if err != nil {
		return nil, err
	}
	if ttl < 0 || ttl > math.MaxInt32 {
		return nil, fmt.Errorf("its TTL is %d", ttl)
	}
	if err := oneLine(data); err != nil {
		return nil, err
	}
	// The owner stands in nothing that is parsed, and the type comes from the table of types: so
	// the data can only be the RDATA. No origin: a name that is not absolute is an error.
	line := ". " + strconv.FormatInt(ttl, 10) + " IN " + dns.Type(rtype).String() + " " + data + "\n"
	parser := dns.NewZoneParser(strings.NewReader(line), "", "")
	rr, ok := parser.Next()
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("its data is no RDATA of that type: %s", reason(err))
	}
	if !ok {
		return nil, errors.New("its data is empty")
	}
	if _, more := parser.Next(); more || parser.Err() != nil {
		return nil, errors.New("its data holds more than one record")
	}
	return throughWire(rr, owner, rtype, uint32(ttl))
}

// recordType is the type that a mnemonic or TYPEnnn (RFC 3597 section 5) names, if zones have it.
func recordType(name string) (uint16, error) {
	rtype, known := dns.StringToType[strings.ToUpper(name)]
	if digits, generic := strings.CutPrefix(strings.ToUpper(name), "TYPE"); !known && generic {
		number, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return 0, errors.New("its type is unknown")
		}
		rtype, known = uint16(number), true
	}
	if !known {
		return 0, errors.New("its type is unknown")
	}
	// 128 to 255 are questions and hop-by-hop (RFC 6895 section 3.1), 0 and 65535 are reserved.
	if rtype == dns.TypeNone || rtype == dns.TypeOPT || rtype >= 128 && rtype <= 255 || rtype == dns.TypeReserved {
		return 0, errors.New("no zone has records of its type")
	}
	return rtype, nil
}

// oneLine refuses what could end the record, or hide the rest of it: control characters, and
// comments. A semicolon that belongs to the data is quoted or escaped.
func oneLine(data string) error {
	quoted := false
	for i := 0; i < len(data); i++ {
		switch octet := data[i]; {
		case octet < ' ' && octet != '\t' || octet == 0x7f:
			return fmt.Errorf("its data has the control character %d", octet)
		case octet == '\\':
			i++
			if i < len(data) && (data[i] < ' ' || data[i] == 0x7f) {
				return fmt.Errorf("its data has the control character %d", data[i])
			}
		case octet == '"':
			quoted = !quoted
		case octet == ';' && !quoted:
			return errors.New("its data has a semicolon that is neither quoted nor escaped")
		}
	}
	return nil
}

// throughWire writes rr as in a message and reads it back as a record of owner.
func throughWire(rr dns.RR, owner string, rtype uint16, ttl uint32) (dns.RR, error) {
	wire := make([]byte, dns.Len(rr)+1)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, fmt.Errorf("its data does not fit into a message: %s", reason(err))
	}
	back, _, err := dns.UnpackRR(wire[:end], 0)
	if err != nil {
		return nil, fmt.Errorf("its data is no RDATA of that type: %s", reason(err))
	}
	header := back.Header()
	if header.Rrtype != rtype || header.Class != dns.ClassINET || header.Ttl != ttl {
		return nil, errors.New("its data is that of another type, class or TTL")
	}
	if _, generic := rr.(*dns.RFC3597); header.Rdlength == 0 && !generic {
		return nil, errors.New("its data is empty")
	}
	header.Name = owner
	return back, nil
}

// reason is what the library says of an error, fit for one line of a log.
func reason(err error) string {
	const most = 200
	text := strconv.QuoteToASCII(err.Error())
	if len(text) > most {
		text = text[:most] + `..."`
	}
	return text
}
