package cli

import (
	"fmt"
	"io"
	"time"
)

const (
	// paceAfter is how long a piece of work may take without a word about how far it is.
	paceAfter = 300 * time.Millisecond
	paceEvery = 200 * time.Millisecond
)

// pace tells how far a long piece of work on ops is, how fast, and how long it has yet to go.
type pace struct {
	what  string    // such as "verify"
	w     io.Writer // nil: nobody looks
	now   func() time.Time
	bytes int64 // of all that is gone through; 0: not known

	began time.Time
	last  time.Time
	first uint64 // how far it was when it was first heard of
	heard bool
	shown bool
}

// pace begins to measure a piece of work, and draws how far it is where somebody looks.
func (a *app) pace(what string, bytes int64) *pace {
	p := &pace{what: what, now: time.Now, bytes: bytes}
	if a.talks() {
		p.w = a.err
	}
	p.began = p.now()
	return p
}

// step is told now and then how far it is.
func (p *pace) step(done, total uint64) {
	if p.w == nil || total == 0 {
		return
	}
	if !p.heard {
		p.heard, p.first = true, done
	}
	now := p.now()
	if now.Sub(p.began) < paceAfter || done < total && now.Sub(p.last) < paceEvery {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.w, "\r%s\x1b[K", p.line(done, total, now.Sub(p.began)))
}

func (p *pace) line(done, total uint64, took time.Duration) string {
	if done >= total {
		return fmt.Sprintf("%s: all %d ops are behind it, finishing", p.what, total)
	}
	worked, secs := done-min(p.first, done), took.Seconds()
	text := fmt.Sprintf("%s %d of %d ops (%d %%)", p.what, done, total, done*100/total)
	if worked == 0 || secs <= 0 {
		return text
	}
	rate := float64(worked) / secs
	text += fmt.Sprintf(", %.0f ops/s", rate)
	if p.bytes > 0 {
		text += fmt.Sprintf(", %s/s", bytesText(int64(float64(p.bytes)/float64(total)*rate)))
	}
	if left := time.Duration(float64(total-done) / rate * float64(time.Second)); left >= time.Second {
		text += fmt.Sprintf(", %s left", leftText(left))
	}
	return text
}

// leftText writes a guess as roughly as it is meant.
func leftText(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < 100*time.Minute:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
}

// end takes away what was drawn, and says how long it took.
func (p *pace) end() time.Duration {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	return p.now().Sub(p.began)
}

// rate is n in a time, by the second; 0 where the time is too short to say.
func rate(n uint64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}
