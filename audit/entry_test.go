package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"
)

// testKey is a fixed key, so that entries and golden bytes are the same in each run.
func testKey(t testing.TB, n byte) *Key {
	t.Helper()
	k, err := GenerateKey(bytes.NewReader(bytes.Repeat([]byte{n}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testEntry(n uint64) Entry {
	return Entry{
		AuditID: ID(n), Action: "kill", Target: "lex-2", Actor: "cli:mira", Reason: `blocks the "release"`,
		PrivacyClass: "paired-peers-only", TsMicros: 1_795_255_946_000_000 + int64(n), Seq: 40 + n,
		PrevHead: strings.Repeat("ab", 32),
	}
}

func mustSign(t testing.TB, k *Key, e Entry) []byte {
	t.Helper()
	stored, _, err := Sign(k, e)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestStoredBytesAreFixed(t *testing.T) {
	k := testKey(t, 1)
	e := testEntry(191)
	e.Detail = map[string]string{"original_priority": "normal", "new_priority": "urgent"}
	stored, signed, err := Sign(k, e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"action":"kill","actor":"cli:mira","audit_id":"a-0191",` +
		`"detail":{"new_priority":"urgent","original_priority":"normal"},` + // names in order
		`"key_id":"3475-0f98-bd59-fcfc","prev_head":"` + strings.Repeat("ab", 32) + `",` +
		`"privacy_class":"paired-peers-only","reason":"blocks the \"release\"","seq":231,` +
		`"signature":"3vX4fQdCydQ5SFsmZ+X/6JejXX/pR5MROcbyy2+9slHY6IikVLXn64o0PArHsRVEPRv9fNXbfQA1EFUQ+A+rAw==","target":"lex-2","ts_micros":1795255946000191}`
	if string(stored) != want {
		t.Errorf("stored\n%s\nwant\n%s", stored, want)
	}
	if len(signed.Signature) != 88 || signed.KeyID != k.ID() {
		t.Errorf("signature %q by %q", signed.Signature, signed.KeyID)
	}
	message, err := SignedBytes(stored)
	if err != nil {
		t.Fatal(err)
	}
	if want := entryDomain + strings.Replace(want, `,"signature":"`+signed.Signature+`"`, "", 1); string(message) != want {
		t.Errorf("signed\n%s\nwant\n%s", message, want)
	}
	// An outsider needs nothing of ours to verify.
	sig, _ := base64.StdEncoding.DecodeString(signed.Signature)
	if !ed25519.Verify(k.Public().Bytes(), message, sig) {
		t.Error("crypto/ed25519 refuses the signature")
	}
	back, err := VerifyStored(stored, k.Public())
	if err != nil || !reflect.DeepEqual(back, signed) {
		t.Errorf("verified %+v, %v; signed %+v", back, err, signed)
	}
}

// genEntry draws any entry that may be signed.
func genEntry(t *rapid.T) Entry {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abcXYZ019 \"\\/<>&'äß中🦊\u0080é\ufffd\ue000{}[]:,-_.@")), 0, 40, -1)
	field := func(name string) string { return "x" + strings.Map(dropControl, text.Draw(t, name)) }
	e := Entry{
		AuditID:      "a-" + rapid.StringMatching(`[0-9a-z]{4,32}`).Draw(t, "id"),
		Action:       rapid.StringMatching(`[a-z][a-z0-9]{0,5}([-_][a-z0-9]{1,5}){0,2}`).Draw(t, "action"),
		Target:       field("target"),
		Actor:        field("actor"),
		Reason:       strings.Map(dropControl, text.Draw(t, "reason")),
		PrivacyClass: rapid.SampledFrom([]string{"local-only", "paired-peers-only", "public-mesh", "unknown"}).Draw(t, "class"),
		TsMicros:     rapid.Int64Range(0, maxSafe).Draw(t, "ts"),
		Seq:          rapid.Uint64Range(1, maxSafe).Draw(t, "seq"),
		PrevHead:     rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "prev"),
	}
	if rapid.Bool().Draw(t, "has detail") {
		e.Detail = rapid.MapOfN(rapid.StringMatching(`[a-z][a-z0-9_]{0,4}[a-z0-9]`).Filter(isName),
			rapid.String(), 1, 5).Draw(t, "detail")
		maps.DeleteFunc(e.Detail, func(_, v string) bool { return len(v) > maxDetailValue })
		if len(e.Detail) == 0 {
			e.Detail = nil
		}
	}
	return e
}

func dropControl(r rune) rune {
	if plain(string(r)) {
		return r
	}
	return -1
}

// TestEncoderIsJCS holds the encoder against an independent implementation of RFC 8785.
func TestEncoderIsJCS(t *testing.T) {
	k := testKey(t, 1)
	rapid.Check(t, func(rt *rapid.T) {
		stored, signed, err := Sign(k, genEntry(rt))
		if err != nil {
			rt.Fatal(err)
		}
		again, err := jcs.Transform(stored)
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(again, stored) {
			rt.Fatalf("not canonical:\n%s\n%s", stored, again)
		}
		back, err := VerifyStored(stored, k.Public())
		if err != nil || !reflect.DeepEqual(back, signed) {
			rt.Fatalf("%+v came back as %+v, %v", signed, back, err)
		}
		// And any JSON reader sees the same values.
		var m map[string]any
		if err := json.Unmarshal(stored, &m); err != nil || m["reason"] != signed.Reason || m["target"] != signed.Target {
			rt.Fatalf("a JSON reader sees %v, %v", m, err)
		}
	})
}

func TestEscapesAreJCS(t *testing.T) {
	for c := range rune(0x300) {
		in, err := json.Marshal(map[string]string{"s": "a" + string(c) + "b"})
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(in)
		if err != nil {
			t.Fatal(err)
		}
		got := append(appendString([]byte(`{"s":`), "a"+string(c)+"b"), '}')
		if !bytes.Equal(got, want) {
			t.Errorf("%U: %s, want %s", c, got, want)
		}
		s := &scanner{b: got}
		s.want(`{"s":`)
		if back := s.string(); s.err != nil || back != "a"+string(c)+"b" {
			t.Errorf("%U reads back as %q, %v", c, back, s.err)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	k := testKey(t, 1)
	for name, spoil := range map[string]func(*Entry){
		"audit_id":      func(e *Entry) { e.AuditID = "191" },
		"action":        func(e *Entry) { e.Action = "Kill" },
		"target":        func(e *Entry) { e.Target = "" },
		"actor":         func(e *Entry) { e.Actor = "a\x1bb" },
		"reason":        func(e *Entry) { e.Reason = strings.Repeat("a", MaxReasonRunes+1) },
		"privacy_class": func(e *Entry) { e.PrivacyClass = "" },
		"ts_micros":     func(e *Entry) { e.TsMicros = -1 },
		"seq":           func(e *Entry) { e.Seq = 1 << 53 },
		"prev_head":     func(e *Entry) { e.PrevHead = strings.Repeat("AB", 32) },
		"detail":        func(e *Entry) { e.Detail = map[string]string{"x": "\xff"} },
	} {
		e := testEntry(1)
		spoil(&e)
		_, _, err := Sign(k, e)
		if got := wantCode(t, err, CodeEntryInvalid); !strings.Contains(got.Text, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := testEntry(1)
	e.KeyID = testKey(t, 2).ID()
	_, _, err := Sign(k, e)
	wantCode(t, err, CodeWrongKey)
	_, _, err = Sign(nil, testEntry(1))
	wantCode(t, err, CodeKeyUnusable)
	_, _, err = Sign(&Key{id: k.ID()}, testEntry(1))
	wantCode(t, err, CodeKeyUnusable)
}

// TestOneSpelling: what means the same to a JSON reader, or nearly, is refused all the same.
func TestOneSpelling(t *testing.T) {
	k := testKey(t, 1)
	e := testEntry(7)
	e.Reason = "tab\u00e9"
	e.Detail = map[string]string{"a": "1\t2", "b": "\x01"}
	good := string(mustSign(t, k, e))
	if _, err := VerifyStored([]byte(good), k.Public()); err != nil {
		t.Fatal(err)
	}
	sub := func(old, now string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, now, 1)
	}
	for name, bad := range map[string]string{
		"empty":             "",
		"trailing space":    good + " ",
		"trailing newline":  good + "\n",
		"trailing record":   good + good,
		"leading space":     " " + good,
		"space inside":      sub(`,"actor"`, `, "actor"`),
		"duplicate member":  sub(`"action":"kill",`, `"action":"kill","action":"kill",`),
		"case variant":      sub(`"action":"kill",`, `"Action":"kill",`),
		"unknown member":    sub(`{"action"`, `{"aaa":1,"action"`),
		"missing member":    sub(`,"target":"lex-2"`, ``),
		"other order":       sub(`"action":"kill","actor":"cli:mira"`, `"actor":"cli:mira","action":"kill"`),
		"escaped letter":    sub(`"kill"`, `"k\u0069ll"`),
		"escaped slash":     sub(`cli:mira`, `cli\/mira`),
		"escaped é":         sub("é", `\u00e9`),
		"long tab":          sub(`1\t2`, `1\u00092`),
		"upper-case escape": sub(`\u0001`, `\U0001`),
		"raw control":       sub(`1\t2`, "1\t2"),
		"lone surrogate":    sub("é", `\ud800`),
		"surrogate bytes":   sub("é", "\xed\xa0\x80"),
		"not UTF-8":         sub("é", "\xff"),
		"number 2^53":       sub(`"seq":47`, `"seq":9007199254740992`),
		"huge number":       sub(`"seq":47`, `"seq":99999999999999999999999`),
		"leading zero":      sub(`"seq":47`, `"seq":047`),
		"fraction":          sub(`"seq":47`, `"seq":47.0`),
		"exponent":          sub(`"seq":47`, `"seq":47e0`),
		"minus zero":        sub(`"seq":47`, `"seq":-0`),
		"quoted number":     sub(`"seq":47`, `"seq":"47"`),
		"seq zero":          sub(`"seq":47`, `"seq":0`),
		"null":              sub(`"lex-2"`, `null`),
		"empty detail":      sub(`{"a":"1\t2","b":"\u0001"}`, `{}`),
		"detail order":      sub(`{"a":"1\t2","b":"\u0001"}`, `{"b":"\u0001","a":"1\t2"}`),
		"detail twice":      sub(`{"a":"1\t2",`, `{"a":"1\t2","a":"1\t2",`),
		"unpadded":          sub(`==","target"`, `","target"`),
		"no signature":      good[:strings.Index(good, `,"signature"`)] + good[strings.Index(good, `,"target"`):],
		"cut off":           good[:len(good)-1],
	} {
		if _, err := VerifyStored([]byte(bad), k.Public()); err == nil {
			t.Errorf("%s is accepted: %s", name, bad)
		}
		if _, err := ParseStored([]byte(bad)); err == nil {
			t.Errorf("%s parses: %s", name, bad)
		}
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	k := testKey(t, 1)
	e := testEntry(7)
	e.Detail = map[string]string{"a": "b"}
	good := mustSign(t, k, e)
	for i := range good {
		for _, mask := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= mask
			if _, err := VerifyStored(bad, k.Public()); err == nil {
				t.Errorf("byte %d ^ %#x is accepted: %s", i, mask, bad)
			}
		}
	}
}

// TestEverythingIsSigned: each field, changed and written canonically, breaks the signature.
func TestEverythingIsSigned(t *testing.T) {
	k := testKey(t, 1)
	base := testEntry(7)
	base.Detail = map[string]string{"a": "b"}
	_, signed, err := Sign(k, base)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Entry){
		"audit_id": func(e *Entry) { e.AuditID = ID(8) }, "action": func(e *Entry) { e.Action = "pause" },
		"target": func(e *Entry) { e.Target = "lex-3" }, "actor": func(e *Entry) { e.Actor = "cli:eve" },
		"reason": func(e *Entry) { e.Reason = "none" }, "privacy_class": func(e *Entry) { e.PrivacyClass = "public-mesh" },
		"ts_micros": func(e *Entry) { e.TsMicros++ }, "seq": func(e *Entry) { e.Seq++ },
		"prev_head": func(e *Entry) { e.PrevHead = strings.Repeat("cd", 32) },
		"detail":    func(e *Entry) { e.Detail = map[string]string{"a": "c"} }, "no detail": func(e *Entry) { e.Detail = nil },
		"key_id": func(e *Entry) { e.KeyID = testKey(t, 2).ID() },
	} {
		e := signed
		change(&e)
		b, at := appendEntry(nil, &e)
		stored := string(b[:at]) + sigOpen + signed.Signature + sigClose + string(b[at:])
		_, err := VerifyStored([]byte(stored), k.Public())
		want := CodeBadSignature
		if name == "key_id" {
			want = CodeWrongKey
		}
		wantCode(t, err, want)
	}
	_, err = VerifyStored(mustSign(t, k, base), testKey(t, 2).Public())
	wantCode(t, err, CodeWrongKey)
	_, err = VerifyStored(mustSign(t, k, base), PublicKey{})
	wantCode(t, err, CodeWrongKey)
}

// TestDomains: a signature made for one purpose is good for no other.
func TestDomains(t *testing.T) {
	k := testKey(t, 1)
	_, signed, err := Sign(k, testEntry(1))
	if err != nil {
		t.Fatal(err)
	}
	b, at := appendEntry(nil, &signed)
	forge := func(message []byte) []byte {
		sig, err := k.sign(message)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(string(b[:at]) + sigOpen + base64.StdEncoding.EncodeToString(sig) + sigClose + string(b[at:]))
	}
	if _, err := VerifyStored(forge(append([]byte(entryDomain), b...)), k.Public()); err != nil {
		t.Fatalf("the forge itself is wrong: %v", err)
	}
	for _, message := range [][]byte{
		b, append([]byte("voxmesh audit entry v2\n"), b...), append([]byte("voxmesh invite v1\n"), b...),
		append([]byte(entryDomain), '\n'), []byte(Head{Origin: "voxmesh/aurelia"}.text()),
	} {
		_, err := VerifyStored(forge(message), k.Public())
		wantCode(t, err, CodeBadSignature)
	}
}

func TestIDs(t *testing.T) {
	for n, want := range map[uint64]string{1: "a-0001", 191: "a-0191", 12345: "a-12345"} {
		if got := ID(n); got != want {
			t.Errorf("ID(%d) = %s", n, got)
		}
		if got, ok := ParseID(want); got != n || !ok {
			t.Errorf("ParseID(%s) = %d, %v", want, got, ok)
		}
	}
	for _, bad := range []string{"", "a-", "a-1", "a-00191", "b-0191", "0191", "a-01x1", "a-+191"} {
		if _, ok := ParseID(bad); ok {
			t.Errorf("ParseID(%q) is accepted", bad)
		}
	}
}

func FuzzParseStored(f *testing.F) {
	k := testKey(f, 1)
	e := testEntry(1)
	f.Add(mustSign(f, k, e))
	e.Detail = map[string]string{"a": "\x00\x1f\"\\", "b": "é🦊"}
	f.Add(mustSign(f, k, e))
	f.Add([]byte(`{"action":"kill"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseStored(b)
		if err != nil {
			return
		}
		out, at := appendEntry(nil, &e)
		again := string(out[:at]) + sigOpen + e.Signature + sigClose + string(out[at:])
		if again != string(b) {
			t.Fatalf("two spellings of one entry:\n%q\n%q", b, again)
		}
		if canonical, err := jcs.Transform(b); err != nil || !bytes.Equal(canonical, b) {
			t.Fatalf("not RFC 8785: %q, %q, %v", b, canonical, err)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k := testKey(b, 1)
	e := testEntry(1)
	message := bytes.Repeat([]byte{'x'}, 400)
	b.Run("entry", func(b *testing.B) {
		b.ReportAllocs()
		var t Tree
		for b.Loop() {
			stored, _, err := Sign(k, e)
			if err != nil {
				b.Fatal(err)
			}
			t.Append(stored)
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := k.sign(message); err != nil {
				b.Fatal(err)
			}
		}
	})
}
