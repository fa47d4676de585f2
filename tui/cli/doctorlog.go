package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/tui/sshd"
)

// readAtOnce is how much of a log the doctor reads while somebody waits for it: that takes about a second. Of a larger one
// it says when it was last verified.
const readAtOnce = 128 << 20

// logFacts are what the doctor looks at, as `voxmesh oplog stats` tells them: a host that runs is asked for them.
type logFacts struct {
	Ops       uint64        `json:"ops"`
	Memos     uint64        `json:"memos"`
	OpBytes   uint64        `json:"op_bytes"`
	FirstAt   int64         `json:"first_at_micros"`
	FileBytes int64         `json:"file_bytes"`
	Free      float64       `json:"freelist_share"`
	Broken    string        `json:"broken"`
	Verified  *verifiedView `json:"verified"`
}

// checkLog looks whether the log is sound. It leaves it open for checkAudit, which comes next.
func (a *app) checkLog(ctx context.Context, dir string) checkView {
	f, inUse, err := a.logFacts(ctx, dir)
	if err == nil && !inUse && f.OpBytes <= readAtOnce {
		f.Verified, err = a.readLog(ctx)
	}
	if err != nil {
		_, hint := fault.Of(err)
		return checkView{Check: "op-log", Result: "problem", Detail: err.Error(), Mend: hint}
	}
	return f.check(inUse, time.Now())
}

// logFacts asks the host that runs, or else opens the log.
func (a *app) logFacts(ctx context.Context, dir string) (f logFacts, inUse bool, err error) {
	if c, err := sshd.Dial(ctx, dir); err == nil {
		defer c.Close()
		err := askHost(ctx, c, &f, "oplog", "stats")
		return f, true, err
	}
	s, err := a.src()
	if err != nil {
		return f, false, err
	}
	st, err := s.LogStats()
	if err != nil {
		return f, false, err
	}
	b, err := json.Marshal(statsView(st))
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	return f, false, err
}

// askHost has the host answer a command, and reads what it says.
func askHost(ctx context.Context, c *sshd.Client, v any, args ...string) error {
	var out, errs bytes.Buffer
	if _, err := c.Run(ctx, sshd.RunOptions{Args: append(args, "--json"), Stdout: &out, Stderr: &errs}); err != nil {
		return err
	}
	env := struct {
		Data  any
		Error *struct{ Code, Message, Hint string }
	}{Data: v}
	if err := json.Unmarshal(out.Bytes(), &env); err != nil {
		return fmt.Errorf("ask the host: %s", cleanText(errs.String()))
	}
	if env.Error != nil {
		return fault.New(env.Error.Code, "%s", env.Error.Message).WithHint("%s", env.Error.Hint)
	}
	return nil
}

// readLog verifies the whole log.
func (a *app) readLog(ctx context.Context) (*verifiedView, error) {
	s, err := a.src()
	if err != nil {
		return nil, err
	}
	rep, err := s.VerifyLog(ctx, nil)
	if err == nil {
		err = notGood(rep)
	}
	return &verifiedView{AtMicros: s.Now().UnixMicro(), Ops: rep.Ops}, err
}

// check judges what is known of a log.
func (f logFacts) check(inUse bool, now time.Time) checkView {
	c := checkView{Check: "op-log", Result: "ok", Detail: fmt.Sprintf("%d ops, %d memos, %s", f.Ops, f.Memos, bytesText(f.FileBytes))}
	if inUse {
		c.Detail += ", in use by the host"
	}
	if f.Broken != "" {
		c.Result, c.Detail, c.Mend = "problem", f.Broken, "start the host again when the disk is well"
		return c
	}
	v := f.Verified
	if v != nil && v.Problem != "" {
		c.Result, c.Detail, c.Mend = "problem", fmt.Sprintf("verified %s: %s", at(v.AtMicros), v.Problem), "voxmesh oplog verify"
		return c
	}
	since, what := f.FirstAt, "never verified as a whole, and begun"
	if v != nil {
		since, what = v.AtMicros, "last verified"
	}
	switch age := now.Sub(time.UnixMicro(since)); {
	case f.Ops > 0 && age > staleCheck:
		c.Result, c.Mend = "note", "voxmesh oplog verify"
		c.Detail += fmt.Sprintf("; %s, %d days ago", what, int(age.Hours())/24)
	case v != nil:
		c.Detail += "; all good " + at(v.AtMicros)
	}
	if f.Free > muchFree && f.FileBytes > worthCompacting {
		c.Detail += "; " + percent(f.Free) + " of the file is free"
		if c.Result == "ok" {
			c.Result, c.Mend = "note", "while no host runs: voxmesh oplog compact"
		}
	}
	return c
}

// checkAudit checks the signed entries, and gives the log back.
func (a *app) checkAudit(ctx context.Context, _ string) checkView {
	defer a.closeReader()
	c := checkView{Check: "audit log", Result: "ok"}
	s, err := a.src()
	if err != nil {
		c.Result, c.Detail = "note", "not looked at: "+err.Error()
		if fault.Is(err, "vox/oplog/locked") {
			c.Detail, c.Mend = "ask the host that runs", "voxmesh audit verify"
		}
		return c
	}
	rep, err := s.VerifyAudit(ctx)
	switch {
	case fault.Is(err, "vox/audit/no-key"):
		c.Result, c.Detail = "note", "no host ran yet"
	case err != nil:
		c.Result, c.Detail = "problem", err.Error()
	case !rep.OK():
		c.Result, c.Detail, c.Mend = "problem", rep.Problems[0].String(), "voxmesh audit verify"
	default:
		c.Detail = fmt.Sprintf("%d entries, all signatures good", rep.Entries)
	}
	return c
}

// closeReader gives the log back, so that a host can start.
func (a *app) closeReader() {
	if a.reader != nil {
		_ = a.reader.Close() // nothing was written
		a.reader = nil
	}
}
