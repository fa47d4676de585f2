package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
)

// show prints data: as one envelope with --json, else as human writes it.
func (a *app) show(data any, human func(w io.Writer)) error {
	if a.json {
		return writeJSON(a.out, envelope{V: 1, Data: data})
	}
	var b bytes.Buffer
	human(&b)
	_, err := io.WriteString(a.out, clean.Block(b.String()).String())
	return err
}

// envelope is what --json prints.
type envelope struct {
	V     int        `json:"v"`
	Data  any        `json:"data,omitzero"`
	Error *errorView `json:"error,omitempty"`
}

// errorView is a fault in an envelope.
type errorView struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Diff    string `json:"diff,omitempty"` // of vox/policy/changed-underneath
}

// writeJSON writes one line of JSON in which nothing can drive a terminal: what clean would take away is escaped, and
// so is not lost.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	_, err := w.Write(escapeUnsafe(b.Bytes()))
	return err
}

// escapeUnsafe turns characters that are unsafe on a terminal into \u escapes. In JSON such characters can stand in
// strings only, so the result means the same.
func escapeUnsafe(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\n' || clean.Safe(r):
			out = append(out, b[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out
}

func cleanText(s string) string { return clean.Line(s).String() }

// table writes rows in columns. The first row is the head.
func table(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		for i, c := range r {
			r[i] = cleanText(c)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(r, "\t"), "\t"))
	}
	_ = t.Flush()
}

func badge(c privacy.Class) string { return c.Badge() }

func dollars(v float64) string {
	if v != 0 && v < 0.01 && v > -0.01 {
		return fmt.Sprintf("$%.6f", v)
	}
	return fmt.Sprintf("$%.2f", v)
}

func dollarsOpt(v *float64) string {
	if v == nil {
		return "no cap"
	}
	return dollars(*v)
}

func millis(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

func ageOpt(ms *int64) string {
	if ms == nil {
		return "-"
	}
	return millis(*ms)
}

func at(micros int64) string {
	if micros == 0 {
		return "-"
	}
	return time.UnixMicro(micros).Format("2006-01-02 15:04:05")
}

func bytesText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

func or(s *string, none string) string {
	if s == nil || *s == "" {
		return none
	}
	return *s
}
