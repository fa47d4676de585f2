// Package otlp tells a collector what happened in a mesh: the spans of every run, as OpenTelemetry has them.
//
// It reads what the host recorded and changes nothing. A run is exported once, when it has ended, whole, with the spans
// that came from its workers; ids are those of the run, so that whoever gets it twice can tell. Runs that had ended before
// the exporter began are left alone. Where no collector answers the runs wait, a bounded number of them, and nothing else
// is slowed down; that is said once in the log, and once when the collector is back.
//
// Where it goes is asked of the environment alone, as the OpenTelemetry specification has it (protocol/exporter and
// configuration/sdk-environment-variables): OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE
// and their _TRACES_ forms, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_EXPORTER, OTEL_SDK_DISABLED. Headers
// may hold secrets: nothing of them is logged or stands in an error. The protocol is http/protobuf.
//
// LOCAL work stays on this machine: unless the collector is on it too, runs of that class are not exported, and in those
// of another class the LOCAL activities carry neither titles nor errors.
package otlp

import (
	"net"
	"net/url"
	"strings"

	"voxmesh/mesh/fault"
)

// The codes of what is wrong with the configuration.
const (
	CodeProtocol = "vox/otlp/protocol" // another protocol than http/protobuf is asked for
	CodeEndpoint = "vox/otlp/endpoint" // the collector's address cannot be understood
	CodeHeaders  = "vox/otlp/headers"  // the headers cannot be understood
)

const (
	envEndpoint = "ENDPOINT"
	envProtocol = "PROTOCOL"
	envHeaders  = "HEADERS"
)

// option is a variable of the exporter, the one for traces before the one for all.
func option(getenv func(string) string, name string) string {
	if v := strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_TRACES_" + name)); v != "" {
		return v
	}
	return strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_" + name))
}

// Configured reports whether the environment asks for an export: it names a collector, and does not switch traces off.
func Configured(getenv func(string) string) bool {
	if strings.EqualFold(strings.TrimSpace(getenv("OTEL_SDK_DISABLED")), "true") {
		return false
	}
	switch strings.TrimSpace(getenv("OTEL_TRACES_EXPORTER")) {
	case "", "otlp":
		return option(getenv, envEndpoint) != ""
	}
	return false
}

// check gives the collector's host:port, or what is wrong with the configuration.
func check(getenv func(string) string) (host string, err error) {
	switch p := option(getenv, envProtocol); p {
	case "", "http/protobuf":
	default:
		return "", fault.New(CodeProtocol, "OTEL_EXPORTER_OTLP_PROTOCOL asks for a protocol that is not spoken here").
			WithHint("set it to http/protobuf, and the endpoint to the collector's port for that, mostly 4318")
	}
	u, err := url.Parse(option(getenv, envEndpoint))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fault.New(CodeEndpoint, "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address").
			WithHint("such as http://127.0.0.1:4318")
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		if !headersFit(getenv(name)) {
			return "", fault.New(CodeHeaders, "%s is no list of name=value, separated by commas", name).
				WithHint("values are percent-encoded, as in W3C Baggage")
		}
	}
	return u.Host, nil
}

// headersFit reports whether a list of headers can be read. It is asked before the SDK reads them, which would log what
// it cannot.
func headersFit(list string) bool {
	if strings.TrimSpace(list) == "" {
		return true
	}
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if _, err := url.PathUnescape(value); !ok || err != nil || !token(strings.TrimSpace(name)) {
			return false
		}
	}
	return true
}

// token reports whether s is one by RFC 9110, section 5.6.2.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// here reports whether a host:port is this machine's own.
func here(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
