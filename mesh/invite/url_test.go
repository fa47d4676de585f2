package invite

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"rsc.io/qr"
)

func mustURL(t testing.TB, host string, port uint16, tok Token) URL {
	t.Helper()
	u, err := New(host, port, tok)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestURLText(t *testing.T) {
	tok := testToken(t)
	const b = "FWsC25gAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhdMTExMTExMTExMTExMTExM"
	for _, tc := range []struct {
		host string
		port uint16
		want string
	}{
		{"192.0.2.7", 7420, "vox+invite://192.0.2.7:7420?b=" + b},
		{"2001:db8::7", 1, "vox+invite://[2001:db8::7]:1?b=" + b},
		{"::1", 7420, "vox+invite://[::1]:7420?b=" + b},
		{"mira-desk.local", 65535, "vox+invite://mira-desk.local:65535?b=" + b},
		{"3dprinter", 7420, "vox+invite://3dprinter:7420?b=" + b},
		{"my_nas", 7420, "vox+invite://my_nas:7420?b=" + b},
		{"127.0.0.1", 7420, "vox+invite://127.0.0.1:7420?b=" + b},
	} {
		u := mustURL(t, tc.host, tc.port, tok)
		if u.String() != tc.want {
			t.Errorf("%s\nwant\n%s", u.String(), tc.want)
		}
		for _, pasted := range []string{tc.want, " " + tc.want, tc.want + "\r\n", "\t\n" + tc.want + " \n"} {
			back, err := Parse(pasted)
			if err != nil || back != u {
				t.Errorf("%q: %v, %v", pasted, back, err)
			}
		}
	}
	u := mustURL(t, "192.0.2.7", 7420, tok)
	if got, want := InstallCommand(u), "voxmesh join '"+u.String()+"'"; got != want {
		t.Errorf("command %s", got)
	}
	if got, want := InstallCommandPrint(u), "voxmesh join '"+u.String()+"' --print"; got != want {
		t.Errorf("command %s", got)
	}
	for _, pasted := range []string{
		u.String(), InstallCommand(u), InstallCommandPrint(u), "'" + u.String() + "'", `"` + u.String() + `"`,
		"  voxmesh join " + u.String() + " --print\n",
	} {
		if back, err := ParsePaste(pasted); err != nil || back != u {
			t.Errorf("%q: %v, %v", pasted, back, err)
		}
	}
	for _, pasted := range []string{"", "'", "''", "voxmesh join ", "voxmesh join '' --print", "rm -rf / " + u.String(), "'" + u.String()} {
		_, err := ParsePaste(pasted)
		wantCode(t, err, CodeMalformed)
	}
}

// TestTheLongestIPv4InviteFitsTheScreen: 106 letters are what a QR code of 37 modules holds.
func TestTheLongestIPv4InviteFitsTheScreen(t *testing.T) {
	u := mustURL(t, "255.255.255.255", math.MaxUint16, testToken(t)).String()
	if len(u) > 106 {
		t.Errorf("%d letters: %s", len(u), u)
	}
	code, err := qr.Encode(u, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	if code.Size > 37 {
		t.Errorf("the QR code has %d modules", code.Size)
	}
}

func TestParseRefuses(t *testing.T) {
	good := mustURL(t, "192.0.2.7", 7420, testToken(t)).String()
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	b := good[strings.Index(good, "=")+1:]
	sub := func(old, now string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, now, 1)
	}
	host := func(h string) string { return sub("192.0.2.7", h) }
	for name, bad := range map[string]string{
		"empty": "", "space": " ", "scheme only": "vox+invite://", "web": sub("vox+invite", "https"), "upper-case scheme": sub("vox+invite", "VOX+invite"),
		"no slashes": sub("://", ":"), "userinfo": host("user:pw@192.0.2.7"), "user": host("user@192.0.2.7"),
		"hidden host": sub("192.0.2.7:7420", "user:pw@host:4222@evil:1"), "path": sub("?", "/?"), "long path": sub("?", "/join?"),
		"fragment": good + "#x", "empty fragment": good + "#", "repeated key": good + "&b=" + b, "other key": good + "&c=1", "unknown key": sub("?b=", "?c="),
		"key before": sub("?b=", "?a=1&b="), "semicolon": good + ";b=1", "second query": good + "?b=" + b, "no query": good[:strings.Index(good, "?")],
		"no value": good[:strings.Index(good, "=")+1], "no key": sub("b=", ""), "percent": sub("?b=F", "?b=%46"), "percent key": sub("?b=", "?%62="), "percent host": host("192.0.2%2e7"),
		"space inside": sub("?", " ?"), "newline inside": sub("?", "\n?"), "tab in token": sub("FW", "F\tW"), "escape": good + "\x1b[2J", "NUL": good + "\x00", "DEL": good + "\x7f",
		"bidi": "\u202e" + good, "zero width": sub("?", "\u200b?"), "fullwidth": host("１92.0.2.7"), "IDN": host("bücher.example"),
		"padding": good + "=", "padded quad": good + "====", "standard base64": sub("FWsC", "FW+/"), "short token": good[:len(good)-1], "shorter token": good[:len(good)-4],
		"long token": good + "A", "longer token": good + "AAAA", "version 0": sub("b=F", "b=A"), "version 2": sub("b=F", "b=I"),
		"port 0": sub(":7420", ":0"), "no port": sub(":7420", ""), "empty port": sub(":7420", ":"), "port 65536": sub(":7420", ":65536"), "port 07420": sub(":7420", ":07420"),
		"port +7420": sub(":7420", ":+7420"), "port -1": sub(":7420", ":-1"), "port name": sub(":7420", ":http"), "two ports": sub(":7420", ":1:7420"),
		"no host": host(""), "dot": host("."), "trailing dot": host("a."), "leading dot": host(".a"), "dash": host("-a"), "dash at the end": host("a-"),
		"bare IPv6": host("2001:db8::7"), "long IPv6": host("[2001:0db8::7]"), "upper-case IPv6": host("[2001:DB8::7]"), "zone": host("[fe80::1%25eth0]"), "raw zone": host("[fe80::1%eth0]"),
		"IPv4 in brackets": host("[192.0.2.7]"), "name in brackets": host("[mira]"), "open bracket": host("[::1"), "empty brackets": host("[]"), "brackets twice": host("[[::1]]"),
		"octal": host("010.1.1.1"), "leading zero": host("192.0.2.07"), "two numbers": host("127.1"), "one number": host("2130706433"), "hex": host("0x7f.1"), "hex last": host("a.0x1"),
		"bare 0x": host("a.0x"), "256": host("256.1.1.1"), "five numbers": host("1.2.3.4.5"), "any": host("0.0.0.0"), "any IPv6": host("[::]"), "multicast": host("224.0.0.1"),
		"slash host": host(`a\b`), "long label": host(strings.Repeat("a", 64)), "long name": host(strings.Repeat("a.", 127) + "a"), "over-long": good + strings.Repeat("A", 600),
		"vast": strings.Repeat(" ", 5000) + good,
	} {
		u, err := Parse(bad)
		if err == nil {
			t.Errorf("%s is accepted: %q gives %s", name, bad, u.Redacted())
			continue
		}
		e := wantCode(t, err, CodeMalformed)
		if strings.Contains(e.Error()+e.Hint, b[18:38]) || strings.ContainsAny(e.Error()+e.Hint, "\x1b\x00\u202e") {
			t.Errorf("%s: the error repeats what it refuses: %v", name, e)
		}
	}
	if _, err := Parse(host(strings.Repeat("a.", 126) + "a")); err != nil {
		t.Errorf("the longest host name: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, host := range []string{"", "[::1]", "a b", "a/b", "0.0.0.0", "::", "fe80::1%eth0", "a:1", "127.1", "é"} {
		_, err := New(host, 7420, testToken(t))
		wantCode(t, err, CodeMalformed)
	}
	_, err := New("mira", 0, testToken(t))
	wantCode(t, err, CodeMalformed)
}

// TestEveryChangedLetterIsNoticed tries every other letter at every place of the token: none is lost on the host.
func TestEveryChangedLetterIsNoticed(t *testing.T) {
	u := mustURL(t, "192.0.2.7", 7420, testToken(t))
	good := u.String()
	start := strings.Index(good, "=") + 1
	seen := map[Token]bool{u.Token: true}
	for i := start; i < len(good); i++ {
		for _, c := range []byte(alphabet + "=+/. ") {
			if c == good[i] {
				continue
			}
			back, err := Parse(good[:i] + string(c) + good[i+1:])
			if err != nil {
				continue
			}
			if seen[back.Token] {
				t.Fatalf("%c at %d gives a token that another URL gives", c, i)
			}
			seen[back.Token] = true
		}
	}
	if len(seen) < 59*63 {
		t.Errorf("only %d variants were read", len(seen))
	}
}

func TestAnyURLRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,20}[a-zA-Z0-9_])?(\.[a-z]{1,9}){0,3}`),
			rapid.StringMatching(`[1-9][0-9]?\.[0-9]\.1[0-9]{2}\.[0-9]`),
			rapid.StringMatching(`[2-9a-e][0-9a-f]{3}:[1-9a-f]{1,4}::[1-9a-f]{1,4}`),
		).Draw(t, "host")
		b := rapid.SliceOfN(rapid.Byte(), TokenSize, TokenSize).Draw(t, "token")
		b[0] = tokenVersion<<4 | b[0]&15
		tok, err := DecodeToken(b)
		if err != nil {
			t.Fatal(err)
		}
		u, err := New(host, rapid.Uint16Min(1).Draw(t, "port"), tok)
		if err != nil {
			return // 0x1 and the like
		}
		back, err := Parse(u.String())
		if err != nil || back != u {
			t.Fatalf("%s came back as %s, %v", u.String(), back.String(), err)
		}
	})
}

func FuzzParse(f *testing.F) {
	tok := testToken(f)
	for _, host := range []string{"192.0.2.7", "::1", "mira.local"} {
		u := mustURL(f, host, 7420, tok)
		f.Add(u.String())
		f.Add(" " + InstallCommandPrint(u))
	}
	f.Add("vox+invite://user:pw@host:4222@evil:1?b=abc&b=def")
	f.Add("vox+invite://[fe80::1%25eth0]:1?b=")
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := Parse(s); err == nil {
			if u.String() != strings.TrimSpace(s) {
				t.Fatalf("%q reads as %q", s, u.String())
			}
			if again, err := New(u.Host, u.Port, u.Token); err != nil || again != u {
				t.Fatalf("%q: New refuses it: %v", s, err)
			}
		}
		if u, err := ParsePaste(s); err == nil && !strings.Contains(s, u.String()) {
			t.Fatalf("%q pasted reads as %q", s, u.String())
		}
	})
}
