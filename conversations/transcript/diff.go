package transcript

import "strings"

// Diff shows how two texts differ, line by line: "- " before lines that only want has, "+ " before those that only got
// has, with a few equal lines around them. Empty when they are equal.
func Diff(want, got string) string {
	if want == got {
		return ""
	}
	ds := diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
	var b strings.Builder
	skipped := false
	for i, d := range ds {
		if d.sign == ' ' && !changeWithin(ds, i, 3) {
			skipped = true
			continue
		}
		if skipped {
			b.WriteString("  …\n")
			skipped = false
		}
		b.WriteString(string(d.sign) + " " + d.text + "\n")
	}
	return b.String()
}

func changeWithin(ds []differs, i, n int) bool {
	for j := max(0, i-n); j < min(len(ds), i+n+1); j++ {
		if ds[j].sign != ' ' {
			return true
		}
	}
	return false
}

// differs is a line of a comparison: '-' only before, '+' only after, ' ' in both.
type differs struct {
	sign rune
	text string
}

// diff compares lines by their longest common subsequence.
func diff(a, b []string) []differs {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	end := 0
	for end < len(a)-head && end < len(b)-head && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	ds := make([]differs, 0, len(a)+len(b))
	for _, l := range a[:head] {
		ds = append(ds, differs{' ', l})
	}
	ds = append(ds, middle(a[head:len(a)-end], b[head:len(b)-end])...)
	for _, l := range a[len(a)-end:] {
		ds = append(ds, differs{' ', l})
	}
	return ds
}

func middle(a, b []string) []differs {
	common := make([][]int, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var ds []differs
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			ds = append(ds, differs{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || (i < len(a) && common[i+1][j] >= common[i][j+1]):
			ds = append(ds, differs{'-', a[i]})
			i++
		default:
			ds = append(ds, differs{'+', b[j]})
			j++
		}
	}
	return ds
}
