package theme

// ascii gives the sign that stands in the same cell on a terminal without Unicode, so that the layout is the same.
var ascii = map[rune]byte{
	'◉': '@', '●': '*', '◐': '%', '○': 'o', '▸': '>', '•': '.', '▴': '^', '▾': 'v', '⊥': '^', '‖': '=', '↓': 'v',
	'▓': '#', '█': '#', '▒': ':', '░': '.', '━': '=', '┷': '+', '┻': '#', '─': '-', '┴': '\'', '│': '|',
	'┸': '"', '╋': '|', '╂': '|', '▶': '>',
	'╭': '+', '╮': '+', '╰': '+', '╯': '+', '└': '+', '├': '+', '┤': '+', '╵': '|', '╷': '|', '╱': '/', '✓': 'y', '✗': 'x', '■': 'k',
	'±': '+', '↕': ':', '↳': '\'', '�': '?', '␍': 'r', '␊': 'n', '␛': 'e', '␣': '_', '…': '~', '–': '-', '−': '-', '→': '>', '←': '<', '↑': '^', '×': 'x', '·': '.', '›': '>', '▏': '|', '≥': '>',
	'▁': '_', '▂': '.', '▃': '.', '▄': '-', '▅': '-', '▆': '=', '▇': '#', '½': '+',
}

// Glyph gives the sign to write for r: r itself, or on an ASCII terminal the sign that stands for it. A sign that has
// none is a question mark: nothing that is not ASCII may reach such a terminal.
func (t *Theme) Glyph(r rune) rune {
	if !t.ASCII || r < 0x80 {
		return r
	}
	if c, ok := ascii[r]; ok {
		return rune(c)
	}
	if r >= 0x2800 && r <= 0x28ff { // braille
		return '.'
	}
	return '?'
}
