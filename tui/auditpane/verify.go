package auditpane

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/mesh/clean"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// verification is the last look at the whole log, or the one that is under way.
type verification struct {
	generation uint64 // of the one under way; 0: none
	lines      *atomic.Uint64
	of         uint64
	began      time.Time

	done   bool
	report audit.Report
	took   time.Duration
	err    error
}

// allVerified brings its end.
type allVerified struct {
	generation uint64
	report     audit.Report
	took       time.Duration
	err        error
}

// broken reports whether something was found.
func (v *verification) broken() bool { return v.done && v.err == nil && !v.report.OK() }

func (p *Pane) refuseVerify() string {
	switch {
	case !p.s.World.Lost.IsZero():
		return "the host is lost; r tries again"
	case p.all.generation != 0:
		return "it is under way"
	}
	return ""
}

// verifyAll begins to verify the whole log in a command. What the command counts is shown once a second.
func (p *Pane) verifyAll() tea.Cmd {
	if p.refuseVerify() != "" {
		return nil
	}
	gen, now := p.s.Generation(), p.s.Now
	v := verification{generation: gen, lines: new(atomic.Uint64), of: max(p.known.acts, p.laid), began: now()}
	p.all = v
	ctx, rec := p.ctx, p.rec
	return func() tea.Msg {
		report, err := verifyLog(ctx, rec, v.lines)
		if ctx.Err() != nil {
			return nil
		}
		return allVerified{gen, report, now().Sub(v.began), err}
	}
}

// verifyLog verifies what an auditor would be given: the export, by the public key alone. lines counts what was read of
// it.
func verifyLog(ctx context.Context, rec Records, lines *atomic.Uint64) (audit.Report, error) {
	pub, err := rec.AuditPublicKey()
	if err != nil {
		return audit.Report{}, err
	}
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = r.CloseWithError(ctx.Err()) })
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.CloseWithError(rec.ExportAudit(w))
	}()
	report, err := audit.VerifyExport(counting{r, lines}, pub)
	_ = r.Close()
	<-ended
	return report, err
}

// counting counts the lines that are read through it.
type counting struct {
	r     io.Reader
	lines *atomic.Uint64
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.lines.Add(uint64(bytes.Count(b[:n], []byte{'\n'})))
	return n, err
}

// verified takes in the end of a verification: entries that it found are marked.
func (p *Pane) verified(m allVerified) pane.Action {
	if m.generation != p.all.generation {
		return nil
	}
	p.all = verification{done: true, report: m.report, took: m.took, err: m.err}
	for _, bad := range m.report.Problems {
		for _, e := range p.known.rows {
			if bad.Line > 0 && e.raw.AuditID == bad.AuditID && e.raw.Seq == bad.Seq {
				e.mark, e.why = broken, clean.Line(bad.Text).String()
			}
		}
	}
	p.attend()
	return nil
}

// line is what the border says of it.
func (v *verification) line(now time.Time) (string, theme.Style) {
	switch {
	case v.generation != 0:
		n := v.lines.Load()
		if n > 0 {
			n-- // the first line of an export is no entry
		}
		return fmt.Sprintf("verifying %s of %s%s", grouped(n), grouped(max(n, v.of)), rate(n, now.Sub(v.began))), theme.In(theme.Waiting)
	case !v.done:
		return "", theme.Style{}
	case v.err != nil:
		return "✗ not verified: " + clean.Line(v.err.Error()).String(), theme.In(theme.Failed)
	case v.report.OK():
		text := "✓ " + grouped(v.report.Entries) + " entries" + rate(v.report.Entries, v.took)
		return fmt.Sprintf("%s, root %x", text, v.report.Root[:8]), theme.In(theme.OK)
	}
	var names []string
	for _, b := range v.report.Problems {
		names = append(names, clean.Line(b.String()).String())
	}
	text := fmt.Sprintf("✗ %s of %s not as signed: ", grouped(v.report.Failed), grouped(v.report.Entries))
	if v.report.Failed == 0 {
		text = "✗ the log is not whole: "
	}
	return text + strings.Join(names, "; "), theme.In(theme.Failed)
}

// rate is how many there were in a second, in a round number; of next to no time nothing can be said.
func rate(n uint64, took time.Duration) string {
	if took < time.Millisecond || n == 0 {
		return ""
	}
	a, unit := uint64(float64(n)/took.Seconds()), uint64(1)
	for a/unit >= 100 {
		unit *= 10
	}
	return ", " + grouped((a+unit/2)/unit*unit) + " a second"
}

// grouped writes a number with a comma before every three digits.
func grouped(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
