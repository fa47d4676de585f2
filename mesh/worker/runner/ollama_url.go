package runner

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"voxmesh/mesh/fault"
)

// Codes of errors about the model server itself.
const (
	CodeNotLoopback  = "vox/ollama/not-loopback" // its address is not on this machine
	CodeOllamaAbsent = "vox/ollama/absent"       // nothing answers there
	CodeOllamaBroken = "vox/ollama/answer"       // it answers, but not as documented
)

// ollamaPort is the port that the server uses unless told otherwise.
const ollamaPort = "11434"

// parseBase reads an address as OLLAMA_HOST may have it ("host", "host:port", ":port", or a URL) and refuses all that
// does not lead to this machine: the API has no authentication, and prompts are private. An address that means every
// interface (0.0.0.0) is where the server listens; it is reached on loopback.
func parseBase(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	bare := !strings.Contains(s, "://")
	if bare {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.Trim(u.Path, "/") != "" || u.Opaque != "" {
		return nil, notLoopback("the address of the model server cannot be understood")
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip = ip.Unmap(); ip.IsUnspecified() {
			ip = netip.MustParseAddr("127.0.0.1")
		}
		if !ip.IsLoopback() {
			return nil, notLoopback("the model server %s is not on this machine", sentence("%s", host))
		}
		host = ip.String()
	} else if !strings.EqualFold(host, "localhost") {
		return nil, notLoopback("the model server %s is not on this machine", sentence("%s", host))
	}
	if port == "" && bare {
		port = ollamaPort
	}
	base := &url.URL{Scheme: u.Scheme, Host: host}
	if port != "" {
		base.Host = net.JoinHostPort(host, port)
	} else if strings.Contains(host, ":") {
		base.Host = "[" + host + "]"
	}
	return base, nil
}

func notLoopback(format string, args ...any) error {
	return fault.New(CodeNotLoopback, format, args...).
		WithHint("only a server on this machine is used: set OLLAMA_HOST to 127.0.0.1:%s, or unset it", ollamaPort)
}

// loopbackClient connects to loopback only, whatever a name resolves to, through no proxy, and follows no redirect.
// It keeps no connection: a run leaves nothing behind.
func loopbackClient() *http.Client {
	dialer := &net.Dialer{
		Timeout: 2 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !to.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%s is not on this machine", address)
			}
			return nil
		},
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true, // loopback gains nothing by it, and a bomb needs it
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
