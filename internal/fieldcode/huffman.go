package fieldcode

import (
	"bytes"

	"golang.org/x/net/http2/hpack"
)

// The Huffman code of RFC 7541, appendix B is decoded four bits at a time. A
// state is an inner node of the code's tree: 256 of them for the 257 symbols.

// A step is the transition of a state on four bits.
type step struct {
	next   uint8
	symbol byte
	emits  bool // a symbol was completed; no code is so short that there are two
	fails  bool // the symbol was EOS, which must not occur (RFC 7541, 5.2)
}

// huffman are the steps of each state; mayEnd says whether the bits read of an
// incomplete code are valid padding.
var huffman, mayEnd = buildHuffman()

// A huffmanTree holds for each inner node the targets of 0 and 1: a node above 0,
// or ^symbol, or 0 for none yet.
type huffmanTree [][2]int

const endOfString = 256

// buildHuffman builds the tables from the code of package hpack: eight times the
// same symbol are whole bytes, as many as the code has bits.
func buildHuffman() (steps [256][16]step, ends [256]bool) {
	tree := huffmanTree{{}}
	for symbol := range 256 {
		code := hpack.AppendHuffmanString(nil, string(bytes.Repeat([]byte{byte(symbol)}, 8)))
		tree.insert(code, len(code), symbol)
	}
	tree.insert([]byte{0xff, 0xff, 0xff, 0xff}, 30, endOfString)
	for node := range tree {
		for nibble := range 16 {
			steps[node][nibble] = tree.walk(node, nibble)
		}
	}
	for node, depth := 0, 0; depth < 8; node, depth = tree[node][1], depth+1 {
		ends[node] = true // padding is a prefix of EOS, shorter than a byte
	}
	return steps, ends
}

// insert adds the first n bits of code.
func (t *huffmanTree) insert(code []byte, n, symbol int) {
	node := 0
	for i := range n - 1 {
		bit := code[i/8] >> (7 - i%8) & 1
		if (*t)[node][bit] == 0 {
			*t = append(*t, [2]int{})
			(*t)[node][bit] = len(*t) - 1
		}
		node = (*t)[node][bit]
	}
	(*t)[node][code[(n-1)/8]>>(7-(n-1)%8)&1] = ^symbol
}

// walk follows four bits from a node.
func (t huffmanTree) walk(node, nibble int) (s step) {
	for bit := 3; bit >= 0; bit-- {
		node = t[node][nibble>>bit&1]
		if node >= 0 {
			continue
		}
		if ^node == endOfString {
			s.fails = true
			return s
		}
		s.symbol, s.emits = byte(^node), true
		node = 0
	}
	s.next = uint8(node)
	return s
}

// appendHuffman appends the decoded src, and reports whether it is valid.
func appendHuffman(dst, src []byte) ([]byte, bool) {
	var state uint8
	for _, c := range src {
		s := &huffman[state][c>>4]
		if s.emits {
			dst = append(dst, s.symbol)
		}
		failed := s.fails
		s = &huffman[s.next][c&15]
		if s.emits {
			dst = append(dst, s.symbol)
		}
		if failed || s.fails {
			return dst, false
		}
		state = s.next
	}
	return dst, mayEnd[state]
}
