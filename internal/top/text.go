package top

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The columns, with the maximum width of their values. The name gets the rest.
const (
	columns   = "%8s %7s %7s %7s %7s %8s %8s  %-12s"
	columnsAt = 75
	minName   = 12
)

// header is the line above the rows.
func header(width int) string {
	return pad("NAME", nameWidth(width)) +
		strings.TrimRight(fmt.Sprintf(columns, "REQ/S", "ERR/S", "P50", "P99", "ACTIVE", "IN/S", "OUT/S", "BACKENDS"), " ")
}

func nameWidth(width int) int { return max(width-columnsAt, minName) }

// line is a row as text, without trailing spaces. names are the names of load
// balancers, by id.
func line(r row, names map[string]string, width int) string {
	active, in, out := count(r.open), size(r.in), size(r.out)
	if r.depth == 2 {
		in, out = "", "" // counted for listeners only
	}
	return strings.TrimRight(pad(name(r, names), nameWidth(width))+
		fmt.Sprintf(columns, count(r.requests), count(r.errors), duration(r.p50), duration(r.p99), active, in, out, state(r)), " ")
}

// name is the first column of a row.
func name(r row, names map[string]string) string {
	switch r.depth {
	case 0:
		if n := names[r.lb]; n != "" && n != r.lb {
			return n + " (" + r.lb + ")"
		}
		return r.lb
	case 1:
		return "  :" + r.listener
	}
	port := r.address[strings.LastIndexByte(r.address, ':')+1:] // the address and the listener both include the port
	return "    " + r.address + " " + strings.TrimSuffix(r.backend, ":"+port)
}

// state describes the health of the backends.
func state(r row) string {
	switch {
	case r.depth == 2 && r.unhealthy > 0:
		return "DOWN"
	case r.depth == 2:
		return "up"
	case r.backends == 0:
		return "none"
	case r.unhealthy > 0:
		return fmt.Sprintf("%d of %d DOWN", r.unhealthy, r.backends)
	}
	return fmt.Sprintf("%d up", r.backends)
}

// pad makes s n characters long. Characters that a terminal would not show as one
// are replaced by a question mark.
func pad(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	length := utf8.RuneCountInString(s)
	if length >= n {
		return string([]rune(s)[:n-1]) + " "
	}
	return s + strings.Repeat(" ", n-length)
}

// count formats a number of things, or of things per second.
func count(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10 && v != math.Trunc(v):
		return fmt.Sprintf("%.1f", v)
	case v < 99_999.5:
		return fmt.Sprintf("%.0f", v)
	case v < 999_950:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.1fM", v/1e6)
}

// size formats a number of bytes.
func size(v float64) string {
	for _, unit := range [...]string{"B", "K", "M", "G"} {
		if v < 1000 || unit == "G" {
			if v < 10 && unit != "B" {
				return fmt.Sprintf("%.1f%s", v, unit)
			}
			return fmt.Sprintf("%.0f%s", v, unit)
		}
		v /= 1024
	}
	return ""
}

// duration formats seconds; - if there is no value.
func duration(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v < 0.0095:
		return fmt.Sprintf("%.1fms", v*1e3)
	case v < 0.9995:
		return fmt.Sprintf("%.0fms", v*1e3)
	}
	return fmt.Sprintf("%.1fs", v)
}
