package invite

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Scheme is that of invite URLs.
const Scheme = "vox+invite"

const (
	urlStart = Scheme + "://"
	urlQuery = "?b="
	// maxURL is above the longest invite: a host name of 253 letters, a port, a token.
	maxURL = 512
)

// encoding is base64url without padding. Strict is no more than a seat belt: 45 bytes fill 60 letters to the last bit.
var encoding = base64.RawURLEncoding.Strict()

// URL is an invite as it is handed over. Host is an IPv4 or IPv6 address in its canonical form, without brackets or
// zone, or a host name; Port is never 0.
type URL struct {
	Host  string
	Port  uint16
	Token Token
}

// New makes a URL that Parse accepts, or says why there is none. Error: vox/invite/malformed.
func New(host string, port uint16, token Token) (URL, error) {
	if why := badHost(host); why != "" {
		return URL{}, Malformed(why)
	}
	if port == 0 {
		return URL{}, Malformed("its port is 0")
	}
	return URL{Host: host, Port: port, Token: token}, nil
}

// Addr is host:port for dialling, with an IPv6 address in brackets.
func (u URL) Addr() string { return net.JoinHostPort(u.Host, strconv.Itoa(int(u.Port))) }

// String is the invite itself, secret and all: vox+invite://host:port?b=…, at most 106 letters for an IPv4 host.
func (u URL) String() string {
	b := u.Token.Bytes()
	return urlStart + u.Addr() + urlQuery + encoding.EncodeToString(b[:])
}

// Redacted is the invite without its token, for logs.
func (u URL) Redacted() string { return urlStart + u.Addr() + urlQuery + "…" }

// Format writes the whole invite for %s and %q alone. Every other verb, %v among them, is what logs and errors use:
// there it is Redacted.
func (u URL) Format(f fmt.State, verb rune) {
	switch verb {
	case 's':
		_, _ = io.WriteString(f, u.String())
	case 'q':
		_, _ = io.WriteString(f, strconv.Quote(u.String()))
	default:
		_, _ = io.WriteString(f, u.Redacted())
	}
}

// MarshalJSON is Redacted: whoever wants the invite in JSON asks for its String.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.Redacted()) }

// LogValue is Redacted.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.Redacted()) }

// Parse reads an invite URL; white space around it is a pasting accident and ignored. It accepts what String writes
// and nothing else. Error: vox/invite/malformed.
func Parse(s string) (URL, error) {
	// Anything that long is not a pasted invite, and need not be looked at.
	if len(s) > 8*maxURL {
		return URL{}, Malformed("it is too long")
	}
	s = strings.TrimSpace(s)
	if len(s) > maxURL {
		return URL{}, Malformed("it is too long")
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' {
			return URL{}, Malformed("it holds white space, control characters or letters that no invite has")
		}
	}
	rest, ok := strings.CutPrefix(s, urlStart)
	if !ok {
		return URL{}, Malformed("it does not begin with " + urlStart)
	}
	authority, query, ok := strings.Cut(rest, "?")
	if !ok {
		return URL{}, Malformed("it has no token")
	}
	u, err := parseAuthority(authority)
	if err != nil {
		return URL{}, err
	}
	if u.Token, err = parseQuery(query); err != nil {
		return URL{}, err
	}
	if u.String() != s {
		return URL{}, Malformed("it is not in its canonical form")
	}
	return u, nil
}

// ParsePaste is Parse for what people paste: the URL, the URL in quotes, or the whole install command.
func ParsePaste(s string) (URL, error) {
	if len(s) > 8*maxURL {
		return URL{}, Malformed("it is too long")
	}
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, joinCommand); ok {
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), printFlag))
	}
	for _, q := range []string{"'", `"`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			s = s[1 : len(s)-1]
			break
		}
	}
	return Parse(s)
}

func parseQuery(query string) (Token, error) {
	value, ok := strings.CutPrefix(query, "b=")
	if !ok || strings.ContainsAny(value, "&;=#?%+/") {
		return Token{}, Malformed("after the ? it must have b=, the token and nothing else")
	}
	if len(value) != encoding.EncodedLen(TokenSize) {
		return Token{}, Malformed("its token is too short or too long")
	}
	b, err := encoding.DecodeString(value)
	if err != nil {
		return Token{}, Malformed("its token is damaged")
	}
	return DecodeToken(b)
}

// parseAuthority reads host:port. What is not said here (userinfo, a path, an escape) fails as a host name.
func parseAuthority(s string) (URL, error) {
	at := strings.LastIndexByte(s, ':')
	if at < 0 {
		return URL{}, Malformed("it has no port")
	}
	host, port := s[:at], s[at+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return URL{}, Malformed("its port is not a number from 1 to 65535")
	}
	bracketed := len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']'
	if bracketed {
		host = host[1 : len(host)-1]
	}
	if strings.Contains(host, ":") != bracketed {
		return URL{}, Malformed("an IPv6 address stands in brackets, and nothing else does")
	}
	if why := badHost(host); why != "" {
		return URL{}, Malformed(why)
	}
	return URL{Host: host, Port: uint16(n)}, nil
}

// badHost says what is wrong with a host, or "". A name whose last label is a number must be an IPv4 address in its
// usual form: others, such as 0x7f.1 or 010.1, mean different machines to different programs.
func badHost(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		switch {
		case a.Zone() != "":
			return "an address with a zone means nothing on another machine"
		case a.String() != host:
			return "its address is not in its canonical form"
		case a.IsUnspecified() || a.IsMulticast():
			return "its address is not that of one machine"
		}
		return ""
	}
	if host == "" {
		return "it has no host"
	}
	if len(host) > 253 {
		return "its host name is too long"
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return "its host is neither an address nor a host name"
		}
	}
	if isNumber(labels[len(labels)-1]) {
		return "its host is neither an address nor a host name"
	}
	return ""
}

// isLabel reports whether s is letters, digits, dashes and underscores, with neither end a dash (RFC 1123; local
// networks do have names with underscores).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// isNumber reports whether a resolver may read the label as a number: 7, 010, 0x7f.
func isNumber(label string) bool {
	digits := "0123456789"
	if len(label) > 1 && label[0] == '0' && label[1]|0x20 == 'x' {
		label, digits = label[2:], "0123456789abcdefABCDEF"
	}
	return strings.Trim(label, digits) == ""
}

const (
	joinCommand = "voxmesh join "
	printFlag   = " --print"
)

// InstallCommand joins; the URL is quoted, as a bare ? is a pattern to some shells. No URL holds a quote.
func InstallCommand(u URL) string { return joinCommand + "'" + u.String() + "'" }

// InstallCommandPrint shows what joining would do, and changes nothing.
func InstallCommandPrint(u URL) string { return InstallCommand(u) + printFlag }
