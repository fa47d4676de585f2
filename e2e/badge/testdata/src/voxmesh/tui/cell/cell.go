package cell

type Style struct{}

type Buffer struct{ W, H int }

func (b *Buffer) Put(x, y, width int, s string, st Style) int    { return x }
func (b *Buffer) Right(from, end, y int, s string, st Style) int { return from }
func (b *Buffer) Fill(x, y, w, h int, s string, st Style)        {}
