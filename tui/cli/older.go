package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
)

// older says which page of what ended long ago is wanted.
type older struct {
	before string
	limit  int
}

func (o *older) flags(c *cobra.Command) {
	o.beforeFlag(c)
	c.Flags().IntVar(&o.limit, "limit", 0, "with --before: how many at most (0: 100)")
}

func (o *older) beforeFlag(c *cobra.Command) {
	c.Flags().StringVar(&o.before, "before", "", "what ended before this time (RFC 3339, microseconds, or -24h), newest first")
}

func (o *older) asked() bool { return o.before != "" }

// olderPage shows one page, and on paper how to get the next. In JSON the next page is before the end of the last row.
func olderPage[T any](a *app, o *older, now time.Time, read func(time.Time, int) (mesh.Older[T], error), write func(io.Writer, []T)) error {
	if o.limit < 0 {
		return usage("--limit is not negative")
	}
	t, err := parseTime(o.before, now)
	if err != nil {
		return err
	}
	page, err := read(t, o.limit)
	if err != nil {
		return err
	}
	return a.show(page.Rows, func(w io.Writer) {
		if len(page.Rows) == 0 && page.Next.IsZero() {
			fmt.Fprintf(w, "Nothing ended before %s.\n", at(t.UnixMicro()))
			return
		}
		if len(page.Rows) > 0 {
			write(w, page.Rows)
		}
		if !page.Next.IsZero() {
			fmt.Fprintf(w, "older: --before %d\n", page.Next.UnixMicro())
		}
	})
}
