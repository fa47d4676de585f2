package mesh

import (
	"context"
	"io"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// Suggest asks a model of the mesh what it would make of an item: a job of the item's own class, through the hopper like
// any other. The answer is noted in the trail, in the commit that ends the job, and decides nothing. An empty model is the
// mesh's default. Codes: vox/hopper/unknown, vox/hopper/closed, vox/model/none.
func (h *Host) Suggest(ctx context.Context, actor, item, model string) (Ticket, error) {
	it, err := h.Snapshot().item(item)
	if err != nil {
		return Ticket{}, err
	}
	prompt, _, err := h.PutBlob(strings.NewReader(hopper.SuggestionPrompt(h.wholeIntent(it))), MaxBlob)
	if err != nil {
		return Ticket{}, err
	}
	rec := &JobSubmitted{
		Kind: "text", Runner: "text", Model: clean.Max(model, 80).String(), Prompt: prompt, Class: it.Class,
		Priority: uint8(hopper.Normal), Title: "suggest a priority for " + it.ID, About: it.ID,
	}
	var t Ticket
	err = h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		it, err := next.item(item)
		switch {
		case err != nil:
			return nil, err
		case it.State == hopper.Closed:
			return nil, closedItem(it)
		}
		if rec.Model == "" {
			rec.Model = next.DefaultModel()
		}
		if rec.Model == "" {
			return nil, noModel()
		}
		trace := newTrace()
		drafts := h.admitJob(next, &act{actor: actor}, trace, payloadItem(rec, 0), rec)
		t = Ticket{rec.Item, rec.Job, rec.Run, trace}
		return drafts, nil
	})
	return t, err
}

func noModel() *fault.Error {
	return fault.New("vox/model/none", "no online node has a model").WithHint("name one with --model, or look at voxmesh models")
}

// wholeIntent is all that was said, or what the item holds of it where nothing more was.
func (h *Host) wholeIntent(it *hopper.Item) string {
	if it.Prompt == "" {
		return it.Intent
	}
	b, err := h.blobs.ReadAll(it.Prompt, MaxBlob)
	if err != nil {
		return it.Intent
	}
	return string(b)
}

// suggestion is the op by which a model's answer about an item is noted: next to the end of the job that asked it.
func (h *Host) suggestion(next *State, j *Job, res *JobFinished) []oplog.Draft {
	it, ok := next.hopper.Item(j.About)
	if !ok || j.About == "" || it.State == hopper.Closed || res.Status == Killed {
		return nil
	}
	rec := &ItemSuggested{Item: it.ID, Model: j.Model, Job: j.Job}
	if res.Status == Succeeded && res.Output != "" {
		if p, ok := hopper.ParseSuggestion(h.beginning(res.Output)); ok {
			rec.Priority = uint8(p)
		}
	}
	return []oplog.Draft{draft(KindItemSuggested, "host", j.Trace, rec, itemIndex(it.ID))}
}

// longestAnswer is how much of an answer is read: one byte more than any that counts.
const longestAnswer = 256

// beginning reads as much of a blob as an answer may have.
func (h *Host) beginning(hash string) string {
	r, _, err := h.blobs.Open(hash)
	if err != nil {
		return ""
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, longestAnswer))
	if err != nil {
		return ""
	}
	return string(b)
}
